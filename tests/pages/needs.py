"""What a machine may lack: its tests are skipped there, and fail where `CI` is set."""

import os

import pytest


def need(present: object, reason: str) -> None:
    """Go on with the test if what it needs is present."""
    if not present and os.environ.get("CI"):
        pytest.fail(reason)
    if not present:
        pytest.skip(reason)
