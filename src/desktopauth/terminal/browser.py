"""Which program would open a web page: the very one that signing in would start, found without starting it."""

from __future__ import annotations

import os

from desktopauth.adapters.browser import Opener, first_opener, named_program
from desktopauth.terminal.findings import Finding, ok, warn

_ADVICE = "Signing in by e-mail works without one."


def examine_browser() -> Finding:
    """What is tried first, and whether it is what $BROWSER asks for."""
    opener = first_opener()
    if os.environ.get("BROWSER") and not (opener and opener.named):
        return _not_there(opener)
    if opener is None:
        advice = f"Install xdg-utils, or name a browser in BROWSER. {_ADVICE}"
        return warn("browser", "nothing here opens web pages", advice)
    return ok("browser", f"{opener.program} opens web pages{' (BROWSER names it)' if opener.named else ''}")


def _not_there(opener: Opener | None) -> Finding:
    missing = named_program() or "nothing that can be run"
    instead = f"; {opener.program} opens web pages instead" if opener else ""
    advice = "Name another one, or none." + ("" if opener else f" {_ADVICE}")
    return warn("browser", f"BROWSER names {missing}, which is not there{instead}", advice)
