"""Logs: one line on standard error for each thing that happened, the libraries' warnings too."""

import asyncio
import logging
import sys
import threading
from typing import Any, Literal

import structlog

from graph.logs.lines import json_line, text_line
from graph.logs.output import OUTPUT

LogFormat = Literal["json", "text"]

log = structlog.get_logger()


def configure_logs(level: str, form: LogFormat = "json") -> None:
    """Log our own events from a level on, and what libraries warn of."""
    line = json_line if form == "json" else text_line
    OUTPUT.plain = form == "json" and level in ("debug", "info")
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, line],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: OUTPUT,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)


def log_unhandled(loop: asyncio.AbstractEventLoop) -> None:
    """Log what nobody catches: in the loop, in threads, and at the end of the program."""
    loop.set_exception_handler(_in_loop)
    threading.excepthook = _in_thread
    sys.excepthook = _at_the_end


class _Libraries(logging.Handler):
    """Hands on what libraries log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log a library's record as an event of ours."""
        error = record.exc_info[1] if record.exc_info else None
        said = record.getMessage()
        log.log(record.levelno, "library", logger=record.name, message=said, exc_info=error)


def _in_loop(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what a task or a callback raised that nobody waits for."""
    task = context.get("task") or context.get("future")
    name = (
        getattr(task.get_coro(), "__qualname__", None) if isinstance(task, asyncio.Task) else None
    )
    log.error("unhandled", message=context["message"], task=name, exc_info=context.get("exception"))


def _in_thread(failed: threading.ExceptHookArgs) -> None:
    name = failed.thread.name if failed.thread else None
    log.error("unhandled", thread=name, exc_info=failed.exc_value)


def _at_the_end(kind: type[BaseException], error: BaseException, traceback: Any) -> None:
    del traceback
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("crashed", exc_info=error)
