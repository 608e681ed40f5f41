"""What the core needs of the outside world, as Protocols: server, keyring, locks, clock.

Everything behind them can be replaced by a small adapter, and in tests by a real part on loopback.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from .errors import VaultProblem
from .models import Exchanged, Project, ProviderTokens, Session, User, UserChange

if TYPE_CHECKING:  # the window paints before anything of asyncio is imported
    from asyncio import Event, Task

Scope = Literal["local", "others", "global"]
Mail = Literal["email", "recovery", "email_change", "phone_change"]  # what a code was sent for; sign-ins are "email"
Spawn = Callable[[Coroutine[Any, Any, Any]], "Task[Any]"]  # begins a task that ends with its owner


@dataclass(frozen=True, slots=True)
class Found:
    """A stored session's text and its generation (a number that rises with every save)."""

    text: str = field(repr=False)
    generation: int


@dataclass(frozen=True, slots=True)
class Absent:
    """Read, and nothing there: the only outcome that means "nobody is signed in"."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Not readable now, which says nothing about whether somebody is signed in."""

    problem: VaultProblem


@dataclass(frozen=True, slots=True)
class Saved:
    """Stored, as this generation."""

    generation: int


@dataclass(frozen=True, slots=True)
class Superseded:
    """Not saved, because the stored generation is not the one this save was based on, or the session is tombstoned."""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Not saved; what was stored before is untouched."""

    problem: VaultProblem


Stored = Found | Absent | Unread
Kept = Saved | Superseded | Unsaved


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where the link of a mail leads in the end, in place of the project's own site, with a code for one exchange.

    ``redirect_to`` is a receiver's address, and secret; ``challenge`` a proof's (RFC 7636).
    """

    redirect_to: str = field(repr=False)
    challenge: str


class Gateway(Protocol):
    """One call, one request, nothing kept between two calls. Every method raises AuthError and nothing else.

    ``back`` is where the link of the mail is to lead; None: to the project's own site.
    """

    async def sign_up(self, email: str, password: str, *, back: WayBack | None = None) -> Session | None:
        """Create an account. None: the server wants the address confirmed by the code that it mailed."""

    async def sign_in(self, email: str, password: str) -> Session: ...

    async def resend_confirmation(self, email: str, *, back: WayBack | None = None) -> None:
        """Mail another code to an address that is not confirmed yet."""

    async def send_code(self, to: str, *, create: bool, back: WayBack | None = None) -> None:
        """Send a sign-in code to an e-mail address or a phone number (E.164); ``create``: to an unknown one as well."""

    async def recover(self, email: str, *, back: WayBack | None = None) -> None:
        """Mail a code to who has forgotten the password. Says the same whether the address is known or not."""

    async def verify(self, to: str, code: str, mail: Mail = "email") -> Session | None:
        """Redeem a six-digit code. None: it was the first of the two that a change of address asks for."""

    async def exchange(self, code: str, verifier: str) -> Exchanged:
        """Redeem what a browser brought back, once (RFC 7636 §4.5): a lost answer cannot be asked for again."""

    async def sign_in_with_id_token(
        self, provider: str, id_token: str, *, access_token: str = "", nonce: str = ""
    ) -> Session:
        """With a token of OpenID Connect that the app got itself; ``nonce`` as it was before hashing."""

    async def authorize(
        self, provider: str, *, redirect_to: str, challenge: str, scopes: str, options: Mapping[str, str]
    ) -> str:
        """The address of the provider's own page for one attempt, asked before any browser opens."""

    async def project(self) -> Project:
        """What the server says it offers."""

    async def update_user(self, access_token: str, change: UserChange) -> User:
        """Change what belongs to the person; CURRENT_PASSWORD_WANTED and REAUTHENTICATION_WANTED ask for more first."""

    async def reauthenticate(self, access_token: str) -> None:
        """Send the person a code that proves them anew, for ``UserChange.nonce``."""

    async def refresh(self, refresh_token: str) -> Session: ...

    async def user(self, access_token: str) -> User: ...

    async def sign_out(self, access_token: str, scope: Scope) -> None:
        """Revoke on the server. A session that is already gone counts as revoked."""


class Vault(Protocol):
    """The one stored session of this entry. Calls queue up on one thread and never raise.

    ``quiet``: not at the price of a prompt; a keyring that would have to ask first counts as locked.
    """

    async def load(self, *, quiet: bool = False) -> Stored: ...

    async def save(self, text: str, *, session_id: str, over: int | None, quiet: bool = False) -> Kept:
        """Store ``text``, never for a tombstoned id. With ``over``: unless some copy has stored or cleared since.

        What is older than that generation, or gone without a sign-out, was brought about from outside, by a backup or
        an emptied keyring, and is no reason to lose a session.
        """

    async def clear(self, *, session_id: str | None = None) -> VaultProblem | None:
        """Remove what is stored and read back that it is gone. None: it is.

        With ``session_id`` only that session: what a sibling has stored since for somebody else stays.
        """

    def stamp(self) -> object:
        """What differs whenever some copy of the app has stored or cleared anything. Cheap: asks no keyring."""

    @property
    def asking(self) -> bool:
        """Whether what takes so long is the person, before a prompt, and not the keyring at its work."""

    @property
    def place(self) -> str:
        """Where a session is kept, in the system's own name ("GNOME Keyring ...", "memory")."""


class ProviderVault(Protocol):
    """What providers gave for their own APIs, of one session at a time, under the vault's rules. Never raises.

    The vault's own ``clear``, and the save of a new sign-in, take them along.
    """

    async def load(self, *, session_id: str) -> Mapping[str, ProviderTokens] | None:
        """By provider; empty if there are none of this session. None: not readable now."""

    async def save(self, tokens: Mapping[str, ProviderTokens], *, session_id: str) -> VaultProblem | None:
        """Take the place of whatever is stored, beside this session; while that is not stored itself, they wait."""


class Tombstones(Protocol):
    """Marks of sessions that were signed out, on disk before anything slow happens; no secret in them.

    Every method raises OSError when the disk refuses.
    """

    def lay(self, session_id: str) -> None: ...

    def covers(self, session_id: str) -> bool: ...

    def lift(self, session_id: str) -> None: ...

    def owe(self, session_id: str) -> None:
        """Note that the server has still to be told of this sign-out."""

    def owed(self) -> bool:
        """Whether it was never told of some sign-out."""

    def paid(self, session_id: str) -> None: ...

    def forgive(self) -> None:
        """Drop these notes: the person was told."""


class Locks(Protocol):
    """What keeps copies of the app apart."""

    def refresh(self) -> AbstractAsyncContextManager[None]:
        """The refresh lock of this entry, across processes: held over re-read, request and save.

        Entering raises OSError where the disk has no locks, or its folder cannot be trusted.
        """


class Clock(Protocol):
    """Wall time, and waiting on it."""

    def now(self) -> float:
        """Seconds since the epoch, on this machine's clock."""

    def monotonic(self) -> float:
        """Seconds that only rise, and stand still while the machine sleeps."""

    async def wait(self, event: Event, seconds: float | None) -> None:
        """Until ``event`` is set or ``seconds`` have passed (None: for the event alone). May return early."""


class Tokens(Protocol):
    """What a data client needs of the session."""

    async def access_token(self) -> str | None:
        """The live access token, refreshed first if it is past its hard point; None when nobody is signed in."""

    async def renew(self, refused: str) -> str | None:
        """A token other than the one that a server refused as stale, for the same person; None if there is none."""


DataClient = Callable[[Tokens], Awaitable[Any]]
HttpClient = Callable[[Tokens | None, tuple[str, ...]], Awaitable[Any]]  # at these origins; None: no token anywhere
