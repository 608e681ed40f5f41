"""The one importer of ``supabase``: the stock client for data, over our own transport.

Developers get the client they know; who is signed in stays with ``Auth`` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from desktopauth.core.ports import Tokens

from .bridge import Bridge
from .config import Config, Service
from .pool import Pool

if TYPE_CHECKING:
    from supabase import AsyncClient

    from .realtime import LiveRealtime

_SIGNED: tuple[Service, ...] = ("rest", "storage", "functions")
_SENTENCE = (
    "The data client does not sign anybody in or out. Use the commands of desktopauth's Auth: "
    "the client follows whoever is signed in there."
)


class NoAuthHereError(RuntimeError):
    """Raised by ``.auth`` of the data client: a sign-in there would put a session in that nobody keeps or clears."""


async def supabase_client(tokens: Tokens, config: Config, *, pool: Pool, bridge: Bridge | None = None) -> AsyncClient:
    """A ``supabase.AsyncClient`` that speaks for whoever ``tokens`` says; the import (300-400 ms) runs in a thread.

    The token goes to the origins of the configured REST, storage and functions addresses, and over ``bridge`` to
    Realtime's. Its ``auth`` raises NoAuthHereError. Raises routes.UnusableProxyError.
    """
    signed = [config.address(name) for name in _SIGNED]
    routes = await pool.open(*signed)
    make = await asyncio.to_thread(_client_class)
    from supabase import AsyncClientOptions

    from .transport import data_client

    http = data_client(routes, signed, config.key, tokens)
    options = AsyncClientOptions(httpx_client=http, auto_refresh_token=False, persist_session=False)
    loop = asyncio.get_running_loop()
    client: AsyncClient = make(
        lambda live: bridge.begin(live, tokens, loop) if bridge else None, config.url, config.key, options
    )
    url = type(client.rest_url)  # of yarl, as the SDK makes them
    client.rest_url, client.functions_url = url(config.address("rest")), url(config.address("functions"))
    client.storage_url = url(f"{config.address('storage')}/")
    client.realtime = _realtime(config)
    return client


def _realtime(config: Config) -> LiveRealtime:
    from .realtime import LiveRealtime

    return LiveRealtime(config.address("realtime"), config.key)


def warm() -> None:
    """Import what the first client needs, 300-400 ms: for a worker thread."""
    _client_class()


def _client_class() -> Any:
    """A subclass whose ``auth`` holds only while the constructor runs, and whose ``realtime`` says when it is used."""
    from supabase import AsyncClient

    class DataClient(AsyncClient):
        _opening: Any = None

        def __init__(self, used: Callable[[LiveRealtime], None], *args: Any) -> None:
            super().__init__(*args)
            self._opening, self._used = None, used

        @property
        def auth(self) -> Any:
            if self._opening is None:
                raise NoAuthHereError(_SENTENCE)
            return self._opening

        @auth.setter
        def auth(self, made: Any) -> None:
            self._opening = made

        @property
        def realtime(self) -> Any:
            self._used(self._socket)
            return self._socket

        @realtime.setter
        def realtime(self, made: Any) -> None:
            self._socket = made

    return DataClient
