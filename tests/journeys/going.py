"""Run as a program: the app with hands in its window, which says when the window was closed, and what it waits for.

LOOK_UPS=hang lets every look-up of a name block in its thread, as the system's resolver does when nobody answers it;
LOOK_UPS=/a/file is a resolver configuration that the system's own uses instead of its usual one (as root).
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from desktopauth.adapters.locks import FileLocks
from desktopauth.qt.shell import Shell
from tests.journeys import with_hands

_NEW_NAMESPACE, _BIND, _RECURSIVE, _PRIVATE = 0x00020000, 0x1000, 0x4000, 0x40000  # sched.h, sys/mount.h


def say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def before(kind: Any, name: str, do: Callable[..., None]) -> None:
    original = getattr(kind, name)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        do(*args)
        return original(*args, **kwargs)

    setattr(kind, name, wrapper)


def look_up(host: Any, *_: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name not in (None, "127.0.0.1", "::1", "localhost"):
        say(f"looking up {name}")
        if os.environ["LOOK_UPS"] == "hang":
            threading.Event().wait(60)


def resolve_by(file: str) -> None:
    """Put ``file`` in the place of the system's, for this process alone."""
    system = ctypes.CDLL(None, use_errno=True)
    here, there = file.encode(), b"/etc/resolv.conf"
    done = system.unshare(_NEW_NAMESPACE) or system.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
    if done or system.mount(os.path.realpath(here), os.path.realpath(there), None, _BIND, None):
        raise OSError(ctypes.get_errno(), "no namespace of its own")


def main() -> int:
    if os.environ.get("LOOK_UPS"):
        if os.environ["LOOK_UPS"] != "hang":
            resolve_by(os.environ["LOOK_UPS"])
        before(socket, "getaddrinfo", look_up)
    before(FileLocks, "refresh", lambda *_: say("asking for the refresh lock"))
    before(Shell, "closeEvent", lambda *_: say(f"closed at {time.monotonic()}"))
    return with_hands.main()


if __name__ == "__main__":
    sys.exit(main())
