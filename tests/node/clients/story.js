// What every client does here, whatever its own words for it are.
//
// Standard input is JSON: the server's `url` and a `token`, and the documents `query`, `mutation`,
// `subscription` and `wrong`, which all take the same `variables`. A client asks, follows, changes
// what it follows, stops following, and tells in one line of JSON what it was answered. It stays
// until it is ended then, so that no line to the server is closed only because its process is gone.
import { json } from "node:stream/consumers";

export const { url, token, query, mutation, subscription, wrong, variables } = await json(
  process.stdin,
);
export const authorization = `Bearer ${token}`;
export const socket = url.replace(/^http/, "ws");

const requests = [];

// Fetches, and notes of each request whether it held the document or its hash
export function fetching(address, options = {}) {
  const { searchParams } = new URL(address);
  const sent = options.body ? JSON.parse(options.body) : Object.fromEntries(searchParams);
  const has = (part, name) => (part ? [name] : []);
  const held = [...has(sent.query, "query"), ...has(sent.extensions, "hash")];
  requests.push([options.method ?? "GET", ...held].join(" "));
  return fetch(address, options);
}

// `ask` and `change` give the data, or throw; `codes` reads the codes of the errors in what was
// thrown; `follow` calls back with the data of each answer, and gives what stops it.
export async function story({ ask, change = ask, follow, codes }) {
  const asked = [await ask(query), await ask(query)];
  const refused = await ask(wrong).then(() => null, codes);

  const followed = [];
  const { promise: first, resolve: begun } = Promise.withResolvers();
  const { promise: second, resolve: seen } = Promise.withResolvers();
  const { promise: failed, reject: fail } = Promise.withResolvers();
  const next = (data) => [begun, seen][followed.push(data) - 1]?.();
  const stop = follow(next, fail);
  await Promise.race([first, failed]);
  const changed = await change(mutation);
  await Promise.race([second, failed]);
  stop();

  process.stdout.write(`${JSON.stringify({ asked, refused, changed, followed, requests })}\n`);
  setInterval(() => {}, 60_000);
}
