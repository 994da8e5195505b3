"""The compiled path: a question becomes one SQL statement, whose answer is JSON already.

    query ($id: ID!) { klarnaPayment(id: $id) { id order { number lineItems { name } } } }

1. `compiled` is asked by `graph/execution/engine.py` before graphql-core is, or by
   `graph/http/lane.py` before anything is. It looks for the operation, the kind of caller and the
   values of `@skip` and `@include` in its `cache`.
2. The first time, `roots` and `selections` read the document as graphql-core collects it, and make
   a tree of `members` of it. What each field is in SQL its own declaration says, beside its
   resolver: a column of its record, a relationship, a connection (`pages`), a record of any kind
   (`anything`) or a computation (`graph/fields/computed.py`). What callers of this kind may not
   ask for is not compiled. Here:

    Found(payments_by_id)
      id     -> Shown(id)
      order  -> Related(orders_by_id, order_id)
                  number     -> Shown(number)
                  lineItems  -> Related(line_items_by_order, id, many)
                                  name -> Shown(name)

3. For each request `variables` and `arguments` are read, and the tree's `questions` put: by which
   key, which page, which filter. Their answers are a shape, which makes the statement, and
   parameters, which fill it in. In each shape the tree says itself in SQL once (`building`,
   `plan`):

    SELECT CAST(json_object('klarnaPayment', (
      SELECT json_object('id', r1.id, 'order', (
        SELECT json_object('number', r2.number, 'lineItems', (
          SELECT json_group_array(json_object('name', r3.name)) FROM (
            SELECT name FROM line_items WHERE order_id = r2.id AND mode = :scope_mode
            ORDER BY order_id, position) AS r3))
        FROM (SELECT id, number FROM orders
              WHERE id = r1.order_id AND mode = :scope_mode) AS r2))
      FROM (SELECT id, order_id FROM klarna_payments
            WHERE id = :q0_key AND mode = :scope_mode) AS r1)) AS BLOB)

4. It is asked, at the end of the turn of the loop or on a thread (`store/glances.py`), and its
   answer is `data`. What only Python can write, such as sealed cursors and amounts as people read
   them, it leaves as `holes`, which are filled in. A page that is all there is at the root comes in
   lines, one for each item: `listing`. What its items belong to is joined, and their lists are
   found `beside` them: nothing is copied from JSON into JSON.

The caller's scope is in every WHERE, and one statement is one snapshot. The answer is byte for byte
what graphql-core's would be, errors apart: whatever has or may have one is left to graphql-core.
`klarna-graph explain` shows an operation's tree and statement. Not covered:

- subscriptions, and what is of the past (`asOf`);
- a change of which more is asked than its result holds (`changes`), and several changes at once;
- `__schema` and `__type`: it is introspection;
- `Query._service`, `Query.klarnaOrder` and `Query.versionDiff`: computed in Python;
- what is not for callers of a kind, such as `authToken` for a checkout: it is an error;
- an operation that shows more than 300 fields, what may be of several types for each of them;
- one that is nested deeper than SQLite's parser goes: some ten levels before SQLite 3.46;
- a request with arguments that are wrong or unusual, such as `first: 0` or `5.0` for an Int;
- a row that holds what SQL would write otherwise: a float of more than six decimals, a category
  of payment methods without its identifier, a sum beyond 32 bits, a record of another kind.
"""
