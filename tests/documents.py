"""The GraphQL documents of the tests: one corpus, so that each can be run in every way."""

REFUSAL = """
fragment No on Refusal { code message path retryable hint klarnaCode correlationId }
"""

PAYMENT_FIELDS = """
fragment Payment on KlarnaPayment {
  id status sessionId clientToken mismatchedAmounts intentAmountCents currencyCode countryCode
  locale klarnaOrderId fraudStatus redirectUrl paymentInstrument sessionExpiresAt
  authTokenExpiresAt authorizePayload
  paymentMethods { identifier name assetUrls { descriptive standard } }
}
"""

ORDER_FIELDS = """
fragment OrderFields on Order {
  id number status paymentStatus reference totalAmountCents totalAmountWithTaxesCents placedAt
  paymentSource { id status }
}
"""

CREATE_GATEWAY = (
    """
mutation ($input: CreateKlarnaGatewayInput!) {
  createKlarnaGateway(input: $input) {
    __typename
    ... on KlarnaGateway { id name countryCode apiKey apiSecret credentialKeys disabledAt mode }
    ...No
  }
}
"""
    + REFUSAL
)

ENABLE_GATEWAY = (
    """
mutation ($id: ID!) {
  enableKlarnaGateway(id: $id) { __typename ... on KlarnaGateway { id disabledAt } ...No }
}
"""
    + REFUSAL
)

DISABLE_GATEWAY = (
    """
mutation ($id: ID!) {
  disableKlarnaGateway(id: $id) { __typename ... on KlarnaGateway { id disabledAt } ...No }
}
"""
    + REFUSAL
)

CREATE_METHOD = (
    """
mutation ($input: CreatePaymentMethodInput!) {
  createPaymentMethod(input: $input) {
    __typename ... on PaymentMethod { id name currencyCode autoPlace } ...No
  }
}
"""
    + REFUSAL
)

PUT_ORDER = (
    """
mutation ($input: OrderInput!) {
  putOrder(input: $input) { __typename ...OrderFields ...No }
}
"""
    + ORDER_FIELDS
    + REFUSAL
)

CREATE_PAYMENT = (
    """
mutation ($input: CreateKlarnaPaymentInput!) {
  createKlarnaPayment(input: $input) { __typename ...Payment ...No }
}
"""
    + PAYMENT_FIELDS
    + REFUSAL
)

SAVE_TOKEN = (
    """
mutation ($id: ID!, $authToken: String!) {
  saveKlarnaAuthToken(id: $id, authToken: $authToken) { __typename ...Payment ...No }
}
"""
    + PAYMENT_FIELDS
    + REFUSAL
)

REFRESH = (
    """
mutation ($id: ID!) { refreshKlarnaPayment(id: $id) { __typename ...Payment ...No } }
"""
    + PAYMENT_FIELDS
    + REFUSAL
)

PLACE = (
    """
mutation ($id: ID!) { placeOrder(id: $id) { __typename ...OrderFields ...No } }
"""
    + ORDER_FIELDS
    + REFUSAL
)

PAYMENT = (
    """
query ($id: ID!) { klarnaPayment(id: $id) { ...Payment order { id status } } }
"""
    + PAYMENT_FIELDS
)

ORDER = (
    """
query ($id: ID!) {
  order(id: $id) {
    ...OrderFields
    lineItems { id name quantity unitAmountCents totalAmountCents taxAmountCents taxRate itemType }
    billingAddress { firstName lastName line1 city zipCode countryCode }
    shippingAddress { line1 }
    klarnaPayments { nodes { id status } }
  }
}
"""
    + ORDER_FIELDS
)

AUTHORIZATIONS = """
query ($id: ID!) {
  order(id: $id) {
    authorizations {
      nodes { number amountCents currencyCode succeeded message errorCode errorDetail token }
    }
  }
}
"""

TOKEN = "query ($id: ID!) { klarnaPayment(id: $id) { authToken authTokenExpiresAt } }"

HISTORY = """
query ($id: ID!) {
  %s(id: $id) {
    versions { nodes { id event changes who createdAt } }
    eventStores { nodes { id event payload who createdAt } }
  }
}
"""

CANCEL = (
    """
mutation ($id: ID!) { cancelOrder(id: $id) { __typename ...OrderFields ...No } }
"""
    + ORDER_FIELDS
    + REFUSAL
)

APPROVE = (
    """
mutation ($id: ID!) { approveOrder(id: $id) { __typename ...OrderFields ...No } }
"""
    + ORDER_FIELDS
    + REFUSAL
)

SET_METHOD = (
    """
mutation ($id: ID!, $method: ID!) {
  setOrderPaymentMethod(id: $id, paymentMethodId: $method) { __typename ...OrderFields ...No }
}
"""
    + ORDER_FIELDS
    + REFUSAL
)

UPDATE_PAYMENT = (
    """
mutation ($id: ID!, $input: UpdateKlarnaPaymentInput!) {
  updateKlarnaPayment(id: $id, input: $input) {
    __typename ... on KlarnaPayment { id reference referenceOrigin metadata } ...No
  }
}
"""
    + REFUSAL
)

DELETE_PAYMENT = (
    """
mutation ($id: ID!) { deleteKlarnaPayment(id: $id) { __typename ...Payment ...No } }
"""
    + PAYMENT_FIELDS
    + REFUSAL
)

UPDATE_GATEWAY = (
    """
mutation ($id: ID!, $input: UpdateKlarnaGatewayInput!) {
  updateKlarnaGateway(id: $id, input: $input) {
    __typename
    ... on KlarnaGateway { id name countryCode forcePayments apiKey apiSecret reference metadata }
    ...No
  }
}
"""
    + REFUSAL
)

DELETE_GATEWAY = (
    """
mutation ($id: ID!) {
  deleteKlarnaGateway(id: $id) { __typename ... on KlarnaGateway { id } ...No }
}
"""
    + REFUSAL
)

UPDATE_METHOD = (
    """
mutation ($id: ID!, $input: UpdatePaymentMethodInput!) {
  updatePaymentMethod(id: $id, input: $input) {
    __typename ... on PaymentMethod { id name currencyCode autoPlace disabledAt } ...No
  }
}
"""
    + REFUSAL
)

SWITCH_METHOD = (
    """
mutation ($id: ID!) {
  %s(id: $id) { __typename ... on PaymentMethod { id disabledAt } ...No }
}
"""
    + REFUSAL
)
