// graphql-sse: an event stream of its own for each operation, its "distinct connections mode".
import { createClient } from "graphql-sse";
import { authorization, fetching, story, url } from "./story.js";
import { askedBy } from "./sinks.js";

const client = createClient({
  url,
  singleConnection: false,
  headers: { authorization },
  fetchFn: fetching,
});

await story(askedBy(client));
