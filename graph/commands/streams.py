"""The standard streams, where whoever starts a command has closed some of them."""

import os
import sys


def open_streams() -> None:
    """Have those that are closed lead nowhere.

    The next socket or file to be opened would take the place of one, and libuv ends a process that
    closes a socket there.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it takes the first place that is free
    sys.stdin = sys.stdin or os.fdopen(0)
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")
