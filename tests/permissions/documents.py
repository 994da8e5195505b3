"""The documents by which each row of the table is tried, with what they are about."""

from tests.gateway import LOGIN

_FILTERED = """
    klarnaPayments(filter: { paymentGateway: { name: { startsWith: "K" } } }) { nodes { id } }
"""
_METHOD = """
mutation ($id: ID!) {
  createPaymentMethod(input: { name: "x", paymentGatewayId: $id }) { __typename }
}
"""
_ENTITY = """query ($id: ID!) {{
  _entities(representations: [{{__typename: "{}", {}: $id}}]) {{ __typename }}
}}"""


def _by_id(field: str, argument: str = "id", selection: str = " { id }") -> str:
    return f"query ($id: ID!) {{ {field}({argument}: $id){selection} }}"


def _list(field: str) -> str:
    return f"{{ {field}(first: 1) {{ nodes {{ id }} }} }}"


def _then(field: str) -> str:
    return f'query ($id: ID!) {{ {field}(id: $id, asOf: "2026-03-02T09:00:00Z") {{ id }} }}'


def _entity(kind: str, key: str = "id") -> str:
    return _ENTITY.format(kind, key)


def _change(field: str, argument: str = "id", more: str = "") -> str:
    return f"mutation ($id: ID!) {{ {field}({argument}: $id{more}) {{ __typename }} }}"


SUBSCRIPTIONS: dict[str, tuple[str, str]] = {
    "klarnaPaymentChanged": (
        "subscription ($id: ID!) { klarnaPaymentChanged(id: $id) { id } }",
        "payment",
    ),
    "orderChanged": ("subscription ($id: ID!) { orderChanged(id: $id) { id } }", "order"),
    "eventStores": ('subscription { eventStores(after: "0-0") { id } }', ""),
}

QUESTIONS: dict[str, tuple[str, str]] = {
    "klarnaPayment": (_by_id("klarnaPayment"), "payment"),
    "klarnaPayment asOf": (_then("klarnaPayment"), "payment"),
    "klarnaPayments": (_list("klarnaPayments"), ""),
    "klarnaGateway": (_by_id("klarnaGateway"), "gateway"),
    "klarnaGateway asOf": (_then("klarnaGateway"), "gateway"),
    "klarnaGateways": (_list("klarnaGateways"), ""),
    "order": (_by_id("order"), "order"),
    "order reference": (
        "query ($id: String!) { order(reference: $id) { id } }",
        "reference",
    ),
    "order token": ("query ($id: String!) { order(token: $id) { id } }", "token"),
    "order asOf": (_then("order"), "order"),
    "orders": (_list("orders"), ""),
    "paymentMethod": (_by_id("paymentMethod"), "method"),
    "paymentMethods": (_list("paymentMethods"), ""),
    "transaction": (_by_id("transaction"), "authorization"),
    "operation": (_by_id("operation"), "operation"),
    "operations": (_list("operations"), ""),
    "klarnaOrder": (_by_id("klarnaOrder", selection=" { orderId }"), "order"),
    "versionDiff": ("query ($id: ID!) { versionDiff(from: $id, to: $id) }", "version"),
    "versions": (_list("versions"), ""),
    "eventStores": (_list("eventStores"), ""),
    "application": (_by_id("application"), "application"),
    "applications": (_list("applications"), ""),
    **{
        f"node {name}": (_by_id("node"), name)
        for name in (
            *("order", "line", "payment", "gateway", "method", "authorization", "version", "event"),
            *("operation", "application"),
        )
    },
    "nodes": ("query ($id: ID!) { nodes(ids: [$id]) { id } }", "payment"),
    "order filtered": (_by_id("order", selection=f" {{ {_FILTERED} }}"), "order"),
    "_service": ("{ _service { sdl } }", ""),
    "_entities Order": (_entity("Order"), "order"),
    "_entities KlarnaPayment": (_entity("KlarnaPayment"), "payment"),
    "_entities session": (_entity("KlarnaPayment", "sessionId"), "session"),
    "_entities KlarnaGateway": (_entity("KlarnaGateway"), "gateway"),
    "_entities PaymentMethod": (_entity("PaymentMethod"), "method"),
    "_entities Authorization": (_entity("Authorization"), "authorization"),
    "_entities Capture": (_entity("Capture"), "capture"),
    "_entities Void": (_entity("Void"), "void"),
    "_entities Refund": (_entity("Refund"), "refund"),
}
"""Each question with the name of the thing that it is about; none is about all there is."""

_ORDER = (
    '{reference: "W9", currencyCode: "EUR", subtotalAmountCents: 0, totalTaxAmountCents: 0, '
    "totalAmountCents: 0, totalAmountWithTaxesCents: 0, lineItems: []}"
)
_GATEWAY = f'name: "x", countryCode: EU, apiKey: "{LOGIN.username}", apiSecret: "{LOGIN.password}"'

CHANGES: dict[str, tuple[str, str]] = {
    "createKlarnaPayment": (
        "mutation ($id: ID!) { createKlarnaPayment(input: {orderId: $id}) { __typename } }",
        "order",
    ),
    "saveKlarnaAuthToken": (_change("saveKlarnaAuthToken", more=', authToken: "x"'), "payment"),
    "refreshKlarnaPayment": (_change("refreshKlarnaPayment"), "payment"),
    "placeOrder": (_change("placeOrder"), "order"),
    "updateKlarnaPayment": (_change("updateKlarnaPayment", more=", input: {}"), "payment"),
    "deleteKlarnaPayment": (_change("deleteKlarnaPayment"), "spare payment"),
    "recordKlarnaOrder": (_change("recordKlarnaOrder"), "payment"),
    "createKlarnaGateway": (
        f"mutation {{ createKlarnaGateway(input: {{{_GATEWAY}}}) {{ __typename }} }}",
        "",
    ),
    "updateKlarnaGateway": (_change("updateKlarnaGateway", more=", input: {}"), "gateway"),
    "rotateKlarnaCredentials": (
        _change("rotateKlarnaCredentials", more=', apiKey: "x", apiSecret: "x"'),
        "gateway",
    ),
    "deleteKlarnaGateway": (_change("deleteKlarnaGateway"), "spare gateway"),
    "enableKlarnaGateway": (_change("enableKlarnaGateway"), "gateway"),
    "disableKlarnaGateway": (_change("disableKlarnaGateway"), "gateway"),
    "createPaymentMethod": (_METHOD, "gateway"),
    "updatePaymentMethod": (_change("updatePaymentMethod", more=", input: {}"), "method"),
    "enablePaymentMethod": (_change("enablePaymentMethod"), "method"),
    "disablePaymentMethod": (_change("disablePaymentMethod"), "spare method"),
    "deletePaymentMethod": (_change("deletePaymentMethod"), "spare method"),
    "putOrder": (f"mutation {{ putOrder(input: {_ORDER}) {{ __typename }} }}", ""),
    "setOrderPaymentMethod": (
        _change("setOrderPaymentMethod", more=', paymentMethodId: "x"'),
        "spare order",
    ),
    "approveOrder": (_change("approveOrder"), "moved order"),
    "cancelOrder": (_change("cancelOrder"), "spare order"),
    "captureOrder": (_change("captureOrder"), "moved order"),
    "voidOrder": (_change("voidOrder"), "moved order"),
    "refundOrder": (_change("refundOrder"), "moved order"),
    "extendOrderAuthorization": (_change("extendOrderAuthorization"), "moved order"),
    "retryOperation": (_change("retryOperation"), "operation"),
    "createCheckoutToken": (_change("createCheckoutToken", "orderId"), "order"),
    "createApplication": (
        'mutation { createApplication(input: {name: "x", kind: integration}) { __typename } }',
        "",
    ),
    "revokeApplication": (_change("revokeApplication"), "spare application"),
}
"""Each change with the name of the thing that it is about. What it does to it leaves the things of
the questions there."""

RECORDS: dict[str, tuple[str, str]] = {
    "Order": ("order(id: $id)", "order"),
    "LineItem": ("order(id: $id) { lineItems", "order"),
    "Address": ("order(id: $id) { billingAddress", "order"),
    "KlarnaPayment": ("klarnaPayment(id: $id)", "payment"),
    "KlarnaGateway": ("klarnaGateway(id: $id)", "gateway"),
    "PaymentMethod": ("paymentMethod(id: $id)", "method"),
    "Authorization": ("order(id: $id) { authorizations(first: 1) { nodes", "order"),
    "Capture": ("order(id: $id) { captures(first: 1) { nodes", "moved order"),
    "Void": ("order(id: $id) { voids(first: 1) { nodes", "moved order"),
    "Refund": ("order(id: $id) { refunds(first: 1) { nodes", "moved order"),
    "Operation": ("operation(id: $id)", "operation"),
    "Version": ("order(id: $id) { versions(first: 1) { nodes", "order"),
    "EventStore": ("order(id: $id) { eventStores(first: 1) { nodes", "order"),
    "KlarnaOrder": ("klarnaOrder(id: $id)", "order"),
    "Application": ("application(id: $id)", "application"),
}
"""Where a record of each type is found, with the name of the thing that leads there."""

FILTERS = {"filter", "orderBy", "first", "after", "last", "before"}
"""The arguments that choose among what a caller sees, and show nothing else."""

CHECKOUTS = {"Order", "LineItem", "Address", "KlarnaPayment"}
"""The types of which a checkout sees its own."""


def selecting(kind: str, selection: str) -> str:
    """A question for some fields of a record of a type."""
    path = RECORDS[kind][0]
    return f"query ($id: ID!) {{ {path} {{ {selection} }}{' }' * path.count('{')} }}"
