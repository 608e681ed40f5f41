"""What counts as an e-mail address."""

from __future__ import annotations

import re

from tests.double.errors import bad_request

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def address(given: object) -> str:
    """The address as the server keeps it. Raises ``Refusal``."""
    if not isinstance(given, str) or not _ADDRESS.fullmatch(given):
        raise bad_request("validation_failed", "Unable to validate email address: invalid format")
    return given.lower()
