"""In the place of the SDK, which writes a request of ours and nothing else: the same requests, written by hand.

The answers are read by the product's own ``Ear``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import httpx

from desktopauth.adapters import transport
from desktopauth.adapters.transport import Ear
from tests.simulation.server import URL
from tests.simulation.wire import Way


class Wire:
    """In the place of ``throwaway.Sdk``: writes the requests that the SDK writes, onto the simulated way."""

    def __init__(self, way: Way, key: str) -> None:
        self._way, self._key = way, key
        self._timeouts = transport._TIMEOUT.as_dict()

    async def ask(self, use: Callable[[Any], Any], token: str = "", back: Any = None) -> Any:
        ear = Ear(self._way, back)
        cause = "nothing was sent"
        try:
            await use(self._sdk(ear, token))
        except httpx.HTTPError as error:
            cause = type(error).__name__
        return ear.heard(cause)

    def _sdk(self, ear: Ear, token: str) -> Any:
        async def send(method: str, path: str, body: Any = None, bearer: str = "") -> None:
            headers = {"apikey": self._key, "authorization": f"Bearer {bearer or self._key}"}
            timeouts = {"timeout": self._timeouts}
            request = httpx.Request(method, _url(path), headers=headers, json=body, extensions=timeouts)
            await ear.handle_async_request(request)

        return SimpleNamespace(
            sign_in_with_password=lambda who: send("POST", "/token?grant_type=password", who),
            refresh_session=lambda spent: send("POST", "/token?grant_type=refresh_token", {"refresh_token": spent}),
            get_user=lambda: send("GET", "/user", None, token),
            admin=SimpleNamespace(sign_out=lambda bearer, scope: send("POST", f"/logout?scope={scope}", None, bearer)),
        )


@cache
def _url(path: str) -> httpx.URL:
    return httpx.URL(f"{URL}{path}")
