"""The demo's project: installs the server, runs it, and gives what the app is configured with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from desktopauth.adapters.config import Config
from desktopauth.demo.install import install
from desktopauth.demo.server import EmbeddedServer

PROJECT_ID = "demo"  # not its address: the port is another one at each start
APP_ID = "desktopauth"
APP_NAME = "desktopauth demo"


def demo_config(url: str, key: str, profile_id: str, store: str) -> Config:
    """The app's configuration for a demo server at ``url``."""
    return Config(
        url=url,
        key=key,
        app_id=APP_ID,
        app_name=APP_NAME,
        project_id=PROJECT_ID,
        profile_id=profile_id,
        store=store,
    )


@asynccontextmanager
async def demo_server(
    folder: Path, cache: Path, tell: Callable[[str], None], *, port: int = 0, jwt_expiry: int = 3600
) -> AsyncIterator[EmbeddedServer]:
    """The server of one profile, running. Raises DemoError."""
    tell("Looking for the demo server...")
    modules = await install(cache, tell)
    tell("Starting the demo server...")
    async with EmbeddedServer(folder, modules=modules, port=port, jwt_expiry=jwt_expiry, tell=tell) as server:
        yield server
