"""Keyring classes that can be named in ``PYTHON_KEYRING_BACKEND``, and fail in the systems' own ways.

They keep what they hold for as long as this process lives, for every object of theirs.
"""

from __future__ import annotations

from tests.adapters.os_stores import WinError
from tests.plain_keyring import PlainKeyring


class InMemory(PlainKeyring):
    """Takes anything."""


class Tight(InMemory):
    """Takes as much as Credential Manager does in one entry, which is no session."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password.encode("utf-16-le")) > 2560:
            raise WinError(1783, "CredWrite")
        super().set_password(service, username, password)


class Crowded(InMemory):
    """As Credential Manager when all apps together have filled it."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise WinError(8, "CredWrite")


class WithoutLogon(InMemory):
    """As Credential Manager over a network logon, which keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise WinError(1312, "CredWrite")


class Closed(InMemory):
    """As a Keychain whose access list knows another program."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise _mac_error(-25293)


class Screenless(InMemory):
    """As a locked Keychain where no dialog can be shown, over SSH."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise _mac_error(-25308)


def _mac_error(status: int) -> Exception:
    kind = type("Error", (Exception,), {"__module__": "keyring.backends.macOS.api"})
    error: Exception = kind(status, "Unknown Error")
    return error
