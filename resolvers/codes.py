"""Every code that a caller can read: what happened, and what to do about it.

A refusal's code is data, in the mutation's answer; an error's is in its `extensions.code`. A code
that is not declared here cannot be given to either.
"""

from typing import Self

from store.words import Word


class Code(Word):
    """A word that never changes, with what happened and what to do."""

    meaning: str
    advice: str

    def __new__(cls, value: str, meaning: str = "", advice: str = "") -> Self:
        """Make a code that explains itself."""
        code = str.__new__(cls, value)
        code._value_ = value
        code.doc = f"{meaning} {advice}"
        code.meaning = meaning
        code.advice = advice
        return code


class RefusalCode(Code):
    """Why a change was refused. The codes are stable: clients may decide on them."""

    FIELD_INVALID = (
        "FIELD_INVALID",
        "A field holds what it must not: `path` says which.",
        "Correct the field, and send the request again.",
    )
    AMOUNT_OUT_OF_RANGE = (
        "AMOUNT_OUT_OF_RANGE",
        "An amount is larger than Klarna takes, or of the wrong sign.",
        "Correct the amount; an order that is too large is pushed in parts, with `putOrder`.",
    )
    AMOUNTS_DIFFER = (
        "AMOUNTS_DIFFER",
        "Amounts do not add up: a line, a total or the tax is not what the others make it.",
        "Push the order with amounts that add up, with `putOrder`.",
    )
    RESOURCE_IN_USE = (
        "RESOURCE_IN_USE",
        "Other resources refer to it, so that it cannot be deleted or moved.",
        "Disable it instead, with `disableKlarnaGateway` or `disablePaymentMethod`.",
    )
    KEY_REUSED = (
        "KEY_REUSED",
        "The idempotency key was used for another request before.",
        "Send another request under a key of its own.",
    )
    KEY_IN_USE = (
        "KEY_IN_USE",
        "A request with this idempotency key is being worked on at this moment.",
        "Send the same again in a few seconds for its answer.",
    )
    REFERENCE_AMBIGUOUS = (
        "REFERENCE_AMBIGUOUS",
        "Several orders have this reference.",
        "Push the order with its id, with `putOrder`.",
    )
    ORDER_NOT_EDITABLE = (
        "ORDER_NOT_EDITABLE",
        "The order is placed, being placed or cancelled, and cannot be changed any more.",
        "Push another order with `putOrder`; `voidOrder` and `refundOrder` undo a placed one.",
    )
    ORDER_NOT_PLACED = (
        "ORDER_NOT_PLACED",
        "Only a placed order can be approved, captured, voided or refunded.",
        "Place it with `placeOrder` first.",
    )
    NOTHING_LEFT = (
        "NOTHING_LEFT",
        "Nothing is left to be captured, voided or refunded.",
        "Read the order: it was done before.",
    )
    AMOUNT_EXCEEDED = (
        "AMOUNT_EXCEEDED",
        "The amount is more than what is left.",
        "Give an amount up to what is left, or none for all of it.",
    )
    MOVEMENT_UNSETTLED = (
        "MOVEMENT_UNSETTLED",
        "Nobody knows yet what came of an earlier capture, void or refund of the order.",
        "Call `retryOperation` for it, or wait: it is settled by itself.",
    )
    ORDER_NOT_PENDING = (
        "ORDER_NOT_PENDING",
        "Only a pending order can be placed, and this one is not.",
        "Complete a draft with `putOrder`; a placed order needs nothing more.",
    )
    ORDER_INCOMPLETE = (
        "ORDER_INCOMPLETE",
        "The order lacks something that paying it needs: `path` says what.",
        "Push it with `putOrder`, or open a payment with `createKlarnaPayment`.",
    )
    PAYMENT_METHOD_UNUSABLE = (
        "PAYMENT_METHOD_UNUSABLE",
        "The order's payment method is missing, disabled or not for its currency.",
        "Choose another one with `setOrderPaymentMethod`.",
    )
    GATEWAY_DISABLED = (
        "GATEWAY_DISABLED",
        "The gateway is disabled and takes no new payments.",
        "Call `enableKlarnaGateway`, or `setOrderPaymentMethod` for another gateway's.",
    )
    COUNTRY_UNSUPPORTED = (
        "COUNTRY_UNSUPPORTED",
        "Klarna does not sell to this country, or not through this gateway's region.",
        "Call `setOrderPaymentMethod` for a gateway of that region, or offer another way to pay.",
    )
    CURRENCY_UNSUPPORTED = (
        "CURRENCY_UNSUPPORTED",
        "Klarna takes this country's own currency only.",
        "Push the order in that currency with `putOrder`, or offer another way to pay.",
    )
    AMOUNTS_MISMATCHED = (
        "AMOUNTS_MISMATCHED",
        "The order changed after the session was opened.",
        "Call `refreshKlarnaPayment`, and have the shopper authorize again.",
    )
    NOT_AUTHORIZED = (
        "NOT_AUTHORIZED",
        "The payment holds no authorization that is still good.",
        "Have the shopper authorize, then call `saveKlarnaAuthToken`.",
    )
    SESSION_EXPIRED = (
        "SESSION_EXPIRED",
        "The payment's session has ended.",
        "Call `refreshKlarnaPayment` for a new one, and have the shopper authorize again.",
    )
    SESSION_COMPLETED = (
        "SESSION_COMPLETED",
        "Klarna has placed an order from this session already.",
        "Find it at Klarna, and call `recordKlarnaOrder`.",
    )
    PAYMENT_STATE = (
        "PAYMENT_STATE",
        "The payment is in a state that does not allow this: it is being placed, placed or over.",
        "Read the payment and its order; `createKlarnaPayment` opens another one.",
    )
    KLARNA_DECLINED = (
        "KLARNA_DECLINED",
        "Klarna declines the purchase and gives no reason.",
        "Offer the shopper another way to pay.",
    )
    KLARNA_REFUSED = (
        "KLARNA_REFUSED",
        "Klarna refused the request: `klarnaCode` and the message say why.",
        "Correct what Klarna names, and send the request again.",
    )
    GATEWAY_UNAUTHORIZED = (
        "GATEWAY_UNAUTHORIZED",
        "Klarna does not accept the gateway's credentials: wrong, disabled or of another region.",
        "Correct them with `rotateKlarnaCredentials`.",
    )
    GATEWAY_UNREADABLE = (
        "GATEWAY_UNREADABLE",
        "The gateway's credentials cannot be opened: their key is missing, or they are damaged.",
        "Put the key back that `klarna-graph keys list` names, or call `rotateKlarnaCredentials`.",
    )


class ErrorCode(Code):
    """Why a request, or a field of it, is an error instead of an answer."""

    NOT_FOUND = (
        "NOT_FOUND",
        "There is no such thing, or the caller may not see it: both are answered alike.",
        "Check the id, and that the token is for this order and this mode.",
    )
    FORBIDDEN = (
        "FORBIDDEN",
        "A caller of this kind may not do this.",
        "Use a token of a kind that `allowed` names.",
    )
    UNAUTHENTICATED = (
        "UNAUTHENTICATED",
        "There is no access token, or it is not a good one, or it has expired.",
        "Get a new token, and send it as `Authorization: Bearer <token>`.",
    )
    BAD_USER_INPUT = (
        "BAD_USER_INPUT",
        "The request, an argument or a variable cannot be so: `argument` says which.",
        "Correct what the message names: the same will not be taken.",
    )
    LIMIT_EXCEEDED = (
        "LIMIT_EXCEEDED",
        "The operation asks for too much at once: `exceeded` says of what, `value` how much.",
        "Ask for less at once, in several operations; `setting` is what the operator can change.",
    )
    RATE_LIMITED = (
        "RATE_LIMITED",
        "The token has asked for too much in too short a time.",
        "Send the same again after `retryAfter` seconds.",
    )
    TIMEOUT = (
        "TIMEOUT",
        "The answer took too long. A question was given up; a change that was begun is finished.",
        "Ask a question for less; send a change again under the same `key` for its answer.",
    )
    UNAVAILABLE = (
        "UNAVAILABLE",
        "Klarna or the store did not answer, or not in time.",
        "Send the same again, under the same `key`: nothing is done twice.",
    )
    GRAPHQL_PARSE_FAILED = (
        "GRAPHQL_PARSE_FAILED",
        "The text is not a GraphQL document.",
        "Correct the document at `locations`.",
    )
    GRAPHQL_VALIDATION_FAILED = (
        "GRAPHQL_VALIDATION_FAILED",
        "The document does not fit the schema.",
        "Correct the document at `locations`; `klarna-graph schema` prints what there is.",
    )
    BAD_REQUEST = (
        "BAD_REQUEST",
        "What arrived is no HTTP, no JSON, or no GraphQL request.",
        "Correct what the message names; a client library would not send it.",
    )
    BATCHING_UNSUPPORTED = (
        "BATCHING_UNSUPPORTED",
        "The body is a list of requests.",
        "Send one operation in a request.",
    )
    METHOD_NOT_ALLOWED = (
        "METHOD_NOT_ALLOWED",
        "The method is not one of this address, or not for a change.",
        "Use one that the header `Allow` names.",
    )
    NOT_ACCEPTABLE = (
        "NOT_ACCEPTABLE",
        "The header `Accept` takes none of the media types of answers.",
        "Accept `application/graphql-response+json` or `application/json`.",
    )
    REQUEST_TIMEOUT = (
        "REQUEST_TIMEOUT",
        "The head or the body did not arrive within the time of `limit`, in seconds.",
        "Send it again, as a whole.",
    )
    LENGTH_REQUIRED = (
        "LENGTH_REQUIRED",
        "Nothing says how long the body is.",
        "Send `Content-Length`, or chunks.",
    )
    BODY_TOO_LARGE = (
        "BODY_TOO_LARGE",
        "The body is longer than `limit`, in bytes, as it came or once decoded.",
        "Send less at a time.",
    )
    UNSUPPORTED_MEDIA_TYPE = (
        "UNSUPPORTED_MEDIA_TYPE",
        "The body is of a media type, a charset or an encoding that is not read.",
        "Send JSON in UTF-8, plain or by gzip or deflate.",
    )
    HEAD_TOO_LARGE = (
        "HEAD_TOO_LARGE",
        "The address or a header is longer than `limit`, in bytes.",
        "Send the operation by POST, in its body.",
    )
    PERSISTED_QUERY_NOT_FOUND = (
        "PERSISTED_QUERY_NOT_FOUND",
        "No document of this hash is kept.",
        "Send the document along with its hash, once; Apollo's clients do so by themselves.",
    )
    PERSISTED_QUERY_HASH_MISMATCH = (
        "PERSISTED_QUERY_HASH_MISMATCH",
        "The hash is not the document's.",
        "Send the SHA-256 of the document, in hexadecimal digits.",
    )
    DOCUMENT_NOT_FOUND = (
        "DOCUMENT_NOT_FOUND",
        "There is no trusted document of this id.",
        "Have the operator add it to the file of trusted documents.",
    )
    DOCUMENT_NOT_TRUSTED = (
        "DOCUMENT_NOT_TRUSTED",
        "Only trusted documents are executed, and a text was sent.",
        "Send the id of a trusted document instead.",
    )
    INTROSPECTION_DISABLED = (
        "INTROSPECTION_DISABLED",
        "The schema cannot be asked about here.",
        "Read `graph/schema.graphql`, or what `klarna-graph schema` prints.",
    )
    INTERNAL = (
        "INTERNAL",
        "Something went wrong inside the gateway, which is a bug.",
        "Tell the operator the `id`, which is in the log; read what was done before asking again.",
    )
