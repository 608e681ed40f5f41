"""What an app does with a session once it is there: its tokens, by hand or through clients that carry them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from .errors import DOUBTS, AuthError, missing
from .events import AuthEvent, EventBus, Subscription
from .keeper import Keeper
from .models import Session, User
from .parts import Parts
from .ports import DataClient, HttpClient
from .tasks import Tasks
from .tokens import LiveTokens

T = TypeVar("T")


class Access:
    """The half of ``Auth`` that needs no window: the session as it is now, and the clients that speak for it."""

    def __init__(
        self, keeper: Keeper, bus: EventBus, parts: Parts, tasks: Tasks, data: DataClient, http: HttpClient
    ) -> None:
        self._keeper, self._bus, self._gateway, self._spawn = keeper, bus, parts.gateway, tasks.spawn
        self._tokens = LiveTokens(keeper, parts, tasks.spawn)
        self._data, self._http = data, http
        self._client: asyncio.Task[Any] | None = None

    async def access_token(self, min_validity: float = 0.0) -> str | None:
        """The live access token, good for ``min_validity`` seconds at least if the server gives such; or None.

        For what needs one by hand, such as a WebSocket of your own. Raises AuthError when it has expired and cannot be
        refreshed now, and while somebody is asked in again.
        """
        return await self._tokens.access_token(min_validity)

    async def refresh(self) -> None:
        """Refresh now, once for all who ask. Raises AuthError."""
        await self._keeper.refresh()

    # ---- the session by hand, in supabase's own names

    def get_session(self) -> Session | None:
        """The session in memory, whatever its age. Never touches the network or the keyring."""
        return self._keeper.session

    async def refresh_session(self) -> Session:
        """Refresh now, once for all who ask, and the new session. Raises AuthError, SESSION_MISSING for nobody."""
        await self._keeper.refresh()
        return self._there("refresh_session")

    async def get_user(self) -> User:
        """The person as the server knows them now. Raises AuthError, SESSION_MISSING for nobody.

        If the server says that the session is gone, a refresh finds out at once whether it really is.
        """
        return await self._in_person("get_user", self._gateway.user)

    def on_auth_state_change(self, callback: Callable[[AuthEvent, Session | None], None]) -> Subscription:
        """``callback(event, session)`` for every event, INITIAL_SESSION first; ``unsubscribe()`` ends it."""
        return self._bus.subscribe(lambda change: callback(change.event, self._keeper.session))

    async def _in_person(self, call: str, ask: Callable[[str], Awaitable[T]]) -> T:
        """``ask`` with the live access token. Raises AuthError, SESSION_MISSING for nobody."""
        token = await self.access_token()
        if token is None:
            raise missing(call)
        try:
            return await ask(token)
        except AuthError as error:
            if error.problem.code in DOUBTS:
                self._spawn(self._keeper.refresh())
            raise

    def _there(self, call: str) -> Session:
        if session := self._keeper.session:
            return session
        raise missing(call)

    async def supabase(self) -> Any:
        """The stock ``supabase.AsyncClient`` of this project, which always carries the live token; one for all."""
        if self._client is None or (self._client.done() and (self._client.cancelled() or self._client.exception())):
            self._client = self._spawn(_awaited(self._data(self._tokens)))
        return await asyncio.shield(self._client)

    async def http(self, *origins: str) -> Any:
        """A plain ``httpx.AsyncClient`` for your own API, which carries the live token to exactly these origins.

        Origins are ``https://host[:port]``, or http on this machine. An Authorization of your own is left alone. A
        token that is refused as stale is renewed and the request sent once more. Raises ValueError for no origin.
        """
        return await self._http(self._tokens, origins)

    async def plain_http(self) -> Any:
        """The same, with no token to anywhere. Both end with ``Auth``, and keep no cookies."""
        return await self._http(None, ())


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work
