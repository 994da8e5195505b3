"""What Klarna must know of an order before it can be paid, and what stands in the way of it.

Everything is checked here, before any call: Klarna's own refusals name a field at best.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, select

from resolvers.errors import RefusalCode, Refused
from resolvers.given import Rows, key_in_sql, rows_in_sql
from resolvers.klarna.countries import COUNTRIES, Country
from resolvers.klarna.rules import BASIS, findings
from resolvers.klarna.wire import Body, Purchase, purchase_body
from resolvers.texts import MAX_AMOUNT, invalid
from store.addresses import Address, addresses_by_id
from store.building import truth, word
from store.database import Reader
from store.gateways import KlarnaGateway, gateways_by_id
from store.line_items import line_items_by_order
from store.lookups import Finder, Lookup
from store.orders import Order, OrderStatus, orders_by_id
from store.payment_methods import payment_methods_by_id
from store.payments import KlarnaPayment, PaymentStatus, klarna_payments, payments_by_id
from store.scope import EVERYTHING, Reach

EDITABLE = frozenset({OrderStatus.draft, OrderStatus.pending, OrderStatus.editing})


async def source_of(reader: Reader | Finder, order: Order) -> KlarnaPayment | None:
    """Return the payment that is to pay an order, if there is one."""
    if order.payment_source_id is None:
        return None
    return await payments_by_id.known(reader, order.payment_source_id)


async def must_be_editable(reader: Reader | Finder, order: Order) -> None:
    """Raise Refused unless the order may still change: not placed, nor just being placed."""
    if order.status not in EDITABLE:
        raise Refused(
            RefusalCode.ORDER_NOT_EDITABLE,
            f"The order is {order.status} and cannot be changed any more.",
            hint="Push another order with putOrder.",
        )
    if not await editable(reader, order):
        raise Refused(
            RefusalCode.ORDER_NOT_EDITABLE,
            "The order is being placed with Klarna at this moment.",
            retryable=True,
            hint="Call placeOrder to learn what came of it.",
        )


async def editable(reader: Reader | Finder, order: Order) -> bool:
    """Whether an order may still change: it is not placed, nor just being placed."""
    source = await source_of(reader, order)
    placing = source is not None and source.status is PaymentStatus.PLACING
    return order.status in EDITABLE and not placing


def editable_in_sql(order: Any) -> ColumnElement[Any]:
    """Return what `editable` says, of a row's columns."""
    placing = (
        select(klarna_payments.c.id)
        .where(klarna_payments.c.id == order.payment_source_id)
        .where(klarna_payments.c.status == word(PaymentStatus.PLACING))
        .correlate_except(klarna_payments)
        .exists()
    )
    return truth(order.status.in_([word(status) for status in sorted(EDITABLE)]) & ~placing)


async def gateway_for(reader: Reader | Finder, order: Order) -> KlarnaGateway:
    """Return the gateway that the order's payment method goes through. Raises Refused."""
    if order.payment_method_id is None:
        raise Refused(
            RefusalCode.PAYMENT_METHOD_UNUSABLE,
            "The order has no payment method.",
            path=["payment_method_id"],
            hint="Choose one with setOrderPaymentMethod.",
        )
    method = await payment_methods_by_id.known(reader, order.payment_method_id)
    if method.disabled_at is not None:
        raise Refused(
            RefusalCode.PAYMENT_METHOD_UNUSABLE,
            f"The payment method {method.name} is disabled.",
            path=["payment_method_id"],
            hint="Choose another one with setOrderPaymentMethod.",
        )
    if method.currency_code not in (None, order.currency_code):
        raise Refused(
            RefusalCode.PAYMENT_METHOD_UNUSABLE,
            f"The payment method {method.name} takes {method.currency_code} only.",
            path=["currency_code"],
            hint="Choose another one with setOrderPaymentMethod.",
        )
    return await gateways_by_id.known(reader, method.payment_gateway_id)


def must_be_enabled(gateway: KlarnaGateway) -> None:
    """Raise Refused if the gateway takes no new payments."""
    if gateway.disabled_at is not None:
        raise Refused(
            RefusalCode.GATEWAY_DISABLED,
            "The gateway of the order's payment method is disabled.",
            hint="Call enableKlarnaGateway, or choose another method with setOrderPaymentMethod.",
        )


async def purchase_of(reader: Reader | Finder, order: Order, gateway: KlarnaGateway) -> Purchase:
    """Gather all that Klarna must know of an order. Raises Refused where something is missing."""
    lines = await line_items_by_order(reader, [order.id], EVERYTHING)
    if not lines:
        raise Refused(
            RefusalCode.ORDER_INCOMPLETE,
            "The order has no line items.",
            path=["line_items"],
            hint="Push them with putOrder.",
        )
    billing = await _address(reader, order.billing_address_id)
    shipping = await _address(reader, order.shipping_address_id)
    country = _country(order, billing, shipping, gateway)
    return Purchase(order, lines, country, billing, shipping)


_OF_A_PURCHASE = (gateways_by_id, line_items_by_order, addresses_by_id, addresses_by_id)


def purchase_in_sql(
    order_id: ColumnElement[Any], gateway_id: ColumnElement[Any]
) -> Iterator[ColumnElement[Any]]:
    """Yield the rows that `purchase_of` reads, whoever asks, and its gateway's."""
    yield rows_in_sql(gateways_by_id, gateway_id, Reach.everything)
    yield rows_in_sql(line_items_by_order, order_id, Reach.everything)
    for name in ("billing_address_id", "shipping_address_id"):
        address_id = key_in_sql(orders_by_id, order_id, name)
        yield rows_in_sql(addresses_by_id, address_id, Reach.everything)


def purchase_given(*rows: Rows) -> Iterator[tuple[Lookup[Any], Rows]]:
    """Yield what `Given` takes of the rows that `purchase_in_sql` found."""
    yield from zip(_OF_A_PURCHASE, rows, strict=True)


async def _address(reader: Reader | Finder, address_id: str | None) -> Address | None:
    if address_id is None:
        return None
    return await addresses_by_id.known(reader, address_id)


def _country(
    order: Order, billing: Address | None, shipping: Address | None, gateway: KlarnaGateway
) -> Country:
    """Return the country that Klarna takes the purchase to be from: the billing one, if known."""
    known = (
        billing.country_code if billing else None,
        order.country_code,
        shipping.country_code if shipping else None,
    )
    code = next((code for code in known if code), None)
    if code is None:
        raise Refused(
            RefusalCode.ORDER_INCOMPLETE,
            "The order says no country: it has neither `countryCode` nor an address.",
            path=["country_code"],
            hint="Push one with putOrder.",
        )
    country = COUNTRIES.get(code)
    if country is None:
        raise Refused(
            RefusalCode.COUNTRY_UNSUPPORTED,
            f"Klarna does not sell to shoppers in {code}.",
            path=["country_code"],
            hint="Offer another way to pay.",
        )
    if country.region != gateway.country_code:
        raise Refused(
            RefusalCode.COUNTRY_UNSUPPORTED,
            f"{code} belongs to Klarna's region {country.region}, and the payment method's gateway "
            f"to {gateway.country_code}.",
            path=["country_code"],
            hint=f"Choose a method of a gateway in {country.region} with setOrderPaymentMethod.",
        )
    if country.currency != order.currency_code:
        raise Refused(
            RefusalCode.CURRENCY_UNSUPPORTED,
            f"Klarna takes {country.currency} from shoppers in {code}, not {order.currency_code}.",
            path=["currency_code"],
            hint=f"Push it in {country.currency} with putOrder, or offer another way to pay.",
        )
    return country


def checked_body(purchase: Purchase) -> Body:
    """Return the order in Klarna's words, once it passes Klarna's arithmetic. Raises Refused."""
    if not purchase.separate_tax:
        _check_rates(purchase)
    body = purchase_body(purchase)
    amounts = [body["order_amount"], *(line["total_amount"] for line in body["order_lines"])]
    negative = body["order_amount"] < 0 or body["order_tax_amount"] < 0
    if negative or any(abs(amount) > MAX_AMOUNT for amount in amounts):
        raise Refused(
            RefusalCode.AMOUNT_OUT_OF_RANGE,
            f"Klarna takes totals and taxes from 0 to {MAX_AMOUNT} minor units.",
            path=["total_amount_with_taxes_cents"],
            hint="Split the order, and push its parts with putOrder.",
        )
    for finding in findings(body):
        raise Refused(
            RefusalCode.AMOUNTS_DIFFER,
            f"{finding.field} is {finding.actual} and should be {finding.expected}: "
            f"{finding.message}",
            path=[str(step) for step in finding.path],
            hint="Push the order with amounts that add up, with putOrder.",
        )
    return body


def _check_rates(purchase: Purchase) -> None:
    """Raise Refused for a tax rate that Klarna cannot be told: it counts in whole basis points."""
    for index, line in enumerate(purchase.lines):
        path = ("line_items", str(index), "tax_rate")
        if line.tax_rate is None and line.tax_amount_cents:
            raise invalid(path, "A line with tax needs its rate.")
        points = (line.tax_rate or 0) * BASIS
        if abs(points - round(points)) > 1e-6:  # noqa: PLR2004  (what floats leave of 0.19)
            raise invalid(path, "Klarna takes tax rates in whole hundredths of a percent.")
