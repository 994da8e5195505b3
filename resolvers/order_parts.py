"""An order's lines and addresses: resources of their own that follow the order's snapshot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from resolvers.snapshots import Snapshot
from store.addresses import Address, AddressContent, addresses_by_id
from store.changes import Change, same
from store.database import Reader
from store.line_items import LineItem, LineItemContent, line_items_by_order
from store.orders import Order
from store.resources import content_of
from store.scope import EVERYTHING


@dataclass(frozen=True, slots=True)
class Parts:
    """The lines and addresses that an order has."""

    lines: Sequence[LineItem]
    billing_address: Address | None
    shipping_address: Address | None

    def say_the_same(self, snapshot: Snapshot) -> bool:
        """Whether a snapshot says of them what they are already."""
        lines = [content_of(LineItemContent, line) for line in self.lines]
        there = (lines, _content(self.billing_address), _content(self.shipping_address))
        said = (list(snapshot.lines), snapshot.billing_address, snapshot.shipping_address)
        return same(there, said)


NO_PARTS = Parts((), None, None)


def _content(address: Address | None) -> AddressContent | None:
    return None if address is None else content_of(AddressContent, address)


async def parts_of(reader: Reader, order: Order) -> Parts:
    """Return an order's lines, in their order, and its addresses."""
    ids = [key for key in (order.billing_address_id, order.shipping_address_id) if key]
    addresses = {address.id: address for address in await addresses_by_id(reader, ids, EVERYTHING)}
    return Parts(
        await line_items_by_order(reader, [order.id], EVERYTHING),
        addresses.get(order.billing_address_id or ""),
        addresses.get(order.shipping_address_id or ""),
    )


async def put_parts(change: Change, order: Order, snapshot: Snapshot, parts: Parts) -> None:
    """Make an order's lines and addresses what a snapshot says, keeping those it still has."""
    await _put_address(
        change, order, order.billing_address_id, parts.billing_address, snapshot.billing_address
    )
    await _put_address(
        change, order, order.shipping_address_id, parts.shipping_address, snapshot.shipping_address
    )
    kept = list(_matched(parts.lines, snapshot.lines))
    kept_ids = {line.id for line in kept if line is not None}
    for line in parts.lines:
        if line.id not in kept_ids:
            await change.save(line, None, "deleted")
    for position, (before, content) in enumerate(zip(kept, snapshot.lines, strict=True)):
        await _put_line(change, order, before, content, position)


async def _put_address(
    change: Change,
    order: Order,
    address_id: str | None,
    before: Address | None,
    content: AddressContent | None,
) -> None:
    if content is None or address_id is None:
        if before is not None:
            await change.save(before, None, "deleted")
        return
    if before is not None:
        await change.save(before, replace(before, **vars(content)), "updated")
        return
    address = Address(
        **vars(content),
        id=address_id,
        mode=order.mode,
        created_at=change.at,
        updated_at=change.at,
        order_id=order.id,
    )
    await change.save(None, address, "created")


async def _put_line(
    change: Change, order: Order, before: LineItem | None, content: LineItemContent, position: int
) -> None:
    currency = order.currency_code
    if before is not None:
        after = replace(before, **vars(content), currency_code=currency, position=position)
        await change.save(before, after, "updated")
        return
    line = LineItem(
        **vars(content),
        id=change.new_id(),
        mode=order.mode,
        created_at=change.at,
        updated_at=change.at,
        order_id=order.id,
        currency_code=currency,
        position=position,
    )
    await change.save(None, line, "created")


def _matched(
    lines: Sequence[LineItem], contents: Sequence[LineItemContent]
) -> Iterator[LineItem | None]:
    """Yield for each line of a snapshot the one that it was before: the same article or name."""
    left = list(lines)
    for content in contents:
        same = next((line for line in left if _identity(line) == _identity(content)), None)
        if same is not None:
            left.remove(same)
        yield same


def _identity(line: LineItemContent) -> tuple[str, str]:
    return line.item_type, line.reference or line.sku_code or line.name
