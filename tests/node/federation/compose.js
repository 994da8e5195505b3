// Composes the subgraphs that standard input lists as JSON, and prints what came of it as JSON.
import { json } from "node:stream/consumers";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const subgraphs = await json(process.stdin);
const { errors = [], hints = [], supergraphSdl = null } = composeServices(
  subgraphs.map(({ typeDefs, ...subgraph }) => ({ ...subgraph, typeDefs: parse(typeDefs) })),
);
const told = {
  supergraph: supergraphSdl,
  errors: errors.map(({ extensions, message }) => `${extensions.code}: ${message}`),
  hints: hints.map(({ definition, message }) => `${definition.code}: ${message}`),
};
process.stdout.write(`${JSON.stringify(told)}\n`);
