// Opens GraphiQL with the example tabs. The address's fragment may bring an access token and what
// the examples ask for: /graphiql#token=...&order=...
(() => {
  "use strict";

  const { endpoint, examples } = JSON.parse(document.getElementById("settings").textContent);

  // GraphiQL's dialogs add style elements of their own, with the nonce that they find here.
  window.__webpack_nonce__ = document.currentScript.nonce;

  // Read once and taken out of the address, so that neither history nor a screenshot keeps a token.
  const given = new URLSearchParams(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
  // A link followed from this very page changes the fragment alone.
  addEventListener("hashchange", () => location.reload());

  const token = given.get("token");
  const headers = JSON.stringify({ Authorization: `Bearer ${token ?? "<token>"}` }, null, 2);

  const fill = (text) =>
    text.replace(/<(\w+)>/g, (placeholder, name) =>
      given.has(name) ? JSON.stringify(given.get(name)).slice(1, -1) : placeholder,
    );
  const tabs = examples.map(({ query, variables }) => ({ query, variables: fill(variables) }));

  // GraphiQL writes its history with the headers. Ours is written without them, and read with those
  // of now. The namespace keeps other projects' tabs on the same host and port apart.
  const kept = GraphiQL.createLocalStorage({ namespace: "klarna-graph" });
  const withHeaders = (history, headers) =>
    JSON.stringify(
      JSON.parse(history, (_, item) => (item?.query === undefined ? item : { ...item, headers })),
    );
  const isHistory = (key) => ["graphiql:queries", "graphiql:favorites"].includes(key);
  const storage = {
    ...kept,
    getItem(key) {
      const value = kept.getItem(key);
      return isHistory(key) && value ? withHeaders(value, headers) : value;
    },
    setItem(key, value) {
      kept.setItem(key, isHistory(key) ? withHeaders(value, undefined) : value);
    },
  };

  // A link that names an order starts the examples again; a token alone leaves the tabs as they were.
  const namesMore = [...given.keys()].some((name) => name !== "token");
  const startsAgain = namesMore || storage.getItem("graphiql:tabState") === null;
  if (startsAgain) {
    for (const name of ["tabState", "query", "variables", "operationName"]) {
      storage.removeItem(`graphiql:${name}`);
    }
  }

  const socket = new URL(endpoint, location.href);
  socket.protocol = socket.protocol.replace("http", "ws");

  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(
      GraphiQL,
      {
        fetcher: GraphiQL.createFetcher({
          url: endpoint,
          subscriptionUrl: socket.href,
          // GraphiQL asks for the schema without the tab's headers; those of the tab come on top.
          headers: token ? JSON.parse(headers) : {},
        }),
        storage,
        defaultTabs: tabs,
        // GraphiQL shows the first tab's variables only when it is told them apart.
        variables: startsAgain ? tabs[0]?.variables : undefined,
        defaultHeaders: headers,
        shouldPersistHeaders: false,
        defaultEditorToolsVisibility: token ? "variables" : "headers",
      },
      React.createElement(GraphiQL.Logo, null, "klarna-graph"),
    ),
  );
})();
