"""The tour's browser: what ``$BROWSER`` names there, and the person who presses Allow in it.

It is told the address of the provider's page in its arguments, as any browser is, and goes by HTTP where the redirects
lead: to the server, and back to the app. It says nothing of where it was.
"""

from __future__ import annotations

import time
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from desktopauth.adapters.browser import may_be_opened

NOD = "act-allow"  # the file by which the act says that it has looked at its window long enough
_PATIENCE = 30.0  # seconds
_LOOK = 0.02  # seconds between two looks


def allow(page: str, folder: Path) -> int:
    """Press Allow on ``page`` as soon as the act has left its nod in ``folder``; 0 if the way back was there too."""
    try:
        return 0 if may_be_opened(page) and _offers(page) and _nodded(folder / NOD) and _presses(page) else 1
    except OSError:  # nobody there, or an answer that is an error
        return 1


def _nodded(nod: Path) -> bool:
    deadline = time.monotonic() + _PATIENCE
    while not nod.exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK)
    nod.unlink()
    return True


def _offers(page: str) -> bool:
    return b'value="yes">Allow<' in _visit(page)


def _presses(page: str) -> bool:
    return bool(_visit(page, b"say=yes"))


def _visit(page: str, form: bytes | None = None) -> bytes:
    """What is read at the end of the way."""
    with build_opener(ProxyHandler({})).open(page, form, _PATIENCE) as answer:
        found: bytes = answer.read()
    return found
