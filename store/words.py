"""Enumerations whose every value says what it means."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A word out of a closed set: declared as `name = "value", "What it means."`."""

    doc: str

    def __new__(cls, value: str, doc: str = "") -> Self:
        """Make a word that knows its meaning."""
        word = str.__new__(cls, value)
        word._value_ = value
        word.doc = doc
        return word

    __hash__ = str.__hash__
    """As equal as it is to its value; an enumeration's own is written in Python, and slow."""
