"""One question to the auth server and its answer in our own models: what every verb of the gateway goes through.

The SDK, or a plain GET where it has no call, writes the request; the answer is read off the wire, and tells the time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.ports import WayBack

from . import answers
from .pool import Pool
from .wire import get

if TYPE_CHECKING:
    from .throwaway import Sdk, Use
    from .transport import Route

T = TypeVar("T")
Reader = Callable[[Mapping[str, Any]], T]
Observe = Callable[[float, float], None]

_log = logging.getLogger("desktopauth.gateway")


class Asking:
    """The auth server at ``url``, asked with the project's publishable ``key``.

    ``observe`` is told the server's time (seconds since the epoch) and the seconds that the answer took, for every
    answer whose ``Date`` can be believed.
    """

    def __init__(self, url: str, key: str, pool: Pool, *, observe: Observe) -> None:
        self._url, self._key, self._pool, self._observe = url.rstrip("/"), key, pool, observe
        self._sdk: Sdk | None = None
        self._believed = _authentic(url)

    async def _ask(
        self,
        call: str,
        reader: Reader[T],
        use: Use,
        token: str = "",
        *,
        invalid: ErrorKind | None = None,
        back: WayBack | None = None,
    ) -> T:
        """Let ``use`` make its one call of the SDK, as whoever ``token`` speaks for. Raises AuthError.

        ``invalid`` is the kind of a refusal that only says that something asked was not valid, where that depends on
        more than the call. ``back`` is where the link of a mail has to lead.
        """
        return self._read(call, await (await self._wire(call)).ask(use, token, back), reader, invalid)

    async def _look(self, call: str, path: str, reader: Reader[T]) -> T:
        """Read what anybody may read there, as an app with this key. Raises AuthError."""
        heard = await get(await self._route(call), f"{self._url}{path}", headers={"apikey": self._key})
        return self._read(call, heard, reader, None)

    def _read(self, call: str, heard: answers.Heard, reader: Reader[T], invalid: ErrorKind | None) -> T:
        match heard:
            case answers.Silence():
                _log.info("%s: no answer (%s)", call, heard.cause)
            case answers.Answer():
                self._tell_time(heard)
        return answers.read(call, heard, reader, invalid)

    async def _wire(self, call: str) -> Sdk:
        if self._sdk is None:
            route = await self._route(call)
            await asyncio.to_thread(warm)
            from .throwaway import Sdk

            self._sdk = Sdk(self._url, self._key, route)
        return self._sdk

    async def _route(self, call: str) -> Route:
        try:
            return await self._pool.open()
        except ValueError as error:
            _log.error("%s", error)
        raise AuthError(Problem(ErrorKind.MISUSE, call, Outcome.MISUSE))

    def _tell_time(self, answer: answers.Answer) -> None:
        moment = answers.server_time(answer) if self._believed else None
        if moment is not None:
            self._observe(moment, answer.took)


def warm() -> None:
    """Import what the first call needs, about 250 ms: for a worker thread, behind the first paint."""
    from . import throwaway  # noqa: F401


def _authentic(url: str) -> bool:
    """Whether nobody on the way can have written the answer: TLS, or never off this machine."""
    where = urlsplit(url)
    return where.scheme == "https" or where.hostname in ("127.0.0.1", "::1", "localhost")
