"""Jobs: what is asked of a connection, and whoever is told what became of it."""

import asyncio
from typing import Any, Generic, Protocol, TypeVar

J = TypeVar("J")
J_co = TypeVar("J_co", covariant=True)


class Job(Protocol[J_co]):
    """Something that was asked for."""

    @property
    def asked(self) -> J_co:
        """What it was."""

    @property
    def withdrawn(self) -> bool:
        """Whether nobody waits for it any more; it may be asked on any thread."""

    def returned(self, result: Any, failure: BaseException | None) -> None:
        """Take what became of it: a result, or else the exception that it raised."""


def tell(job: Job[Any], result: Any, failure: BaseException | None) -> None:
    """Tell a job what became of it. Where it does not take that, it is no neighbour's fault."""
    try:
        job.returned(result, failure)
    except Exception as bug:  # noqa: BLE001  (whatever it is)
        said = {"message": "What became of a job was not taken.", "exception": bug}
        asyncio.get_running_loop().call_exception_handler(said)


class Awaited(Generic[J]):
    """A job that is waited for: whoever cancels its future stops waiting."""

    __slots__ = ("asked", "future")

    def __init__(self, asked: J, future: "asyncio.Future[Any]") -> None:
        self.asked = asked
        self.future = future

    @property
    def withdrawn(self) -> bool:
        """Whether nobody waits for it any more."""
        return self.future.cancelled()

    def returned(self, result: Any, failure: BaseException | None) -> None:
        """Hand it on."""
        if self.future.done():
            return
        if failure is None:
            self.future.set_result(result)
        else:
            self.future.set_exception(failure)
