"""The load: so many connections, each asking again as soon as it was answered.

Run as a program of its own it reads one job as JSON and prints what came of it. It imports the
standard library alone, so that it starts at once and stays ahead of what it measures.
"""

import gc
import json
import select
import socket
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count, cycle
from pathlib import Path
from urllib.parse import urlsplit

NUMBER = "%%%%%%%%%%%%"
"""What stands in a body where each request is to have a number of its own."""
DIGITS = len(NUMBER)
LARGEST = 1 << 20
SILENCE = 30


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be asked of whom, and for how long."""

    url: str
    token: str
    bodies: str
    """A file of JSON documents, one a line; they are taken in turn."""
    connections: int
    seconds: float
    expects: str
    """What every right answer has in it."""
    answers: int = 1
    """How many answers to wait for, beyond `seconds` if it must be."""
    at_most: float = 30
    """How many seconds to wait for them."""
    first: int = 0
    """The first number of those that requests have of their own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. Latencies are in milliseconds."""

    answered: int
    wrong: int
    example: str
    """The beginning of one wrong answer."""
    in_time: int
    """How many were answered before the last `window` was over; the rest was only awaited."""
    window: float
    p50: float
    p99: float
    bytes: int
    busy: float
    """How much of the time this process was working: near 1 it measured itself."""

    @property
    def per_second(self) -> float:
        return self.in_time / self.window


class Connection:
    """One connection, with at most one request on its way."""

    __slots__ = ("asked_at", "parts", "size", "socket", "wanted")

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked_at = 0
        self.reset()

    def reset(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.wanted = 0

    def ask(self, request: bytes) -> None:
        self.asked_at = time.perf_counter_ns()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """Take what has come; the whole answer, once it is there."""
        data = self.socket.recv(LARGEST)
        if not data:
            raise ConnectionError("The server closed the connection.")
        self.parts.append(data)
        self.size += len(data)
        if not self.wanted:
            if len(self.parts) > 1:
                data = b"".join(self.parts)
            end = data.find(b"\r\n\r\n")
            if end < 0:
                return None
            self.wanted = end + 4 + _length(data[:end])
        if self.size < self.wanted:
            return None
        whole = data if len(self.parts) == 1 else b"".join(self.parts)
        self.reset()
        return whole


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    if not found:
        raise ConnectionError("The answer does not say how long it is.")
    return int(rest.partition(b"\r\n")[0])


def requests(job: Job) -> Iterator[bytes]:
    """Return the requests in turn, without end."""
    url = urlsplit(job.url)
    head = (
        f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {job.token}\r\nContent-Length: "
    )
    bodies = Path(job.bodies).read_bytes().splitlines()
    made = [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]
    mark = NUMBER.encode()
    if mark not in made[0]:
        return cycle(made)
    numbered = zip(cycle(made), count(job.first), strict=False)
    return (request.replace(mark, b"%0*d" % (DIGITS, number)) for request, number in numbered)


class Load:
    """Connections at work, and what came of it so far."""

    def __init__(self, job: Job) -> None:
        url = urlsplit(job.url)
        self._job = job
        self._source = requests(job)
        self._expects = job.expects.encode()
        made = [Connection(url.hostname or "", url.port or 80) for _ in range(job.connections)]
        self._lines = {line.socket.fileno(): line for line in made}
        self._poll = select.epoll()
        for number in self._lines:
            self._poll.register(number, select.EPOLLIN)
        self._latencies = array("q")
        self._wrong = 0
        self._example = ""
        self._bytes = 0

    def run(self) -> Outcome:
        """Ask for as long as the job says, then wait for the answers that are still to come."""
        job = self._job
        gc.collect()
        gc.disable()
        worked, begun = time.process_time(), time.perf_counter()
        end, last = begun + job.seconds, begun + max(job.seconds, job.at_most)
        for line in self._lines.values():
            line.ask(next(self._source))
        while (now := time.perf_counter()) < end or (
            len(self._latencies) < job.answers and now < last
        ):
            self._turn(asking=True)
        window = time.perf_counter() - begun
        busy = (time.process_time() - worked) / window
        in_time = len(self._latencies)
        while len(self._latencies) < in_time + job.connections:
            self._turn(asking=False)
        for line in self._lines.values():
            line.socket.close()
        taken = sorted(self._latencies)
        return Outcome(
            answered=len(taken),
            wrong=self._wrong,
            example=self._example,
            in_time=in_time,
            window=window,
            p50=_percentile(taken, 0.50),
            p99=_percentile(taken, 0.99),
            bytes=self._bytes,
            busy=busy,
        )

    def _turn(self, *, asking: bool) -> None:
        ready = self._poll.poll(SILENCE)
        if not ready:
            raise TimeoutError(f"The server has been silent for {SILENCE} seconds.")
        for number, _ in ready:
            line = self._lines[number]
            answer = line.receive()
            if answer is None:
                continue
            self._latencies.append(time.perf_counter_ns() - line.asked_at)
            if asking:
                line.ask(next(self._source))
            self._bytes += len(answer)
            right = answer.startswith(b"HTTP/1.1 200") and b'"errors":' not in answer
            if not right or self._expects not in answer:
                self._wrong += 1
                self._example = self._example or answer[:1000].decode(errors="replace")


def _percentile(ordered: Sequence[int], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(Load(Job(**json.load(sys.stdin))).run())))
