"""Addresses of a project and of its services, checked and brought into one spelling.

Whatever else lies in them (a key, a password, a page of the dashboard) is told in one sentence and goes nowhere.
Standard library only, as this runs before the first paint.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SERVICES = re.compile(r"/(?:auth|rest|storage|realtime|functions)/v1$")
_DASHBOARD = re.compile(r"/dashboard/project/([a-z0-9]{1,40})(?:/|$)")
_KEY_INSTEAD = ("sb_", "eyJ")
_PROJECT = "It looks like https://abcdefgh.supabase.co, or http://127.0.0.1:54321 on this machine."
_SERVICE = "It looks like https://example.com/path/v1, or http://127.0.0.1:54321/path/v1 on this machine."


def project_url(text: str) -> str:
    """The project's address in one spelling, so that it names one keyring entry. Raises ValueError with a sentence."""
    where = _checked(text, "The project's URL", _PROJECT)
    return _spelled(where, _SERVICES.sub("", where.path.rstrip("/")))


def service_url(text: str, name: str) -> str:
    """The address of one service (``auth``, ``rest`` ...), path included. Raises ValueError with a sentence.

    Realtime's may be given as wss:// (ws:// on this machine) and with ``/websocket`` at its end, as servers print it.
    """
    subject, path = f"The {name} URL", ""
    if name == "realtime":
        text = re.sub(r"^ws(?=s?://)", "http", text, flags=re.IGNORECASE)
        path = "/websocket"
    where = _checked(text, subject, _SERVICE)
    return _spelled(where, where.path.rstrip("/").removesuffix(path))


def _checked(text: str, subject: str, example: str) -> SplitResult:
    if text.startswith(_KEY_INSTEAD):
        raise ValueError(f"{subject} is a key. {example}")
    if any(ch.isspace() or not ch.isprintable() or ch in "\"'<>\\" for ch in text):
        raise ValueError(f"{subject} has spaces, quotes or other stray characters in it.")
    where = _split(text, subject, example)
    if where.username is not None or where.password is not None:
        raise ValueError(f"{subject} has a user name or password in it. Leave them out.")
    if where.query or where.fragment:
        raise ValueError(f"{subject} has a ? or # in it. Leave out everything from there on.")
    _refuse_dashboard(where, subject)
    if where.scheme == "http" and _host(where) not in _LOOPBACK:
        raise ValueError(f"{subject} begins with http://, which anybody on the way can read. Use https://.")
    return where


def _split(text: str, subject: str, example: str) -> SplitResult:
    try:
        where = urlsplit(text)
        port = where.port  # raises for what is no number
    except ValueError:
        raise ValueError(f"{subject} cannot be read. {example}") from None
    if where.scheme not in ("http", "https"):
        raise ValueError(f"{subject} must begin with https://. {example}")
    if not where.hostname or port == 0 or not re.fullmatch(r"[\w.:-]+", where.hostname):
        raise ValueError(f"{subject} names no server. {example}")
    return where


def _refuse_dashboard(where: SplitResult, subject: str) -> None:
    if where.hostname not in ("supabase.com", "www.supabase.com", "app.supabase.com"):
        return
    named = _DASHBOARD.match(where.path)
    own = f"https://{named.group(1)}.supabase.co" if named else "https://<project>.supabase.co"
    raise ValueError(f"{subject} is the dashboard's. The project's own address is {own}.")


def _host(where: SplitResult) -> str:
    return (where.hostname or "").lower()


def _spelled(where: SplitResult, path: str) -> str:
    host = f"[{_host(where)}]" if ":" in _host(where) else _host(where)
    usual = {"http": 80, "https": 443}[where.scheme]
    port = "" if where.port in (None, usual) else f":{where.port}"
    return f"{where.scheme}://{host}{port}{path.rstrip('/')}"
