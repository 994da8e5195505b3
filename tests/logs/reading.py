"""Reading what was logged."""

from typing import Any

import orjson
import pytest

from graph.logs.output import flush_logs

Json = dict[str, Any]
Capture = pytest.CaptureFixture[str]


class Lines:
    """The lines that were logged since they were last looked at."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self.text = ""

    def all(self) -> list[Json]:
        """Every line, each of which must be one JSON object."""
        flush_logs()
        self.text = self._capture.readouterr().err
        return [orjson.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[Json]:
        """The lines of one kind."""
        return [line for line in self.all() if line["event"] == event]
