"""The command as a process of its own: started, read, stopped or killed."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


async def start(*arguments: str, **environment: str) -> Process:
    """Start `klarna-graph` with its arguments and nothing but these KLARNA_GRAPH_* variables.

    What is logged is what is wrong, unless they say otherwise.
    """
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("KLARNA_GRAPH_")
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "graph",
        *arguments,
        stdout=PIPE,
        stderr=PIPE,
        env=inherited | {"KLARNA_GRAPH_LOG_LEVEL": "warning"} | environment,
    )


async def line(process: Process) -> str:
    """The next line of a process's output."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        found = await process.stdout.readline()
    if not found:
        assert process.stderr is not None
        raise AssertionError((await process.stderr.read()).decode())
    return found.decode().rstrip("\n")


async def stop(process: Process) -> tuple[int, str]:
    """Press Ctrl-C; how the process ended and what it complained of."""
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(20):
        _, complaints = await process.communicate()
    assert process.returncode is not None
    return process.returncode, complaints.decode()


@asynccontextmanager
async def started(*arguments: str, **environment: str) -> AsyncIterator[Process]:
    """Run a command until the context ends, whatever happens inside."""
    process = await start(*arguments, **environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ran(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run a command to its end: its status, its output and its complaints."""
    process = await start(*arguments, **environment)
    async with asyncio.timeout(60):
        output, complaints = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode(), complaints.decode()
