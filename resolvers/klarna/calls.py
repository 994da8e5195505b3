"""The log of calls to Klarna: a line for each attempt, without what was sent or answered."""

from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from time import perf_counter

import structlog

from resolvers.klarna.errors import KlarnaProblem, Refused
from resolvers.klarna.replies import CORRELATION_ID, judge
from resolvers.klarna.transport import Reply

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CallLine:
    """One attempt at a call; what it is about is said by whoever wants it made."""

    gateway: str
    method: str
    endpoint: str
    """The endpoint's path with `{id}` in it: a token may stand there."""
    attempt: int

    async def told(self, sending: Awaitable[Reply], secrets: Collection[str] = ()) -> Reply:
        """Return the answer, and log the attempt. Raises KlarnaProblem, without these secrets."""
        begun = perf_counter()
        reply: Reply | None = None
        problem: KlarnaProblem | None = None
        try:
            reply = await sending
            return judge(reply, secrets)
        except KlarnaProblem as error:
            problem = error
            raise
        finally:
            expected = problem is None or isinstance(problem, Refused)
            (log.info if expected else log.warning)(
                "klarna_call",
                gateway=self.gateway,
                method=self.method,
                endpoint=self.endpoint,
                attempt=self.attempt,
                status=None if reply is None else reply.status,
                ms=round((perf_counter() - begun) * 1000, 2),
                correlation_id=None if reply is None else reply.headers.get(CORRELATION_ID),
                problem=None if problem is None else type(problem).__name__,
                klarna_code=problem.code if isinstance(problem, Refused) else None,
            )
