"""Changing a store by hand: a change, and a gateway to save."""

from datetime import UTC, datetime

from store.changes import Change
from store.database import Transaction
from store.gateways import GatewayRegion, KlarnaGateway
from store.ids import new_id
from store.instants import instant
from store.scope import Mode

NOW = instant(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


def change(transaction: Transaction) -> Change:
    return Change(transaction, {"application": {"id": "tests"}}, NOW, new_id)


def gateway(name: str = "Klarna") -> KlarnaGateway:
    return KlarnaGateway(
        id=new_id(),
        mode=Mode.test,
        created_at=NOW,
        updated_at=NOW,
        name=name,
        country_code=GatewayRegion.EU,
        credentials="v1.k1.sealed",
        credential_keys={"api_key": "********12345"},
    )
