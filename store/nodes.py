"""Nodes: finding any resource by its id, whichever kind it is of."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import literal, select, union_all

from store.addresses import addresses_by_id
from store.database import Reader
from store.dialect import one_of
from store.events import events_by_id
from store.gateways import gateways_by_id
from store.line_items import line_items_by_id
from store.lookups import Lookup
from store.orders import orders_by_id
from store.payment_methods import payment_methods_by_id
from store.payments import payments_by_id
from store.rows import keys_text
from store.scope import Reach, Scope, visible
from store.statements import Statement
from store.transactions import TransactionKind, transactions_by_id
from store.versions import versions_by_id

NODES: dict[str, Lookup[Any]] = {
    lookup.column.table.name: lookup
    for lookup in (
        addresses_by_id,
        events_by_id,
        gateways_by_id,
        line_items_by_id,
        orders_by_id,
        payment_methods_by_id,
        payments_by_id,
        transactions_by_id,
        versions_by_id,
    )
}
"""Where each kind of resource is found by its id, by the name of its table."""


RESOURCES: dict[str, Lookup[Any]] = NODES | dict.fromkeys(TransactionKind, transactions_by_id)
"""Where a resource is found by its id, by what versions and events call its kind."""


async def kinds_by_id(reader: Reader, ids: Sequence[str], scope: Scope) -> dict[str, Lookup[Any]]:
    """Return where those of the ids are to be found that the scope shows, in one statement."""
    rows = await reader.rows(_kinds(scope.reach), keys=keys_text(ids), **scope.parameters)
    return {found: NODES[table] for found, table in rows}


@cache
def _kinds(reach: Reach) -> Statement:
    return Statement(
        union_all(
            *(
                select(lookup.column, literal(table)).where(
                    one_of(lookup.column, "keys"),
                    visible(lookup.column.table, reach, lookup.column),
                )
                for table, lookup in NODES.items()
            )
        )
    )
