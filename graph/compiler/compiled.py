"""The compiled path: what is covered is answered in one statement, and all else is not answered."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Mapping
from typing import Any

import structlog
from graphql import DocumentNode, OperationDefinitionNode, OperationType
from strawberry import Schema

from graph.compiler.cache import Entry, Kept
from graph.compiler.changes import Change, Doing
from graph.compiler.coverage import NotCovered, Unusual
from graph.compiler.plan import Built, Plan, Ready
from graph.compiler.soundness import is_sound
from graph.compiler.variables import Values
from resolvers.context import Context
from resolvers.cursors import Cursors
from resolvers.errors import Fault
from store.database import StoreUnavailable

log = structlog.get_logger()


class Compiler:
    """Compiles operations, and keeps what it has compiled for the next request of its kind.

    Compiling is done on a thread, one operation at a time. Who asks first does not wait for it: an
    operation that is asked for once is planned, asked for again its statement is built, and from
    then on it is answered by that. With `eager` whoever asks first waits. `settle` is called when
    something was compiled, and nothing is being compiled.
    """

    def __init__(
        self, schema: Schema, *, eager: bool = False, settle: Callable[[], None] | None = None
    ) -> None:
        self._kept = Kept(schema)
        self._eager = eager
        self._settle = settle
        self._sound: bool | None = None
        self._under_way: asyncio.Task[None] | None = None
        self._what: object = None
        """What is being compiled: a branch of an entry, or a plan's statement for some shapes."""

    async def data(
        self,
        context: Context,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> bytes | None:
        """Return the `data` of a question as JSON, or None if the ordinary path is to answer.

        Only what has no errors is answered here; whatever fails, the ordinary path tells of.
        """
        if operation.operation is not OperationType.QUERY:
            return None
        if self._sound is None:
            self._sound = await is_sound(context.database)
        if not self._sound:
            return None
        entry = self._entry(context, document, operation)
        try:
            return await self._data(context, entry, entry.variables.read(variables))
        except (Unusual, Fault, StoreUnavailable):
            return None
        except Exception:  # a bug here must cost speed alone
            log.exception("compiled_path_failed")
            return None

    def ready(
        self,
        context: Context,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> Ready | Doing | None:
        """Return what is to be asked for a question's `data`, or what a change is to do.

        Only what is known without waiting; the ordinary path sees to all else.
        """
        if operation.operation is OperationType.QUERY and not self._sound:
            return None
        entry = self._entry(context, document, operation)
        try:
            values = entry.variables.read(variables)
            plan = entry.plans.get(entry.branch(values))
            if isinstance(plan, Change):
                return plan.asked(context, values)
            if not isinstance(plan, Plan):
                return None
            shapes, parameters = plan.put(context, values)
            built = plan.known(shapes)
            return built.ready(context, parameters) if isinstance(built, Built) else None
        except (Unusual, Fault):
            return None
        except Exception:  # likewise
            log.exception("compiled_path_failed")
            return None

    async def doing(
        self,
        context: Context,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> Doing | None:
        """Return what a change is to do, or None if the ordinary path is to do it.

        Nothing is done yet. Only a change that is compiled already is returned.
        """
        if operation.operation is not OperationType.MUTATION:
            return None
        entry = self._entry(context, document, operation)
        try:
            values = entry.variables.read(variables)
            branch = entry.branch(values)
            if branch not in entry.plans:
                await self._compiling((entry, branch), self._plan(entry, branch, values))
            plan = entry.plans.get(branch)
            return plan.asked(context, values) if isinstance(plan, Change) else None
        except Unusual:
            return None
        except Exception:  # likewise
            log.exception("compiled_path_failed")
            return None

    def _entry(
        self, context: Context, document: DocumentNode, operation: OperationDefinitionNode
    ) -> Entry:
        return self._kept.entry(document, operation, context.caller.kind, context.scope.reach)

    async def settled(self) -> None:
        """Wait until nothing is being compiled."""
        if self._under_way is not None:
            await self._under_way

    async def _data(self, context: Context, entry: Entry, values: Values) -> bytes | None:
        branch = entry.branch(values)
        if branch not in entry.plans:
            await self._compiling((entry, branch), self._plan(entry, branch, values))
        plan = entry.plans.get(branch)
        if not isinstance(plan, Plan):
            return None
        shapes, parameters = plan.put(context, values)
        built = plan.known(shapes)
        if built is None:
            work = self._build(plan, shapes, context.services.cursors)
            await self._compiling((plan, shapes), work)
            built = plan.known(shapes)
        if not isinstance(built, Built):
            return None
        ready = built.ready(context, parameters)
        return ready.data(await context.database.ask(ready.statement, ready.parameters))

    async def _compiling(self, what: object, work: Coroutine[Any, Any, None]) -> None:
        """Have something compiled, unless something else just is.

        Who asks for what is being compiled already waits for it: that is soon there, and where many
        ask for the same at once, answering each of them the ordinary way takes far longer.
        """
        if self._eager:
            await work
        elif self._under_way is None or self._under_way.done():
            self._what, self._under_way = what, asyncio.create_task(self._aside(work))
        else:
            work.close()
            if self._what == what:
                await asyncio.shield(self._under_way)

    async def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        await work
        if self._settle is not None:
            self._settle()

    async def _plan(self, entry: Entry, branch: Hashable, values: Values) -> None:
        plan: Plan | Change | NotCovered
        try:
            plan = await asyncio.to_thread(entry.plan, values)
        except Exception:  # likewise
            log.exception("compiled_path_failed")
            plan = NotCovered("Planning it failed.")
        entry.keep(branch, plan)

    async def _build(self, plan: Plan, shapes: tuple[Any, ...], cursors: Cursors) -> None:
        try:
            built = await asyncio.to_thread(plan.build, shapes, cursors)
        except Exception:  # likewise
            log.exception("compiled_path_failed")
            built = NotCovered("Building it failed.")
        plan.keep(shapes, built)
        self._kept.trim()
