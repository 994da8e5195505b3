// Apollo Client: queries and changes by HTTP as automatic persisted queries, the rest by a socket.
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client/core";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import { authorization, fetching, socket, story, subscription, url, variables } from "./story.js";

const persisted = new PersistedQueryLink({
  sha256: (text) => createHash("sha256").update(text).digest("hex"),
  useGETForHashedQueries: true,
});
const http = new HttpLink({ uri: url, fetch: fetching, headers: { authorization } });
const sockets = new GraphQLWsLink(
  createClient({ url: socket, connectionParams: { authorization } }),
);
const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    sockets,
    persisted.concat(http),
  ),
});

await story({
  async ask(document) {
    const fetchPolicy = "network-only";
    return (await client.query({ query: gql(document), variables, fetchPolicy })).data;
  },
  async change(document) {
    return (await client.mutate({ mutation: gql(document), variables })).data;
  },
  follow(next, fail) {
    const following = client.subscribe({ query: gql(subscription), variables }).subscribe({
      next: ({ data, error }) => (error ? fail(error) : next(data)),
      error: fail,
    });
    return () => following.unsubscribe();
  },
  codes(thrown) {
    if (!CombinedGraphQLErrors.is(thrown)) throw thrown;
    return thrown.errors.map(({ extensions }) => extensions.code);
  },
});
