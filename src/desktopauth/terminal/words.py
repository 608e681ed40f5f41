"""The sentences of the terminal: what happened and what to do there, where no window stands beside them."""

from __future__ import annotations

import time

from desktopauth.core.errors import ErrorKind, Problem, VaultProblem

_VAULT = {
    VaultProblem.CORRUPT: (
        "What the keyring holds for this app can't be read. It was left as it is; "
        '"desktopauth --forget-session" removes it.'
    ),
    VaultProblem.DENIED: "The keyring said no to this program. Allow it there, then try again.",
    VaultProblem.FULL: "The keyring has no room for this. Its disk may be full.",
    VaultProblem.LOCKED: "The keyring is locked. Unlock it, for example by logging in to the desktop, then try again.",
    VaultProblem.OCCUPIED: "The keyring holds somebody else's session for this app. It was left as it is.",
    VaultProblem.TOO_LARGE: "The keyring can't take a session of this size.",
    VaultProblem.UNAVAILABLE: (
        "No keyring could be used here. Try again from a desktop session, where the system's keyring runs."
    ),
    VaultProblem.WAITING: "The keyring doesn't answer. It may be asking for its password in a window.",
}
_SERVER = {
    ErrorKind.BAD_KEY: "the project doesn't accept this app's key",
    ErrorKind.CAPTIVE_PORTAL: "this network wants you to sign in to it first",
    ErrorKind.KEYRING_SILENT: "the keyring doesn't answer",
    ErrorKind.MISUSE: "the request could not even be sent",
    ErrorKind.OFFLINE: "the server can't be reached",
    ErrorKind.RATE_LIMITED: "the server wants us to wait",
    ErrorKind.SERVER: "the server isn't answering properly",
    ErrorKind.UNTRUSTED_CERTIFICATE: "the server's certificate isn't trusted",
}


def vault_sentence(problem: VaultProblem) -> str:
    """Why the keyring could not be read, and what to do."""
    return _VAULT[problem]


def server_reason(problem: Problem) -> str:
    """Why the server was not asked successfully, to stand in the middle of a sentence."""
    return _SERVER.get(problem.kind, "the server said no")


def duration(seconds: float) -> str:
    """A length of time, rounded to what a person would say."""
    whole = int(abs(seconds))
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if whole >= size:
            return _counted(whole // size, name)
    return _counted(whole, "second")


def clock_time(moment: float) -> str:
    """A moment of this machine's clock, with its day if that is not today."""
    there = time.localtime(moment)
    today = time.localtime()[:3] == there[:3]
    return time.strftime("%H:%M" if today else "%Y-%m-%d %H:%M", there)


def printable(text: str) -> str:
    """Text from a server, without what would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _counted(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
