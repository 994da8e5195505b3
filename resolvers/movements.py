"""Movements: what is common to capturing, giving up and giving back an order's money.

A movement goes by our books, through Klarna, and into our books. One of an order is made at a time:
while nobody knows what came of one, no other begins, and the same one asked for again goes on with
it under its first idempotency key.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from resolvers.books import Books, books_of
from resolvers.context import Context
from resolvers.errors import RefusalCode, Refused
from resolvers.klarna import errors as klarna_errors
from resolvers.operations import Call, NotDone, Settled, digest, intent
from resolvers.purchases import source_of
from resolvers.transactions import add_transaction
from store.changes import Change
from store.gateways import gateways_by_id
from store.operations import (
    UNSETTLED,
    Operation,
    OperationKind,
    operations_by_id,
    operations_by_payment,
)
from store.orders import Order, orders_by_id
from store.payments import KlarnaPayment, PaymentStatus
from store.scope import EVERYTHING
from store.transactions import Transaction, TransactionKind

MOVEMENTS = frozenset(
    {
        OperationKind.capture,
        OperationKind.cancel,
        OperationKind.release,
        OperationKind.refund,
        OperationKind.extend,
    }
)


class Movement(Call[str | None, Order]):
    """A call about an order's money, whose answer is Klarna's id for it where it has one.

    A request holds the `amount` in minor units, and the `reference` that Klarna keeps with it.
    """

    recorded: ClassVar[TransactionKind | None]
    """What the books call it; None has them not speak of it."""
    event: ClassVar[str]
    """What has happened to the order once Klarna agreed, in the past tense."""
    payment: KlarnaPayment
    authorization: Transaction
    placed_id: str
    """Klarna's id for the order."""
    books: Books
    _operation: Operation

    def __init__(self, context: Context, order_id: str, resumed: Operation | None = None) -> None:
        self.context = context
        self.order_id = order_id
        self._resumed = resumed

    @abstractmethod
    async def request(self, change: Change, order: Order) -> tuple[OperationKind, dict[str, Any]]:
        """Return what to ask of Klarna, by what the books say. Raises Refused."""

    @abstractmethod
    def moved(self, order: Order, change: Change) -> Order:
        """Return the order as the movement leaves it; the books tell of the movement already."""

    def reference_of(self, operation: Operation) -> dict[str, str]:
        """Return the transaction that it refers to, by the field that says so."""
        return {}

    async def intend(self, change: Change) -> Operation:
        """Check that it may be made, or go on with one whose outcome nobody knows."""
        order = await self._open(change)
        if self._resumed is not None:
            operation = await operations_by_id.known(change.transaction, self._resumed.id)
            if operation.state not in UNSETTLED:
                raise Settled
        else:
            operation = await self._described(change, order)
        self._operation = operation
        return operation

    async def _open(self, change: Change) -> Order:
        """Open the books of the order."""
        order = await orders_by_id.known(change.transaction, self.order_id)
        payment = await source_of(change.transaction, order)
        self.books = await books_of(change.transaction, order)
        authorization = self.books.authorization
        if payment is None or payment.klarna_order_id is None or authorization is None:
            raise Refused(
                RefusalCode.ORDER_NOT_PLACED,
                f"The order is {order.status}: Klarna guarantees nothing of it yet.",
                path=["status"],
                hint="Place it with placeOrder first.",
            )
        self.about = self.payment = payment
        self.authorization, self.placed_id = authorization, payment.klarna_order_id
        self.gateway = await gateways_by_id.known(change.transaction, payment.payment_gateway_id)
        return order

    async def _described(self, change: Change, order: Order) -> Operation:
        _must_be_decided(self.payment)
        unsettled = await unsettled_movement(change, self.payment)
        kind, request = await self.request(change, order)
        if unsettled is None:
            return intent(change, kind, self.payment, name=change.new_id(), request=request)
        if (unsettled.kind, unsettled.fingerprint) == (kind, digest(request)):
            return unsettled
        raise Refused(
            RefusalCode.MOVEMENT_UNSETTLED,
            f"Nobody knows yet what came of the {unsettled.kind} of {unsettled.created_at}.",
            retryable=True,
            hint=f"Call retryOperation for {unsettled.id}, or ask for the same as then.",
        )

    async def succeed(self, change: Change, answer: str | None) -> Order:
        """Write it into the books, and what it makes of the order."""
        order = await orders_by_id.known(change.transaction, self.order_id)
        await self._record(change, order, None, gateway_transaction_id=answer)
        self.books = await books_of(change.transaction, order)
        after = self.moved(order, change)
        status = self.books.payment_status
        if status is not order.payment_status:
            after = replace(after, payment_status=status, payment_updated_at=change.at)
        if after == order:
            await change.note(order, self.event, {})
        return await change.save(order, after, self.event)

    async def refuse(self, change: Change, no: klarna_errors.Refused) -> None:
        """Write the failed attempt into the books, unless it was the login that Klarna refused."""
        if not isinstance(no, klarna_errors.Unauthorized):
            order = await orders_by_id.known(change.transaction, self.order_id)
            await self._record(change, order, no)

    async def _record(
        self,
        change: Change,
        order: Order,
        no: klarna_errors.Refused | None,
        gateway_transaction_id: str | None = None,
    ) -> None:
        if self.recorded is None:
            return
        operation = self._operation
        await add_transaction(
            change,
            order,
            self.payment,
            self.recorded,
            amount=operation.request["amount"],
            no=no,
            gateway_transaction_id=gateway_transaction_id,
            **self.reference_of(operation),
        )


async def unsettled_movement(change: Change, payment: KlarnaPayment) -> Operation | None:
    """Return the movement of a payment's money that nobody knows the outcome of, or None."""
    found = await operations_by_payment(change.transaction, [payment.id], EVERYTHING)
    return next((one for one in found if one.kind in MOVEMENTS and one.state in UNSETTLED), None)


def enough(amount: int, left: int, moved: str, instead: str | None) -> int:
    """Return an amount if so much is left to be `moved`. Raises Refused."""
    if left <= 0:
        raise Refused(
            RefusalCode.NOTHING_LEFT,
            f"Everything was {moved} before.",
            hint=f"Call {instead} to give captured money back." if instead else "Read the order.",
        )
    if amount <= 0:
        raise Refused(
            RefusalCode.AMOUNT_OUT_OF_RANGE,
            f"{amount} minor units cannot be {moved}.",
            path=["amount_cents"],
            hint=f"Give an amount from 1 to {left}, or none for all of it.",
        )
    if amount > left:
        raise Refused(
            RefusalCode.AMOUNT_EXCEEDED,
            f"{amount} minor units are more than the {left} that can be {moved}.",
            path=["amount_cents"],
            hint=f"Give an amount up to {left}, or none for all of it.",
        )
    return amount


def id_by_reference(found: Sequence[Mapping[str, Any]], operation: Operation, name: str) -> str:
    """Return Klarna's id for what it keeps under an operation's reference. Raises NotDone."""
    wanted = operation.request["reference"]
    for one in found:
        if one.get("reference") == wanted and isinstance(one.get(name), str):
            return str(one[name])
    raise NotDone


def _must_be_decided(payment: KlarnaPayment) -> None:
    if payment.status is PaymentStatus.PENDING_REVIEW:
        raise Refused(
            RefusalCode.PAYMENT_STATE,
            "Klarna is still reviewing the order: nothing may be captured or shipped.",
            path=["status"],
            retryable=True,
            hint="Wait until the payment is PLACED: Klarna decides within 24 hours.",
        )
    if payment.status is PaymentStatus.REFUSED:
        raise Refused(
            RefusalCode.PAYMENT_STATE,
            "Klarna rejected the order in its review.",
            path=["status"],
            hint="Cancel the order with cancelOrder, and have the shopper pay another one.",
        )
