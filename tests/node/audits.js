// Runs the audits of graphql-http, which hold a server against the GraphQL-over-HTTP specification.
//
// Standard input is JSON: the server's `url`, and the `headers` that every request must have. One
// line of JSON lists what came of each audit.
import { json } from "node:stream/consumers";
import { serverAudits } from "graphql-http";

const { url, headers } = await json(process.stdin);

function fetchFn(address, options = {}) {
  return fetch(address, { ...options, headers: { ...options.headers, ...headers } });
}

const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason } = await audit.fn();
  results.push({ id, name, status, reason });
}
process.stdout.write(`${JSON.stringify({ results })}\n`);
