"""Plain HTTP clients for a developer's own API, signed at the origins that they name and nowhere else.

Origins are read strictly, and before anything is opened: what is not certain to be one gets a sentence and no token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from desktopauth.core.ports import Tokens

from .pool import Pool

if TYPE_CHECKING:
    from httpx import AsyncClient

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_EXAMPLE = "An origin looks like https://api.example.com, or http://127.0.0.1:8000 on this machine."


async def http_client(tokens: Tokens | None, origins: tuple[str, ...], *, pool: Pool) -> AsyncClient:
    """An ``httpx.AsyncClient`` that speaks at these origins for whoever ``tokens`` says; for nobody without ``tokens``.

    Closing it leaves the pool open. Raises ValueError for what is no origin, for none, and for a proxy that cannot be
    used (routes.UnusableProxyError).
    """
    if tokens is None:
        routes = await pool.open()
        from .transport import unsigned_client

        return unsigned_client(routes)
    if not origins:
        raise ValueError(f"Name the origins that the token may go to. {_EXAMPLE} For none, there is plain_http().")
    named = [check_origin(origin) for origin in origins]
    routes = await pool.open(*named)
    from .transport import signed_client

    return signed_client(routes, named, tokens)


def check_origin(text: str) -> str:
    """One origin in one spelling: https, or http on this machine; a host, perhaps a port. Raises ValueError."""
    where = _split(text)
    host = (where.hostname or "").lower()
    if where.username is not None or where.password is not None:
        raise ValueError(f"An origin has no user name or password in it. {_EXAMPLE}")
    if where.path not in ("", "/") or where.query or where.fragment:
        raise ValueError(f"An origin ends after the host and its port: leave out what follows. {_EXAMPLE}")
    if where.scheme == "http" and host not in _LOOPBACK:
        raise ValueError(f"http://{host} can be read by anybody on the way, and with it the token. Use https://.")
    bracketed = f"[{host}]" if ":" in host else host
    return f"{where.scheme}://{bracketed}" + (f":{where.port}" if where.port else "")


def _split(text: str) -> SplitResult:
    try:
        where = urlsplit(text)
        port = where.port  # raises for what is no number
    except ValueError:
        raise ValueError(f"This is no origin. {_EXAMPLE}") from None
    plain = all(ch.isprintable() and ch not in " \\\"'<>*" for ch in text)  # urlsplit leaves some of these out unasked
    named = bool(where.hostname and re.fullmatch(r"[\w.:-]+", where.hostname))
    if not plain or not named or port == 0 or where.scheme not in ("http", "https"):
        raise ValueError(f"This is no origin. {_EXAMPLE}")
    return where
