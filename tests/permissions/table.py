"""Who may ask for what: written down here by hand, for the gateway to be held to.

A new question, change, field, entity, subscription or route has no place until it has one here.
"""

from collections.abc import Mapping

CALLERS = ("own", "other", "integration", "operator")
"""A checkout of the order in question, one of another order, and the two that see a whole mode."""
STRANGERS = ("nobody", "forger", "expired")
"""Those who have no token, one that somebody else made, and one that was good yesterday."""

QUESTIONS = """
                        own        other      integration  operator   in the other mode
klarnaPayment           seen       null       seen         seen       null
klarnaPayment asOf      forbidden  forbidden  seen         seen       null
klarnaPayments          forbidden  forbidden  seen         seen       empty
klarnaGateway           forbidden  forbidden  seen         seen       null
klarnaGateway asOf      forbidden  forbidden  seen         seen       null
klarnaGateways          forbidden  forbidden  seen         seen       seen
order                   seen       null       seen         seen       null
order reference         seen       null       seen         seen       null
order token             seen       null       seen         seen       null
order asOf              forbidden  forbidden  seen         seen       null
orders                  forbidden  forbidden  seen         seen       empty
paymentMethod           forbidden  forbidden  seen         seen       null
paymentMethods          forbidden  forbidden  seen         seen       empty
transaction             forbidden  forbidden  seen         seen       null
operation               forbidden  forbidden  seen         seen       null
operations              forbidden  forbidden  seen         seen       empty
klarnaOrder             forbidden  forbidden  seen         seen       not_found
versionDiff             forbidden  forbidden  seen         seen       null
versions                forbidden  forbidden  seen         seen       seen
eventStores             forbidden  forbidden  seen         seen       seen
application             forbidden  forbidden  forbidden    seen       null
applications            forbidden  forbidden  forbidden    seen       empty
node order              seen       null       seen         seen       null
node line               seen       null       seen         seen       null
node payment            seen       null       seen         seen       null
node gateway            null       null       seen         seen       null
node method             null       null       seen         seen       null
node authorization      null       null       seen         seen       null
node version            null       null       seen         seen       null
node event              null       null       seen         seen       null
node operation          null       null       null         null       null
node application        null       null       null         null       null
nodes                   seen       null       seen         seen       null
order filtered          forbidden  null       seen         seen       null
_service                forbidden  forbidden  seen         seen       seen
_entities Order         seen       null       seen         seen       null
_entities KlarnaPayment seen       null       seen         seen       null
_entities session       seen       null       seen         seen       null
_entities KlarnaGateway forbidden  forbidden  seen         seen       null
_entities PaymentMethod forbidden  forbidden  seen         seen       null
_entities Authorization forbidden  forbidden  seen         seen       null
_entities Capture       forbidden  forbidden  seen         seen       null
_entities Void          forbidden  forbidden  seen         seen       null
_entities Refund        forbidden  forbidden  seen         seen       null
"""
"""What comes of each question, asked of one thing in the test mode. The live mode has a gateway,
and so the history of one, and nothing else."""

CHANGES = """
                          own        other      integration  operator   in the other mode
createKlarnaPayment       done       not_found  done         forbidden  not_found
saveKlarnaAuthToken       done       not_found  done         forbidden  not_found
refreshKlarnaPayment      done       not_found  done         forbidden  not_found
placeOrder                done       not_found  done         forbidden  not_found
updateKlarnaPayment       forbidden  forbidden  done         forbidden  not_found
deleteKlarnaPayment       forbidden  forbidden  done         forbidden  not_found
recordKlarnaOrder         forbidden  forbidden  done         forbidden  not_found
createKlarnaGateway       forbidden  forbidden  done         forbidden  done
updateKlarnaGateway       forbidden  forbidden  done         forbidden  not_found
rotateKlarnaCredentials   forbidden  forbidden  done         forbidden  not_found
deleteKlarnaGateway       forbidden  forbidden  done         forbidden  not_found
enableKlarnaGateway       forbidden  forbidden  done         done       not_found
disableKlarnaGateway      forbidden  forbidden  done         done       not_found
createPaymentMethod       forbidden  forbidden  done         forbidden  done
updatePaymentMethod       forbidden  forbidden  done         forbidden  not_found
enablePaymentMethod       forbidden  forbidden  done         forbidden  not_found
disablePaymentMethod      forbidden  forbidden  done         forbidden  not_found
deletePaymentMethod       forbidden  forbidden  done         forbidden  not_found
putOrder                  forbidden  forbidden  done         forbidden  done
setOrderPaymentMethod     forbidden  forbidden  done         forbidden  not_found
approveOrder              forbidden  forbidden  done         forbidden  not_found
cancelOrder               forbidden  forbidden  done         forbidden  not_found
captureOrder              forbidden  forbidden  done         forbidden  not_found
voidOrder                 forbidden  forbidden  done         forbidden  not_found
refundOrder               forbidden  forbidden  done         forbidden  not_found
extendOrderAuthorization  forbidden  forbidden  done         forbidden  not_found
retryOperation            forbidden  forbidden  done         forbidden  not_found
createCheckoutToken       forbidden  forbidden  done         forbidden  not_found
createApplication         forbidden  forbidden  forbidden    done       done
revokeApplication         forbidden  forbidden  forbidden    done       not_found
"""
"""What comes of each change: `done` is the resource, or a Refusal that has nothing to do with who
asks."""

SUBSCRIPTIONS = """
                          own        other      integration  operator   in the other mode
klarnaPaymentChanged      seen       not_found  seen         seen       not_found
orderChanged              seen       not_found  seen         seen       not_found
eventStores               forbidden  forbidden  seen         seen       seen
"""
"""What each subscription begins with; events are asked for from the first one on."""

ROUTES = {
    "* /graphql": "a token",
    "POST /oauth/token": "everybody",
    "GET /healthz": "everybody",
    "GET /readyz": "everybody",
    "GET /graphiql": "everybody",
    "GET /graphiql/assets/{name}": "everybody",
    "POST /klarna/callbacks/{payment}/{secret}": "everybody",
    "POST /klarna/notifications/{payment}/{secret}": "everybody",
}
"""Whom each route wants: somebody with a token, or everybody. Klarna brings a payment's secret."""

SHOWN = "whoever sees the record"
READERS = "integrations and operators"
PAYERS = "checkouts and integrations"
INTEGRATIONS = "integrations"

KINDS: Mapping[str, set[str]] = {
    SHOWN: {"sales_channel", "gateway", "integration", "operator"},
    READERS: {"integration", "operator"},
    PAYERS: {"sales_channel", "gateway", "integration"},
    INTEGRATIONS: {"integration"},
}

_COMMON = "id reference referenceOrigin metadata mode createdAt updatedAt"
_HISTORY = "versions eventStores"
_AMOUNTS = "{0}Cents {0}Float formatted{1}"
_TRANSACTION = f"""{_COMMON} kind number currencyCode amountCents amountFloat formattedAmount
    succeeded message errorCode errorDetail token gatewayTransactionId order paymentSource"""


def _money(*names: str) -> str:
    return " ".join(_AMOUNTS.format(name, name[0].upper() + name[1:]) for name in names)


FIELDS: Mapping[str, Mapping[str, str]] = {
    "Order": {
        SHOWN: f"""{_COMMON} number currencyCode countryCode languageCode customerEmail taxIncluded
            cartUrl returnUrl termsUrl privacyUrl status paymentStatus fulfillmentStatus token
            placedAt approvedAt cancelledAt paymentUpdatedAt lineItems billingAddress
            shippingAddress paymentSource klarnaPayments editable placeable obstacles """
        + _money(
            *("subtotalAmount", "shippingAmount", "paymentMethodAmount", "discountAmount"),
            *("adjustmentAmount", "giftCardAmount", "totalTaxAmount", "totalAmount"),
            "totalAmountWithTaxes",
        ),
        READERS: f"paymentMethod transactions authorizations captures voids refunds {_HISTORY}",
    },
    "LineItem": {
        SHOWN: f"""{_COMMON} itemType skuCode name quantity taxRate imageUrl productUrl currencyCode
            position """
        + _money("unitAmount", "discount", "totalAmount", "taxAmount"),
        READERS: _HISTORY,
    },
    "Address": {
        SHOWN: f"""{_COMMON} business firstName lastName company line1 line2 city zipCode stateCode
            countryCode phone email notes billingInfo""",
        READERS: _HISTORY,
    },
    "KlarnaPayment": {
        SHOWN: f"""{_COMMON} sessionId sessionExpiresAt authTokenExpiresAt klarnaOrderId
            fraudStatus redirectUrl paymentInstrument currencyCode countryCode locale order status
            paymentMethods mismatchedAmounts mismatches authorizePayload """
        + _money("intentAmount"),
        READERS: f"paymentGateway {_HISTORY}",
        PAYERS: "clientToken",
        INTEGRATIONS: "authToken",
    },
    "KlarnaGateway": {
        SHOWN: f"""{_COMMON} name forcePayments countryCode credentialKeys disabledAt paymentMethods
            klarnaPayments apiKey apiSecret nextApiKey nextApiSecret""",
        READERS: _HISTORY,
    },
    "PaymentMethod": {
        SHOWN: f"""{_COMMON} name paymentSourceType currencyCode requireCapture autoPlace
            autoCapture disabledAt paymentGateway """
        + _money("priceAmount", "autoCaptureMaxAmount"),
        READERS: _HISTORY,
    },
    "Authorization": {
        SHOWN: _TRANSACTION + " " + _money("captureAmount", "captureBalance", "voidBalance"),
        READERS: f"captures voids {_HISTORY}",
    },
    "Capture": {
        SHOWN: f"{_TRANSACTION} referenceAuthorization " + _money("refundAmount", "refundBalance"),
        READERS: f"refunds {_HISTORY}",
    },
    "Void": {SHOWN: f"{_TRANSACTION} referenceAuthorization", READERS: _HISTORY},
    "Refund": {SHOWN: f"{_TRANSACTION} referenceCapture", READERS: _HISTORY},
    "Operation": {
        SHOWN: """id mode kind state paymentId key attempts correlationId klarnaCode request answer
            createdAt settledAt nextAttemptAt order payment paymentGateway"""
    },
    "Version": {SHOWN: "id mode resourceType resourceId event changes who createdAt resource"},
    "EventStore": {SHOWN: "id mode resourceType resourceId event payload who createdAt resource"},
    "KlarnaOrder": {
        SHOWN: """orderId status fraudStatus orderAmount capturedAmount refundedAmount
            remainingAuthorizedAmount expiresAt klarnaDrift"""
    },
    "Application": {SHOWN: "id mode kind name clientId createdAt createdBy revokedAt revokedBy"},
    "NewApplication": {SHOWN: "application clientSecret"},
    "CheckoutToken": {SHOWN: "token expiresAt"},
    "PaymentMethodCategory": {SHOWN: "identifier name assetUrls"},
    "AssetUrls": {SHOWN: "descriptive standard"},
    "Mismatch": {SHOWN: "path expected actual"},
    "Refusal": {SHOWN: "code message path retryable hint klarnaCode correlationId"},
    "PageInfo": {SHOWN: "hasNextPage hasPreviousPage startCursor endCursor"},
    "_Service": {SHOWN: "sdl"},
} | {
    f"{kind}{part}": {SHOWN: fields}
    for kind in (
        *("Order", "KlarnaPayment", "KlarnaGateway", "PaymentMethod", "Transaction"),
        *("Authorization", "Capture", "Void", "Refund", "Operation", "Version", "EventStore"),
        "Application",
    )
    for part, fields in (("Connection", "edges nodes pageInfo totalCount"), ("Edge", "node cursor"))
}
"""Every field of every type, by who may ask for it of a record that they see. Who sees the record
is in the tables above."""


def rows(table: str) -> dict[str, dict[str, str]]:
    """The rows of a table by their names: what comes of each for every caller."""
    found = {}
    for line in table.strip("\n").splitlines()[1:]:
        *name, own, other, integration, operator, elsewhere = line.split()
        found[" ".join(name)] = {
            "own": own,
            "other": other,
            "integration": integration,
            "operator": operator,
            "live own": elsewhere if {own, other} != {"forbidden"} else "forbidden",
            "live integration": elsewhere if integration != "forbidden" else "forbidden",
            "live operator": elsewhere if operator != "forbidden" else "forbidden",
            **dict.fromkeys(STRANGERS, "unauthenticated"),
        }
    return found
