"""Findings: what somebody who looks after a gateway is told of it."""

from dataclasses import dataclass

from store.words import Word


class Health(Word):
    """Whether something needs a person."""

    ok = "ok", "All is well."
    note = "note", "Nothing is wrong, but a person should know of it."
    wrong = "wrong", "It does not work, or will not for long."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    """What was looked at: `Database`, or `Gateway Klarna EU`."""
    health: Health
    said: str
    """How it is, in a sentence that holds no secret."""
    advice: str | None = None
    """What to do about it."""


def fine(subject: str, said: str) -> Finding:
    """Return that something is well."""
    return Finding(subject, Health.ok, said)


def note(subject: str, said: str, advice: str | None = None) -> Finding:
    """Return what a person should know."""
    return Finding(subject, Health.note, said, advice)


def wrong(subject: str, said: str, advice: str) -> Finding:
    """Return what a person must mend."""
    return Finding(subject, Health.wrong, said, advice)
