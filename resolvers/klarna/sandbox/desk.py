"""The way of a merchant's call: who calls, is it too much, does it fail, is it a repetition."""

from collections import deque
from datetime import datetime, timedelta

from resolvers.klarna.sandbox import limits
from resolvers.klarna.sandbox.calls import Call, Handler
from resolvers.klarna.sandbox.errors import KlarnaError, error_reply, gateway_reply
from resolvers.klarna.sandbox.exchanges import Exchange, Visit, exchanges
from resolvers.klarna.sandbox.faults import Fault, Faults
from resolvers.klarna.sandbox.idempotency import Replays
from resolvers.klarna.sandbox.klarna import Klarna
from resolvers.klarna.sandbox.limits import Limits
from resolvers.klarna.sandbox.merchants import Account, Merchants, account, addressed
from resolvers.klarna.sandbox.messages import CORRELATION_ID, IDEMPOTENCY_KEY, Reply, Request
from resolvers.klarna.sandbox.routes import Route
from resolvers.klarna.sandbox.world import World


class Desk:
    """Receives merchants' calls, has them answered, and keeps the record."""

    def __init__(self, world: World, merchants: Merchants, klarna: Klarna) -> None:
        self._world = world
        self._merchants = merchants
        self._klarna = klarna
        self._limits = Limits()
        self._replays = Replays()
        self._on_their_way: dict[str, tuple[Account, str]] = {}
        self.faults = Faults()
        self.exchanges: deque[Exchange] = exchanges()

    def answer(self, request: Request, now: datetime) -> Reply:
        """Answer a call. Every answer carries a correlation id, errors also in their body."""
        visit = Visit(request, now, self._world.fresh_id())
        try:
            reply = self._served(visit)
        except KlarnaError as error:
            reply = error.reply(visit.correlation_id)
        reply = reply.with_headers({CORRELATION_ID: visit.correlation_id, **visit.headers})
        self.exchanges.append(Exchange(visit, reply))
        return reply

    def arrived(self, reply: Reply) -> None:
        """Take note that a delayed answer has arrived, so that its key is no longer busy."""
        held = self._on_their_way.pop(reply.header(CORRELATION_ID) or "", None)
        if held:
            self._replays.release(*held)

    def _served(self, visit: Visit) -> Reply:
        request = visit.request
        address = addressed(request.segments)
        if address is None:
            raise KlarnaError(404, "NOT_FOUND", "Not found")
        credential = self._merchants.find(request.header("Authorization"), address)
        if credential is None:
            return self._unauthorized(visit.correlation_id)
        visit.account = account(credential, address)
        if not credential.active:
            raise KlarnaError(403, "MERCHANT_INACTIVE", "Merchant is not active")
        route, parts = self._klarna.routes.find(request.method, address.segments)
        visit.operation = route.operation
        self._limit(visit, visit.account, route.operation)
        call = Call(
            account=visit.account,
            at=visit.at,
            correlation_id=visit.correlation_id,
            origin=request.origin,
            prefix=address.prefix,
            parts=parts,
            content=request.body,
            key=request.header(IDEMPOTENCY_KEY) or None,
        )
        return self._with_faults(route, call)

    def _unauthorized(self, correlation_id: str) -> Reply:
        if self._world.options.unauthorized_shape == "error_code":
            reply = error_reply(401, "UNAUTHORIZED", ["Unauthorized"], correlation_id)
        else:
            message = "The credentials are missing, wrong, or not for this region."
            reply = gateway_reply(401, "Unauthorized", message, correlation_id)
        return reply.with_headers({"WWW-Authenticate": 'Basic realm="Klarna"'})

    def _limit(self, visit: Visit, owner: Account, operation: str) -> None:
        """Raise if the call is one too many, or too large."""
        if self._world.options.rate_limits:
            quota = self._limits.count(owner, operation, visit.at)
            visit.headers = quota.headers
            if quota.exceeded:
                raise limits.too_many_requests()
        if len(visit.request.body) > limits.MAX_BODY:
            raise limits.too_large()

    def _with_faults(self, route: Route[Handler], call: Call) -> Reply:
        fault = self.faults.take(route.operation)
        if fault is None:
            return self._once(route, call, None)
        reply = self._once(route, call, fault) if fault.takes_effect else None
        return fault.bend(reply, call.correlation_id)

    def _once(self, route: Route[Handler], call: Call, fault: Fault | None) -> Reply:
        """Answer a call, or give the first answer to its key again."""
        if not (call.key and self._honours_keys(route)):
            return _run(route, call)
        reply = self._replays.find(call.account, call.key, call.at)
        if reply is None:
            reply = _run(route, call)
            self._replays.keep(call.account, call.key, reply, call.at)
            if fault and fault.delay:
                until = call.at + timedelta(seconds=fault.delay)
                self._replays.hold(call.account, call.key, until)
                self._on_their_way[call.correlation_id] = (call.account, call.key)
        return reply

    def _honours_keys(self, route: Route[Handler]) -> bool:
        if route.method == "GET":
            return False
        payments = route.pattern.startswith("payments")
        return not payments or self._world.options.payments_idempotency


def _run(route: Route[Handler], call: Call) -> Reply:
    try:
        reply = route.handler(call)
    except KlarnaError as error:
        reply = error.reply(call.correlation_id)
    return reply.with_headers({CORRELATION_ID: call.correlation_id})
