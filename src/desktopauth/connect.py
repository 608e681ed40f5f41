"""Put core and adapters together: the one place that knows both, and no Qt."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from desktopauth.adapters.bridge import Bridge
from desktopauth.adapters.browser import open_in_browser
from desktopauth.adapters.config import Config
from desktopauth.adapters.data import supabase_client
from desktopauth.adapters.entry import account_folder, entry_name, make_private
from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.locks import FileLocks
from desktopauth.adapters.loopback import Loopback
from desktopauth.adapters.own import http_client
from desktopauth.adapters.pool import Pool
from desktopauth.adapters.provider_store import ProviderStore
from desktopauth.adapters.statefile import StateFile
from desktopauth.adapters.vault import KeyringVault, MemoryTombstones, MemoryVault
from desktopauth.core.auth import Auth
from desktopauth.core.clock import SystemClock
from desktopauth.core.parts import Nudge, Parts
from desktopauth.core.timing import ServerClock


def connect(config: Config, *, folder: Path | None = None, temporary: bool = False, language: str = "en") -> Auth:
    """An ``Auth`` for one project and one profile; use it as ``async with connect(config) as auth``.

    Nothing is asked of the keyring or the network before the block is entered. ``folder`` keeps locks and state files
    (by default one of the OS account's, shared by every app on this library: it has to be the same for all copies of an
    app). ``temporary`` removes the keyring entry and all its files at the end. ``language`` (``en``, ``ko``) is that of
    the page at which a browser ends. Raises OSError if ``folder`` cannot be made private.
    """
    place = make_private(folder or account_folder())
    entry = entry_name(config.app_id, config.project_id, config.profile_id)
    locks, state = FileLocks(place, entry), StateFile(place, entry)
    in_memory = config.store == "memory"
    tombstones = MemoryTombstones() if in_memory else state
    vault = MemoryVault(tombstones) if in_memory else KeyringVault(entry, state=state, locks=locks)
    clock, server_clock = SystemClock(), ServerClock()
    # two, as a slow API of the developer's own must not hold up a refresh
    pool, own_pool = Pool(config.address("auth")), Pool()

    def observe(server_time: float, took: float) -> None:
        server_clock.observe(server_time, clock.now(), took)

    async def close() -> None:
        if temporary:
            with suppress(TimeoutError):  # a keyring that asks for its password now would hold up the exit
                await asyncio.wait_for(vault.forget(), 0.3)
        vault.close()
        await bridge.close()
        await pool.aclose()
        await own_pool.aclose()

    gateway = SupabaseGateway(config.address("auth"), config.key, pool, observe=observe)
    nudges = frozenset(Nudge(name) for name in config.nudges)
    bridge = Bridge(lambda callback: auth.subscribe(callback))  # noqa: PLW0108 - it is made after this
    auth = Auth(
        Parts(
            gateway,
            vault,
            tombstones,
            locks,
            clock,
            server_clock,
            nudges=nudges,
            roused=bridge.rouse,
            receive=lambda: Loopback(clock, language=language),
            open_browser=open_in_browser,
            provider_vault=ProviderStore(vault, tombstones),
            scopes=config.provider_scopes,
            mail_links=config.mail_links,
        ),
        lambda tokens: supabase_client(tokens, config, pool=pool, bridge=bridge),
        lambda tokens, origins: http_client(tokens, origins, pool=own_pool),
        close=close,
        expects=not in_memory and bool(state.expects_somebody()),
    )
    return auth
