"""An order's books: what of its money was authorized, captured, given up and given back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store.database import Reader
from store.lookups import Finder
from store.orders import Order, OrderPaymentStatus
from store.scope import EVERYTHING
from store.transactions import Transaction, TransactionKind, transactions_by_order


@dataclass(frozen=True, slots=True)
class Books:
    """The movements of an order's money that succeeded. All amounts are in minor units."""

    authorization: Transaction | None
    """What Klarna guarantees; None before the order is placed."""
    captures: Sequence[Transaction]
    voids: Sequence[Transaction]
    refunds: Sequence[Transaction]

    @property
    def authorized(self) -> int:
        """How much Klarna guaranteed when the order was placed."""
        return self.authorization.amount_cents if self.authorization else 0

    @property
    def captured(self) -> int:
        """How much was taken."""
        return _sum(self.captures)

    @property
    def refunded(self) -> int:
        """How much was given back."""
        return _sum(self.refunds)

    @property
    def left(self) -> int:
        """How much is neither captured nor given up."""
        return self.authorized - self.captured - _sum(self.voids)

    def refundable(self, capture: Transaction) -> int:
        """Return how much of a capture was not given back."""
        given_back = (one for one in self.refunds if one.reference_capture_id == capture.id)
        return capture.amount_cents - _sum(given_back)

    @property
    def payment_status(self) -> OrderPaymentStatus:
        """Where the order stands with its payment."""
        if self.refunds:
            whole = self.refunded == self.captured and not self.left
            return _S.refunded if whole else _S.partially_refunded
        if self.captures:
            if self.left:
                return _S.partially_paid
            return _S.partially_voided if self.voids else _S.paid
        if self.voids:
            return _S.partially_voided if self.left else _S.voided
        return _S.authorized if self.authorization else _S.unpaid


_S = OrderPaymentStatus


async def books_of(reader: Reader | Finder, order: Order) -> Books:
    """Return an order's books."""
    found = await transactions_by_order(reader, [order.id], EVERYTHING)
    done = [transaction for transaction in found if transaction.succeeded]

    def of(kind: TransactionKind) -> list[Transaction]:
        return [transaction for transaction in done if transaction.kind is kind]

    return Books(
        authorization=next(iter(of(TransactionKind.authorizations)), None),
        captures=of(TransactionKind.captures),
        voids=of(TransactionKind.voids),
        refunds=of(TransactionKind.refunds),
    )


def _sum(transactions: Iterable[Transaction]) -> int:
    return sum(transaction.amount_cents for transaction in transactions)
