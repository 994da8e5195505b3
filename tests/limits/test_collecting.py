"""Garbage collection: what is kept costs no pauses, and what is not kept is gone at once."""

import gc
from collections.abc import Iterator

import pytest

from graph import collecting
from graph.execution.limits import Limits
from graph.execution.reading import Shelf
from graph.schema import schema
from resolvers.idempotency.requests import Claim
from tests import documents
from tests.gateway import Gateway
from tests.keys.asking import SAVE

ROOM = 200
"""How much garbage others may make meanwhile."""


@pytest.fixture
def by_hand() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("by_hand")
def test_a_document_that_is_kept_no_more_leaves_no_garbage() -> None:
    shelf = Shelf(schema._schema, Limits(), closed=False)
    for number in range(20):
        shelf.read(f"{documents.ORDER}\n# {number}")
    gc.collect()
    kept = len(gc.get_objects())

    del shelf

    assert kept - len(gc.get_objects()) > 20 * 100
    assert gc.collect() < ROOM


@pytest.mark.usefixtures("by_hand")
async def test_a_change_under_a_key_leaves_no_garbage(gateway: Gateway) -> None:
    payment = await gateway.authorized()

    for number in range(20):  # the last ones are compiled
        await gateway.do(SAVE, id=payment["id"], authToken=f"token-{number}", key=f"save {number}")
        await gateway.do(SAVE, id=payment["id"], authToken="", key=f"refused {number}")

    claims = [one for one in gc.get_objects() if isinstance(one, Claim)]
    assert len(claims) <= 1  # the last one, which the writer's thread has until the next


def test_what_is_kept_is_looked_through_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MANY", 1_000)
    before = gc.get_threshold()
    kept = [[number] for number in range(50_000)]
    try:
        gc.collect()
        assert len(gc.get_objects(generation=2)) > len(kept)

        collecting.freeze_if_many()
        frozen = gc.get_freeze_count()
        collecting.freeze_if_many()

        assert frozen > len(kept)
        assert gc.get_threshold()[0] == collecting.MANY
        assert len(gc.get_objects(generation=2)) < len(kept)
        assert gc.get_freeze_count() <= frozen  # what nobody refers to any more is freed
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
