"""Which program would open a web page, found without opening one, without a screen and without Qt."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import webbrowser
from collections.abc import Mapping

from desktopauth.terminal.findings import Finding, ok, warn

_ADVICE = "Signing in by e-mail works without one."


def examine_browser(environ: Mapping[str, str] = os.environ) -> Finding:
    """``$BROWSER`` first, then the system's own opener, then what Python knows to look for."""
    if named := environ.get("BROWSER", ""):
        return _named(named)
    if opener := _opener():
        return ok("browser", f"{opener} opens web pages")
    return warn(
        "browser", "nothing here opens web pages", f"Install xdg-utils, or name a browser in BROWSER. {_ADVICE}"
    )


def _named(text: str) -> Finding:
    """A list of commands, as ``webbrowser`` and xdg-open read it; %s stands for the address."""
    programs = [_program(command) for command in text.split(os.pathsep)]
    if found := next((program for program in programs if program and shutil.which(program)), None):
        return ok("browser", f"{found} opens web pages (BROWSER names it)")
    missing = programs[0] or "nothing that can be run"
    return warn("browser", f"BROWSER names {missing}, which is not there", f"Name another one, or none. {_ADVICE}")


def _program(command: str) -> str:
    try:
        return next(iter(shlex.split(command)), "")
    except ValueError:  # a quote without its other half
        return ""


def _opener() -> str:
    if sys.platform == "win32":
        return "the system"
    if found := shutil.which("open" if sys.platform == "darwin" else "xdg-open"):
        return found
    try:
        return getattr(webbrowser.get(), "name", "") or "the system"
    except webbrowser.Error:
        return ""
