// Runs the shop's subgraph, and Apollo's gateway in front of it and of klarna-graph.
//
// Standard input is JSON: klarna-graph's `url` and `sdl`. One line of JSON says where the gateway
// listens. What it asked of the subgraphs is in the `extensions` of its answers.
import { json } from "node:stream/consumers";
import { composeServices } from "@apollo/composition";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { getOperationAST, parse, validate } from "graphql";
import { listening } from "./listening.js";
import * as shop from "./shop.js";

const klarna = await json(process.stdin);
const { errors, supergraphSdl } = composeServices([
  { name: "klarna", url: klarna.url, typeDefs: parse(klarna.sdl) },
  { name: "shop", url: await listening(shop.answer), typeDefs: parse(shop.typeDefs) },
]);
if (errors) throw new AggregateError(errors, "The subgraphs do not compose.");

const complain = (...words) => process.stderr.write(`${words.join(" ")}\n`);
const gateway = new ApolloGateway({
  supergraphSdl,
  logger: { debug() {}, info() {}, warn: complain, error: complain },
  buildService: ({ name, url }) =>
    new RemoteGraphQLDataSource({
      url,
      willSendRequest({ request, context }) {
        context.asked.push({ subgraph: name, query: request.query, variables: request.variables });
        if (context.authorization) request.http.headers.set("authorization", context.authorization);
      },
    }),
});
const { schema, executor } = await gateway.load();

async function answer(request, { authorization }) {
  const document = parse(request.query);
  const wrong = validate(schema, document);
  if (wrong.length) return { errors: wrong };
  const context = { authorization, asked: [] };
  const answered = await executor({
    request,
    document,
    schema,
    context,
    source: request.query,
    queryHash: request.query,
    operation: getOperationAST(document),
    operationName: null,
    metrics: {},
  });
  return { ...answered, extensions: { asked: context.asked } };
}

process.stdout.write(`${JSON.stringify({ url: await listening(answer) })}\n`);
