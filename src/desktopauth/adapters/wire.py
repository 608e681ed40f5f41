"""A GET of the auth server without the SDK, for what it has no call for or would not ask in our way.

httpx's client makes the request but does not send it: it would log the whole address, and with it what is secret there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .answers import Heard

if TYPE_CHECKING:
    from .transport import Route


async def get(
    route: Route, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Heard:
    """What came back for one request that is not followed, whatever it was. Never raises."""
    await asyncio.to_thread(_warm)
    from .transport import Ear, call_client

    ear, error_name = Ear(route), ""
    async with call_client(ear) as client:
        try:
            fields = None if params is None else dict(params)  # httpx takes an empty one for "no query at all"
            await ear.handle_async_request(client.build_request("GET", url, params=fields, headers=headers))
        except Exception as error:  # noqa: BLE001 - the ear heard what happened, whatever was raised
            error_name = type(error).__name__
    return ear.heard(error_name)


def _warm() -> None:
    """Import what the first call needs, about 20 ms, which the event loop does not have."""
    from . import transport  # noqa: F401
