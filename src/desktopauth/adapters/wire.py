"""A GET of the auth server without the SDK, for what it has no call for or would not ask in our way.

httpx's client makes the request but does not send it: it would log the whole address, and with it what is secret there.
"""

from __future__ import annotations

from collections.abc import Mapping

from .answers import Heard
from .transport import Ear, Route, call_client


async def get(
    route: Route, url: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Heard:
    """What came back for one request that is not followed, whatever it was. Never raises."""
    ear, error_name = Ear(route), ""
    async with call_client(ear) as client:
        try:
            asked = client.build_request("GET", url, params=dict(params or {}), headers=dict(headers or {}))
            await ear.handle_async_request(asked)
        except Exception as error:  # noqa: BLE001 - the ear heard what happened, whatever was raised
            error_name = type(error).__name__
    return ear.heard(error_name)
