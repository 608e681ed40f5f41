"""One session of the server, from the sign-in that made it on, as the world knows it.

It may end by the person's word, by the server's, or by another sign-in in its place; any other end is a loss.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Stay:
    """One session: its refresh tokens in order, which of them were stored, and which the keyring would not take."""

    number: int
    session_id: str
    tokens: list[str] = field(default_factory=list)
    saved: set[str] = field(default_factory=set)
    unwelcome: set[str] = field(default_factory=set)
    ended: str = ""  # user | leaving | server | replaced | lost | over
    revoked: bool = False

    @property
    def excluded(self) -> bool:
        """Whether the keyring refused both of the last two rotations: then nobody could have kept it."""
        last = self.tokens[1:][-2:]
        return len(last) == 2 and all(token in self.unwelcome and token not in self.saved for token in last)

    def stored_in(self, token: str | None) -> None:
        if token in self.tokens:
            self.saved.add(str(token))
