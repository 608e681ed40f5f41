"""What a doctor finds: a subject, how it is, what was seen, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How bad it is. Only FAIL keeps the app from working."""

    OK = "ok"
    NOTE = "note"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``advice`` says what to do, where there is something."""

    subject: str
    verdict: Verdict
    text: str
    advice: str = ""


def ok(subject: str, text: str) -> Finding:
    """All is well."""
    return Finding(subject, Verdict.OK, text)


def note(subject: str, text: str, advice: str = "") -> Finding:
    """It could not be looked at, or is worth knowing."""
    return Finding(subject, Verdict.NOTE, text, advice)


def warn(subject: str, text: str, advice: str) -> Finding:
    """The app works, and something of it does not."""
    return Finding(subject, Verdict.WARN, text, advice)


def fail(subject: str, text: str, advice: str) -> Finding:
    """The app cannot work like this."""
    return Finding(subject, Verdict.FAIL, text, advice)
