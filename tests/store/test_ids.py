"""Ids: ten letters, never the same twice, whoever draws them."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from store.resources import new_id


def test_ids_are_ten_letters_and_no_two_are_alike() -> None:
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: new_id(), range(20_000)))

    assert len(set(drawn)) == len(drawn)
    assert all(len(id) == 10 and id.isascii() and id.isalpha() for id in drawn)
    assert len({id[0] for id in drawn}) == len({id[9] for id in drawn}) == 52


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
