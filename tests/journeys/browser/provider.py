"""The demo's provider with somebody else at its browser, or with nobody."""

from __future__ import annotations

from dataclasses import dataclass

from desktopauth.demo import provider

NAME = "<img src=x onerror=alert(1)> Lovelace"


@dataclass(frozen=True)
class Provider:
    """It knows nothing but the person who sits at the browser."""

    running: provider.Provider

    @property
    def url(self) -> str:
        return self.running.url

    def seat(self, email: str) -> None:
        """From now on this person is the one who is signed in there."""
        number = int.from_bytes(email.encode()) % 1_000_000_007
        self.running.seat({"id": number, "login": f"u{number}", "name": NAME, "email": email})

    def fall_ill(self) -> None:
        """From now on it lets people through, and does not say who they are."""
        self.running.seat({})
