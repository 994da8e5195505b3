// urql: all by HTTP, what it follows as an event stream, and what it asks in the address.
import { Client, fetchExchange } from "@urql/core";
import { authorization, fetching, story, subscription, url, variables } from "./story.js";

const client = new Client({
  url,
  exchanges: [fetchExchange],
  fetch: fetching,
  fetchOptions: { headers: { authorization } },
  fetchSubscriptions: true,
});

function dataOf({ data, error }) {
  if (error) throw error;
  return data;
}

await story({
  ask: async (document) => dataOf(await client.query(document, variables)),
  change: async (document) => dataOf(await client.mutation(document, variables)),
  follow(next, fail) {
    const following = client
      .subscription(subscription, variables)
      .subscribe(({ data, error }) => (error ? fail(error) : next(data)));
    return () => following.unsubscribe();
  },
  codes(thrown) {
    if (thrown.networkError) throw thrown;
    return thrown.graphQLErrors.map(({ extensions }) => extensions.code);
  },
});
