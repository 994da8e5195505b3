"""Ids: ten letters, never the same twice, whoever draws them."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from store.events import SEQUENCES
from store.resources import new_id
from store.versions import version_id


def test_ids_are_ten_letters_and_no_two_are_alike() -> None:
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: new_id(), range(20_000)))

    assert len(set(drawn)) == len(drawn)
    assert all(len(id) == 10 and id.isascii() and id.isalpha() for id in drawn)
    assert len({id[0] for id in drawn}) == len({id[9] for id in drawn}) == 52


def test_versions_of_later_changes_have_ids_that_sort_later() -> None:
    now = 1_790_000_000_000 * SEQUENCES  # in milliseconds since 1970, some day in 2026
    positions = [*range(now, now + 200), now + SEQUENCES, now * 2, now * 4]

    ids = [version_id(position) for position in positions]

    assert ids == sorted(set(ids))
    assert all(len(id) == 11 and id.isascii() and id.isalpha() for id in ids)


FORKED = """
import os
from store.resources import new_id

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
