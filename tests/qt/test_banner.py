"""The line over the work: there while something is wrong, gone with it, and never a reason to leave the work."""

from __future__ import annotations

import pytest

from desktopauth.core.errors import VaultProblem
from desktopauth.core.state import Connection, Health, TokenHealth
from desktopauth.qt.messages import banner

OFFLINE, DEGRADED = Health(connection=Connection.OFFLINE), Health(connection=Connection.DEGRADED)


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (Health(), ""),
        (Health(TokenHealth.EXPIRED), ""),
        (OFFLINE, "Offline"),
        (DEGRADED, "still signed in"),
        (Health(memory_only=VaultProblem.LOCKED), "locked"),
        (Health(memory_only=VaultProblem.UNAVAILABLE), "signed out when you quit"),
        (Health(connection=Connection.OFFLINE, memory_only=VaultProblem.LOCKED), "Offline"),
    ],
)
def test_it_says_what_matters_most_and_nothing_when_all_is_well(health: Health, words: str) -> None:
    assert words in banner(health)
    assert bool(words) == bool(banner(health))
