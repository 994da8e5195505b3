"""How long the loop was kept busy, by the processor's own clock."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """Measure how long, in the processor's time, the loop was busy between two of its rounds."""
    gaps: list[float] = [0.0]

    async def beat() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            gaps.append(now - last)
            last = now

    task = asyncio.create_task(beat())
    try:
        yield gaps
    finally:
        task.cancel()
        await asyncio.wait([task])
