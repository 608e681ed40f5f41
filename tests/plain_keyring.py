"""A keyring back end that keeps everything in this process: as good as a system's own, and much faster."""

from __future__ import annotations

from typing import ClassVar

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class PlainKeyring(KeyringBackend):
    """``held`` is for all of them: one is made for every copy of the app."""

    priority = 0.1
    held: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.held.pop((service, username), None) is None:
            raise PasswordDeleteError("nothing there")


NAME = f"{__name__}.{PlainKeyring.__qualname__}"
