"""Ids: ten letters, those of later hours sort later, none comes twice, whoever draws them."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from store.events import SEQUENCES
from store.ids import HOUR, IDS, id_of, in_letters, new_id, random_id

THEN = 1_790_000_000
"""Some day in 2026, in seconds since 1970."""


def test_ids_are_ten_letters_and_no_two_are_alike() -> None:
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: new_id(), range(2_000)))

    assert len(set(drawn)) == len(drawn)
    assert all(len(id) == 10 and id.isascii() and id.isalpha() for id in drawn)
    assert len({id[3] for id in drawn}) == len({id[9] for id in drawn}) == 52


def test_ids_of_later_hours_sort_later() -> None:
    hours = [THEN // HOUR + later for later in (0, 1, 2, 100, 10_000, 50_000)]

    firsts, lasts = [[id_of(hour, drawn) for hour in hours] for drawn in (0, IDS - 1)]

    assert firsts + lasts != sorted(firsts + lasts)
    assert [id for both in zip(firsts, lasts, strict=True) for id in both] == sorted(
        {*firsts, *lasts}
    )
    assert {len(id) for id in firsts + lasts} == {10}


def test_beginnings_come_again_once_all_were_used() -> None:
    hours = 52**3

    assert id_of(0, 0) == id_of(hours, 0) == "A" * 10
    assert id_of(hours - 1, IDS - 1) == id_of(2 * hours - 1, IDS - 1) == "z" * 10


def test_where_knowing_an_id_is_enough_all_its_letters_are_drawn() -> None:
    drawn = [random_id() for _ in range(2_000)]

    assert len(set(drawn)) == len(drawn)
    assert all(len(id) == 10 and id.isascii() and id.isalpha() for id in drawn)
    assert [len({id[place] for id in drawn}) for place in range(10)] == [52] * 10


def test_ids_drawn_now_are_of_this_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: float(THEN))

    assert new_id()[:3] == id_of(THEN // HOUR, 0)[:3] != id_of(THEN // HOUR + 1, 0)[:3]


def test_versions_of_later_changes_have_ids_that_sort_later() -> None:
    now = THEN * 1000 * SEQUENCES
    positions = [*range(now, now + 200), now + SEQUENCES, now * 2, now * 4]

    ids = [in_letters(position) for position in positions]

    assert ids == sorted(set(ids))
    assert all(len(id) == 11 and id.isascii() and id.isalpha() for id in ids)


FORKED = """
import os
from store.ids import new_id

new_id()
if os.fork() == 0:
    print(new_id(), flush=True)
    os._exit(0)
os.wait()
print(*(new_id() for _ in range(200)))
"""


def test_a_process_that_is_forked_draws_its_own() -> None:
    told = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, check=True, text=True
    )
    child, *parent = told.stdout.split()

    assert len(parent) == 200
    assert child not in parent
