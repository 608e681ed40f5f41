"""The one importer of ``supabase_auth``: an SDK client lives for one call and is thrown away whole.

The SDK writes the request; the answer is read off the wire. So nothing depends on how the SDK parses answers, names its
errors, or keeps, times and announces sessions.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from supabase_auth import AsyncGoTrueClient, AsyncSupportedStorage

from desktopauth.core.ports import WayBack

from .answers import Heard
from .transport import Ear, Route, call_client

Use = Callable[[Any], Awaitable[object]]

_SESSION = "session"
_NEVER = 2**53  # seconds: the SDK refreshes a stored session that looks expired, and only the keeper may decide that


class Tray(AsyncSupportedStorage):
    """What a throwaway client finds in its storage: the caller's access token, and never a refresh token.

    With a refresh token in reach the SDK would rotate it on its own account, whatever its settings say.
    """

    def __init__(self, token: str = "") -> None:
        self._session = _primed(token) if token else None

    async def get_item(self, key: str) -> str | None:
        return self._session if key == _SESSION else None

    async def set_item(self, key: str, value: str) -> None:
        """Drop it: what the SDK would keep is kept by nobody."""

    async def remove_item(self, key: str) -> None:
        if key == _SESSION:
            self._session = None


class Sdk:
    """Asks the auth server at ``url`` through throwaway clients; holds nothing of any call."""

    def __init__(self, url: str, key: str, pool: Route) -> None:
        self._url, self._pool = url, pool
        self._headers = {"apikey": key, "Authorization": f"Bearer {key}"}

    async def ask(self, use: Use, token: str = "", back: WayBack | None = None) -> Heard:
        """Let ``use`` make one call on a client that is primed with the access token; what came back on the wire.

        ``back`` is where the link of a mail has to lead.
        """
        ear, tray, sdk_error = Ear(self._pool, back), Tray(token), "nothing was sent"
        try:
            await use(self._client(tray, ear))
        except Exception as error:  # noqa: BLE001 - the boundary to the SDK: the ear heard what really happened
            sdk_error = type(error).__name__
        finally:
            # the client is a reference cycle, which outlives the call; the token need not
            await tray.remove_item(_SESSION)
        return ear.heard(sdk_error)

    def _client(self, tray: Tray, ear: Ear) -> AsyncGoTrueClient:
        return AsyncGoTrueClient(
            url=self._url,
            headers=self._headers,
            storage_key=_SESSION,
            storage=tray,
            flow_type="implicit",  # the SDK sends no challenge with mails either way; the tray keeps no verifier
            auto_refresh_token=False,
            http_client=call_client(ear),
        )


def _primed(token: str) -> str:
    nobody = {"id": "", "aud": "", "app_metadata": {}, "user_metadata": {}, "created_at": "1970-01-01T00:00:00Z"}
    session = {"access_token": token, "refresh_token": "-", "token_type": "bearer", "expires_in": 0}
    return json.dumps({**session, "expires_at": _NEVER, "user": nobody})
