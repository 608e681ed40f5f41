"""The demo's project: installs the server, runs it with a provider, and gives what the app is configured with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from desktopauth.adapters.config import Config
from desktopauth.demo.errors import DemoError
from desktopauth.demo.install import PROVIDER, install
from desktopauth.demo.provider import provider
from desktopauth.demo.server import EmbeddedServer

PROJECT_ID = "demo"  # not its address: the port is another one at each start
APP_ID = "desktopauth"
APP_NAME = "desktopauth demo"
_TO_INSTALL = 30.0  # seconds for under a megabyte; npm's own patience with a silent network is two minutes
_NO_DOOR = 'The demo starts without "Continue with GitHub".'


def demo_config(url: str, key: str, profile_id: str, store: str, providers: tuple[str, ...] = ()) -> Config:
    """The app's configuration for a demo server at ``url``."""
    return Config(
        url=url,
        key=key,
        app_id=APP_ID,
        app_name=APP_NAME,
        project_id=PROJECT_ID,
        profile_id=profile_id,
        store=store,
        providers=providers,
    )


@asynccontextmanager
async def demo_server(
    folder: Path, cache: Path, tell: Callable[[str], None], *, port: int = 0, jwt_expiry: int = 3600
) -> AsyncIterator[EmbeddedServer]:
    """The server of one profile, running, and with it the pretend GitHub. Raises DemoError."""
    tell("Looking for the demo server...")
    modules = await install(cache, tell)
    async with AsyncExitStack() as held:
        doors = await _doors(cache, tell, held)
        tell("Starting the demo server...")
        server = EmbeddedServer(folder, modules=modules, port=port, jwt_expiry=jwt_expiry, providers=doors, tell=tell)
        yield await held.enter_async_context(server)


async def _doors(cache: Path, tell: Callable[[str], None], held: AsyncExitStack) -> dict[str, dict[str, str]]:
    """The server's providers: one, or none where it cannot be had, which is no reason to have no demo."""
    try:
        async with asyncio.timeout(_TO_INSTALL):
            modules = await install(cache, tell, recipe=PROVIDER)
        github = await held.enter_async_context(provider(modules))
    except TimeoutError:
        tell(f"{_NO_DOOR} It took too long to download. Start the demo again to try once more.")
    except DemoError as error:
        tell(f"{_NO_DOOR} {error.sentence}")
    else:
        return {"github": github.settings}
    return {}
