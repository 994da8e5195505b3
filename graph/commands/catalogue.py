"""The catalogue of codes: what each says that a caller can read, and what to do about it."""

from collections.abc import Iterable

from resolvers.codes import Code, ErrorCode, RefusalCode


def errors_table() -> str:
    """Return all codes as the tables that the README shows."""
    return f"""\
In a `Refusal`, as data:

{_table(RefusalCode)}
In `extensions.code` of an error:

{_table(ErrorCode)}"""


def errors_text() -> str:
    """Return all codes for a person at a terminal."""
    return "\n".join(
        f"{code}\n  {code.meaning}\n  {code.advice}" for code in (*RefusalCode, *ErrorCode)
    )


def _table(codes: Iterable[Code]) -> str:
    rows = ["| code | what happened | what to do |", "|---|---|---|"]
    rows += [f"| `{code}` | {code.meaning} | {code.advice} |" for code in codes]
    return "\n".join(rows) + "\n"
