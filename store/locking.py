"""One process to a database file: a lock file beside it says whose it is."""

from pathlib import Path

from filelock import FileLock, Timeout


class StoreInUse(Exception):
    """Another process has the database file open."""


class StoreUnusable(Exception):
    """A file that is no database of this gateway's, or cannot be opened."""


def lock(path: Path) -> FileLock:
    """Take the lock of a database file; the system lets go of it when the process ends.

    Two writers with checkpoints of their own can corrupt a write-ahead log before SQLite 3.51.3,
    and every assumption of the shared commit besides. Raises StoreInUse and StoreUnusable.
    """
    held = FileLock(f"{path.resolve()}.lock", blocking=False, thread_local=False)
    try:
        held.acquire()
    except Timeout:
        raise StoreInUse(
            f"{path} is open in another process. Stop that one first, or use its API."
        ) from None
    except OSError as error:
        raise StoreUnusable(f"{path} cannot be used as the database: {error}.") from error
    return held
