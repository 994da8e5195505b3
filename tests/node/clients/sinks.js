// What graphql-ws and graphql-sse have in common: `subscribe`, with a sink for the answers.
import { subscription, variables } from "./story.js";

export function askedBy(client) {
  function subscribed(query, next, fail, complete = () => {}) {
    // An error is an array where the operation was not begun, and in an answer where it was
    const take = ({ data, errors }) => (errors ? fail(errors) : next(data));
    return client.subscribe({ query, variables }, { next: take, error: fail, complete });
  }
  return {
    ask(document) {
      const { promise, resolve, reject } = Promise.withResolvers();
      let answer;
      const keep = (data) => {
        answer = data;
      };
      subscribed(document, keep, reject, () => resolve(answer));
      return promise;
    },
    follow: (next, fail) => subscribed(subscription, next, fail),
    codes(thrown) {
      if (!Array.isArray(thrown)) throw thrown;
      return thrown.map(({ extensions }) => extensions.code);
    },
  };
}
