"""A mailed code as people paste it: alone, in two halves, or in the sentence that it came in."""

from __future__ import annotations

import re

DIGITS = 6
_WHOLE = re.compile(r"(?<!\d)\d{3}[\s-]?\d{3}(?!\d)")


def six_digits(words: str) -> str:
    """The digits that are meant, six at most: those that stand together if there are such, else the first ones."""
    found = _WHOLE.search(words)
    return re.sub(r"\D", "", found.group() if found else words)[:DIGITS]
