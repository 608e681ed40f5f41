"""``sign-out``: here first, marked on disk before anything slow, and then on the server, with a word on each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path

from desktopauth.adapters.config import Config
from desktopauth.adapters.entry import account_folder
from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.pool import Pool
from desktopauth.adapters.statefile import StateFile
from desktopauth.adapters.vault import KeyringVault
from desktopauth.core.errors import AuthError, ErrorKind, VaultProblem
from desktopauth.core.models import Session, UnknownFormatError
from desktopauth.core.ports import Absent, Found, Stored, Unread
from desktopauth.terminal.target import Target
from desktopauth.terminal.words import clock_time, printable, server_reason, vault_sentence

_PROMPT = 60.0  # seconds to type the keyring's password
_GONE = ("session_not_found", "user_not_found")
_NOBODY = "Nobody is signed in here."
Say = Callable[[str], None]


def sign_out(target: Target, say: Say, *, everywhere: bool) -> int:
    """Sign out and say what was done and what could not be; 0 if nobody is signed in here any more, else 1."""
    if target.in_memory:
        say("Sessions are kept in memory only: nothing is stored here, and an open window signs out by itself.")
        return 0
    try:
        folder = account_folder()
        seen = target.glance()
    except TimeoutError:
        say(f"You are not signed out. {vault_sentence(VaultProblem.WAITING)}")
        return 1
    except OSError as error:
        say(f"You are not signed out. The folder for locks can't be used: {error.strerror or error}")
        return 1
    if seen.unmade:
        say(_NOBODY)
        return 0
    if seen.problem is VaultProblem.LOCKED:
        say("The keyring is locked, and may ask for its password now.")
    return asyncio.run(_depart(target, folder, say, everywhere=everywhere))


async def _depart(target: Target, folder: Path, say: Say, *, everywhere: bool) -> int:
    state = StateFile(folder, target.entry)
    vault = KeyringVault(target.entry, state=state, locks=FileLocks(folder, target.entry))
    try:
        return await _Departure(target, vault, state, say).leave(everywhere=everywhere)
    finally:
        vault.close()


@dataclass(frozen=True, slots=True)
class _Departure:
    target: Target
    vault: KeyringVault
    state: StateFile
    say: Say

    async def leave(self, *, everywhere: bool) -> int:
        stored = await self._load()
        match stored:
            case Absent():
                self.say(_NOBODY)
                return 0
            case Unread(problem):
                self.say(f"You are not signed out. {vault_sentence(problem)}")
                return 1
            case Found(text=text):
                session = _read(text)
        if session is None:
            self.say(f"You are not signed out. {vault_sentence(VaultProblem.CORRUPT)}")
            return 1
        if not await self._leave_here(session):
            return 1
        await self._leave_server(session, everywhere=everywhere)
        return 0

    async def _load(self) -> Stored:
        try:
            return await asyncio.wait_for(self.vault.load(), _PROMPT)
        except TimeoutError:
            return Unread(VaultProblem.WAITING)

    async def _leave_here(self, session: Session) -> bool:
        """Tombstone, then keyring: from the first on nobody comes back, whatever becomes of the second."""
        marked = _mark(self.state, session.id)
        try:
            problem = await asyncio.wait_for(self.vault.clear(session_id=session.id), _PROMPT)
        except TimeoutError:
            problem = VaultProblem.WAITING
        who = printable(session.user.email or session.user.id)
        if problem is None:
            with suppress(OSError):  # a mark of a session that is gone harms nobody
                self.state.lift(session.id)
            self.say(f"{who} is signed out here.")
        elif marked:
            self.say(f"{who} is signed out here. The keyring is to be cleared at the app's next start.")
            self.say(vault_sentence(problem))
        else:
            self.say(f"You are not signed out. {vault_sentence(problem)}")
        return marked or problem is None

    async def _leave_server(self, session: Session, *, everywhere: bool) -> None:
        if self.target.config is None:
            self.say("The demo's own server runs only while the demo is open, so it was not told.")
            return
        try:
            await _revoke(self.target.config, session, everywhere=everywhere)
        except AuthError as error:
            for line in _unrevoked(error, session, everywhere=everywhere):
                self.say(line)
            return
        self.say("The server has ended all their sessions." if everywhere else "The server has ended the session too.")


async def _revoke(config: Config, session: Session, *, everywhere: bool) -> None:
    """Tell the server, which takes a valid access token: an expired one is refreshed first. Raises AuthError."""
    async with aclosing(Pool(config.address("auth"))) as pool:
        gateway = SupabaseGateway(config.address("auth"), config.key, pool, observe=lambda _moment, _took: None)
        if time.time() + session.skew < session.expires_at:
            try:
                return await _end(gateway, session.access_token, everywhere=everywhere)
            except AuthError as error:
                if error.problem.code != "bad_jwt":  # it has expired, by a clock that is ahead of what we know
                    raise
        try:
            fresh = await gateway.refresh(session.refresh_token)
        except AuthError as error:
            if everywhere or error.kind is not ErrorKind.SESSION_ENDED:
                raise
        else:
            await _end(gateway, fresh.access_token, everywhere=everywhere)


async def _end(gateway: SupabaseGateway, token: str, *, everywhere: bool) -> None:
    if everywhere:  # signing out counts a session that is gone as done, but it could not end the others
        await gateway.user(token)
    await gateway.sign_out(token, "global" if everywhere else "local")


def _unrevoked(error: AuthError, session: Session, *, everywhere: bool) -> list[str]:
    if everywhere and (error.kind is ErrorKind.SESSION_ENDED or error.problem.code in _GONE):
        return [
            "This session had ended on the server already, so it couldn't sign out the other devices.",
            'Sign in again and run "desktopauth sign-out --everywhere" to do that.',
        ]
    ends = session.expires_at - session.skew
    life = f"The access token is good until {clock_time(ends)}" if ends > time.time() else "The access token has ended"
    lines = [
        f"The server still knows the session: {server_reason(error.problem)}.",
        f"{life}, and nothing stored here can renew it.",
    ]
    return [*lines, "Other devices are still signed in."] if everywhere else lines


def _mark(state: StateFile, session_id: str) -> bool:
    try:
        state.lay(session_id)
    except OSError:
        return False
    return True


def _read(text: str) -> Session | None:
    try:
        return Session.from_json(text)
    except UnknownFormatError:
        return None
