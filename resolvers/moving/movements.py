"""Movements: what is common to capturing, giving up and giving back an order's money.

A movement goes by our books, through Klarna, and into our books. One of an order is made at a time:
while nobody knows what came of one, no other begins. The same one asked for again, under the same
key of the caller's or both times under none, goes on with it under its first idempotency key.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from resolvers.context import Context
from resolvers.errors import RefusalCode, Refused
from resolvers.idempotency.claims import KEYS_KEPT
from resolvers.klarna import errors as klarna_errors
from resolvers.klarna.client import Klarna
from resolvers.moving.books import Books, books_of
from resolvers.moving.transactions import add_transaction
from resolvers.operations import (
    Call,
    NotDone,
    Settled,
    Unclear,
    digest,
    intent,
    operation_key,
    perform,
)
from resolvers.purchases import source_of
from resolvers.refusals import refusal
from store.changes import Change
from store.gateways import gateways_by_id
from store.instants import after
from store.operations import (
    UNSETTLED,
    Operation,
    OperationKind,
    OperationState,
    operations_by_id,
    operations_by_key,
    operations_by_payment,
)
from store.orders import (
    Order,
    OrderFulfillmentStatus,
    OrderPaymentStatus,
    OrderStatus,
    orders_by_id,
)
from store.payments import KlarnaPayment, PaymentStatus
from store.scope import EVERYTHING
from store.transactions import Transaction, TransactionKind

CONFLICT = 409
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

    guaranteed: ClassVar[bool] = False
    """Whether it needs Klarna's guarantee, which there is not while it reviews the order."""
    mutation: ClassVar[str]
    """What callers ask for it with."""
    kinds: ClassVar[tuple[OperationKind, ...]]
    """What Klarna may be asked for it."""
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
    _name: str | None = None
    """What the caller's own key makes of the operation's; None where there is no such key."""

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
        begun = await self._begun(change)
        if begun is not None and begun.state is OperationState.succeeded:
            raise Settled
        if begun is not None and begun.state in UNSETTLED:
            return begun
        name = change.new_id() if self._name is None else self._name
        if self.guaranteed:
            self._must_be_decided()
        unsettled = await unsettled_movement(change, self.payment)
        kind, request = await self.request(change, order)
        if unsettled is None:
            return intent(change, kind, self.payment, name=name, request=request)
        same = (unsettled.kind, unsettled.fingerprint) == (kind, digest(request))
        if same and self._name is None:
            return unsettled  # without a key, the same again is the same movement
        raise Refused(
            RefusalCode.MOVEMENT_UNSETTLED,
            f"Nobody knows yet what came of the {unsettled.kind} of {unsettled.created_at}.",
            retryable=True,
            hint=f"Call retryOperation for {unsettled.id}, or ask for the same as then.",
        )

    async def _begun(self, change: Change) -> Operation | None:
        """Return what was begun under the same key of the caller's, whoever settled it since.

        The caller may never have heard of it: the process died, or the reconciler was faster.
        """
        self._name = None
        request = self.context.request
        if request is None:
            return None
        name = digest(request.owner)
        keys = [operation_key(self.payment, kind, name) for kind in self.kinds]
        found = await operations_by_key(change.transaction, keys, EVERYTHING)
        recent = [one for one in found if after(one.created_at, KEYS_KEPT) > change.at]
        if recent or not found:
            self._name = name
        return next(iter(recent), None)

    async def recall(
        self, klarna: Klarna, operation: Operation, no: klarna_errors.KlarnaProblem
    ) -> str | None:
        """Look in Klarna's books, whatever it says to another attempt.

        While the first attempt may be under way still, a no to the second tells nothing.
        """
        try:
            return await self.brought(klarna, operation)
        except klarna_errors.KlarnaProblem as problem:
            raise Unclear(refusal(problem)) from problem
        except NotDone:
            busy = isinstance(no, klarna_errors.Refused) and no.status == CONFLICT
            if busy or isinstance(no, klarna_errors.Unauthorized):
                raise Unclear(refusal(klarna_errors.Silent(no.message, no.correlation_id))) from no
            raise

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

    def _must_be_decided(self) -> None:
        if self.payment.status is PaymentStatus.PENDING_REVIEW:
            raise Refused(
                RefusalCode.PAYMENT_STATE,
                "Klarna is still reviewing the order: nothing may be captured or shipped.",
                path=["status"],
                retryable=True,
                hint=f"Call {self.mutation} once the payment is PLACED: Klarna decides within 24 "
                "hours.",
            )
        if self.payment.status is PaymentStatus.REFUSED:
            raise Refused(
                RefusalCode.PAYMENT_STATE,
                "Klarna rejected the order in its review.",
                path=["status"],
                hint="Cancel the order with cancelOrder, and have the shopper pay another one.",
            )

    def enough(self, amount: int, left: int, moved: str, instead: str) -> int:
        """Return an amount if so much is left to be `moved`. Raises Refused.

        `instead` says what to call if nothing is left.
        """
        if left <= 0:
            raise Refused(
                RefusalCode.NOTHING_LEFT, f"Everything was {moved} before.", hint=f"Call {instead}."
            )
        hint = f"Call {self.mutation} with an amount from 1 to {left}, or none for all of it."
        if amount <= 0:
            raise Refused(
                RefusalCode.AMOUNT_OUT_OF_RANGE,
                f"{amount} minor units cannot be {moved}.",
                path=["amount_cents"],
                hint=hint,
            )
        if amount > left:
            raise Refused(
                RefusalCode.AMOUNT_EXCEEDED,
                f"{amount} minor units are more than the {left} that can be {moved}.",
                path=["amount_cents"],
                hint=hint,
            )
        return amount


async def move(context: Context, movement: Movement) -> Order:
    """Make a movement when it is its order's turn, and return the order.

    Raises Refused and Unavailable.
    """

    async def conversation() -> Order:
        try:
            return await perform(context, movement)
        except Settled:  # it was made under the same key before
            return await orders_by_id.known(context.database, movement.order_id)

    return await context.services.turns.take(movement.order_id, conversation)


async def unsettled_movement(change: Change, payment: KlarnaPayment) -> Operation | None:
    """Return the movement of a payment's money that nobody knows the outcome of, or None."""
    found = await operations_by_payment(change.transaction, [payment.id], EVERYTHING)
    return next((one for one in found if one.kind in MOVEMENTS and one.state in UNSETTLED), None)


def ended(order: Order, books: Books, change: Change) -> Order:
    """Return an order as it is once everything that was captured of it is given back."""
    if books.payment_status is not OrderPaymentStatus.refunded:
        return order
    under_way = order.fulfillment_status is OrderFulfillmentStatus.in_progress
    return replace(
        order,
        status=OrderStatus.cancelled,
        cancelled_at=change.at,
        fulfillment_status=OrderFulfillmentStatus.unfulfilled
        if under_way
        else OrderFulfillmentStatus.fulfilled,
    )


def id_by_reference(found: Sequence[Mapping[str, Any]], operation: Operation, name: str) -> str:
    """Return Klarna's id for what it keeps under an operation's reference. Raises NotDone."""
    wanted = operation.request["reference"]
    for one in found:
        if one.get("reference") == wanted and isinstance(one.get(name), str):
            return str(one[name])
    raise NotDone
