"""Ask a project what anybody may ask it: how it is, and by which doors people come in. No token goes along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from .answers import Heard
from .pool import Pool
from .routes import named_proxy
from .transport import Ear, Route, call_client


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What came back for ``/settings`` and ``/health`` of the auth server."""

    settings: Heard
    health: Heard


async def inquire(url: str, key: str) -> Inquiry:
    """Ask the auth server at ``url`` both, one after the other; what goes wrong on the way is in the answer.

    Raises UnusableProxyError.
    """
    return Inquiry(*await ask([f"{url}/settings", f"{url}/health"], key))


async def ask(urls: Iterable[str], key: str) -> list[Heard]:
    """What each of them answers, whatever it is. Raises UnusableProxyError."""
    pool, asked = Pool(), list(urls)
    try:
        route = await pool.open(*asked)
        return [await _ask(route, url, key) for url in asked]
    finally:
        await pool.aclose()


async def _ask(route: Route, url: str, key: str) -> Heard:
    ear = Ear(route)
    async with call_client(ear) as client:
        try:
            await client.get(url, headers={"apikey": key})
        except Exception as error:  # noqa: BLE001 - the ear heard what happened, whatever the client calls it
            return ear.heard(type(error).__name__)
    return ear.heard("")


def proxy_for(url: str) -> str:
    """The proxy that the system names for ``url``, without its user and password; empty for none."""
    named = named_proxy(httpx.URL(url))
    proxy = urlsplit(named)
    return f"{proxy.scheme}://{proxy.netloc.rpartition('@')[2]}" if named else ""
