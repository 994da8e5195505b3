// graphql-ws: all over one socket, which it opens when needed and closes when it is not.
import { createClient } from "graphql-ws";
import { authorization, socket, story } from "./story.js";
import { askedBy } from "./sinks.js";

const client = createClient({ url: socket, connectionParams: { authorization } });

await story(askedBy(client));
