"""The console: what every command says, how it runs, and how it ends."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, NoReturn

import typer

from graph.logs.setup import configure_logs
from graph.settings import HalfConfigured, Settings, read_settings
from resolvers.errors import Problem
from store.locking import StoreInUse, StoreUnusable

JsonFlag = Annotated[
    bool, typer.Option("--json", help="Print one JSON object as the first line, for scripts.")
]


def settings_or_end() -> Settings:
    """Return the settings; where they are not complete, say what is missing and end."""
    try:
        settings = read_settings()
    except HalfConfigured as error:
        fail(f"klarna-graph is not configured yet.\n{error}")
    configure_logs(settings.log_level, settings.log_format)
    return settings


def stop_signal() -> asyncio.Event:
    """Return what is set by Ctrl-C, or by whoever runs the process and wants it to end."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    return stopped


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a command to its end; what it cannot do is said in one line, without a traceback."""
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(main)
    except KeyboardInterrupt:
        return
    except (HalfConfigured, StoreInUse, StoreUnusable, Problem, OSError) as error:
        fail(str(error))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the fastest event loop that there is for this machine."""
    try:
        import uvloop  # noqa: PLC0415  (there is none for every platform)
    except ImportError:
        return None
    return uvloop.new_event_loop


def say(text: str) -> None:
    """Print something at once: whoever waits for it may read from a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fail(text: str) -> NoReturn:
    """Say on standard error why a command fails, and end with status 1."""
    sys.stderr.write(f"{text}\n")
    raise SystemExit(1)
