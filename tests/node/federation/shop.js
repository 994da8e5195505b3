// A shop's own subgraph: its orders, with what only the shop knows of them.
import { readFileSync } from "node:fs";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { execute, parse } from "graphql";

export const typeDefs = readFileSync(new URL("shop.graphql", import.meta.url), "utf8");

const order = ({ id }) => ({ id, currencyCode: "EUR", warehouse: `the warehouse of ${id}` });

const schema = buildSubgraphSchema({
  typeDefs: parse(typeDefs),
  resolvers: {
    Query: {
      order: (_, { id }) => order({ id }),
      orders: (_, { ids }) => ids.map((id) => order({ id })),
      receipt: (_, { sessionId }) => ({ number: "R1", payment: { sessionId } }),
    },
    Order: { __resolveReference: order },
  },
});

export const answer = ({ query, variables }) =>
  execute({ schema, document: parse(query), variableValues: variables });
