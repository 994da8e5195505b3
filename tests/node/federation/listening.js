// A server on a free port of loopback that answers JSON with JSON.
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";

export async function listening(answer) {
  const server = createServer(async (request, response) => {
    response.setHeader("content-type", "application/json");
    try {
      response.end(JSON.stringify(await answer(await json(request), request.headers)));
    } catch (error) {
      response.statusCode = 500;
      response.end(JSON.stringify({ errors: [{ message: String(error.stack) }] }));
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${server.address().port}`;
}
