"""This machine as a doctor sees it: certificates, keyring, the folders, a port on loopback, and a browser."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from desktopauth.adapters.entry import account_folder
from desktopauth.adapters.glance import look_at_keyring
from desktopauth.adapters.locks import FileLocks, LockBusyError
from desktopauth.adapters.paths import Profile
from desktopauth.adapters.pool import tls_context
from desktopauth.core.errors import VaultProblem
from desktopauth.terminal.browser import examine_browser
from desktopauth.terminal.findings import Finding, fail, ok, warn
from desktopauth.terminal.patience import in_time
from desktopauth.terminal.words import vault_sentence

_ANSWER = 10.0  # seconds for a keyring or a folder on a network


def examine_machine() -> Iterator[Finding]:
    """What is the same for every profile and project."""
    yield _roots()
    yield _keyring()
    yield _state_folder()
    yield _loopback()
    yield examine_browser()


def examine_profile(profile: Profile) -> Iterator[Finding]:
    """The profile's own folders."""
    yield _folder("profile", profile.folder)
    yield _folder("logs", profile.logs)


def _roots() -> Finding:
    context = tls_context()
    module = type(context).__module__
    if module.startswith("truststore"):
        return ok("certificates", "checked by the system")
    return ok("certificates", f"{context.cert_store_stats()['x509_ca']} roots of the system")


def _keyring() -> Finding:
    try:
        name, problem = in_time(look_at_keyring, _ANSWER)
    except TimeoutError:
        name, problem = "the system's keyring", VaultProblem.WAITING
    if problem is None:
        return ok("keyring", f"{name} is open")
    advice = "Until then a session ends when the app is closed."
    return warn("keyring", name, f"{vault_sentence(problem)} {advice}")


def _state_folder() -> Finding:
    try:
        folder = account_folder()
        in_time(lambda: _lock(folder), _ANSWER)
    except (TimeoutError, LockBusyError):
        return warn("state", "another program holds the lock", "Close other windows of the app, and try again.")
    except OSError as error:
        return fail("state", error.strerror or str(error), "Make the folder your own, on a disk of this machine.")
    return ok("state", f"{folder} is private, and can be locked")


def _lock(folder: Path) -> None:
    with FileLocks(folder, "").store(patience=5.0):
        pass


def _folder(subject: str, folder: Path) -> Finding:
    try:
        found = folder.stat()
    except FileNotFoundError:
        return ok(subject, f"{folder} will be made when it is needed")
    except OSError as error:
        return fail(subject, f"{folder}: {error.strerror}", "Make it readable for yourself.")
    if not stat.S_ISDIR(found.st_mode):
        return fail(subject, f"{folder} is no folder", "Move that file away.")
    if not os.access(folder, os.W_OK | os.X_OK):
        return fail(subject, f"{folder} can't be written to", "Make it your own.")
    if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o077:
        return warn(subject, f"others can look into {folder}", f"Close it to them: chmod 700 {folder}")
    return ok(subject, f"{folder} is private")


def _loopback() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            return ok("loopback", "a port of 127.0.0.1 can be opened")
    except OSError as error:
        return warn("loopback", f"no port of 127.0.0.1 can be opened: {error.strerror}", "Allow it in the firewall.")
