"""The fixtures of the demo's server: installed once per user, and one that runs for the whole test session."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from desktopauth.demo.errors import DemoError
from desktopauth.demo.install import PROVIDER, SERVER, Recipe, install
from desktopauth.demo.server import EmbeddedServer
from tests.demo.people import Serve


@pytest.fixture(scope="session")
def demo_modules() -> Path:
    """Where Supabase Lite is installed: in the user's cache, so that only the first test run downloads it."""
    return _installed(SERVER)


@pytest.fixture(scope="session")
def provider_modules() -> Path:
    """The same for what plays GitHub, in the same cache."""
    return _installed(PROVIDER)


def _installed(recipe: Recipe) -> Path:
    cache = platformdirs.user_cache_path("desktopauth", appauthor=False) / "demo"
    try:
        return asyncio.run(install(cache, lambda _: None, recipe=recipe))
    except DemoError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(error.sentence)
        pytest.skip(error.sentence)


@pytest.fixture(scope="session")
def lite(demo_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server for the whole session. Its loop runs only to start and to end it: in between it needs none."""
    folder = tmp_path_factory.mktemp("lite") / "server"
    server = EmbeddedServer(folder, modules=demo_modules, bcrypt_cost=4, tell=lambda _: None)
    with asyncio.Runner() as runner:
        runner.run(server.__aenter__())
        try:
            yield server
        finally:
            runner.run(server.__aexit__(None, None, None))


@pytest.fixture
def serve(demo_modules: Path, tmp_path: Path) -> Serve:
    """Make a server below this test's folder, with a cheap password hash."""

    def make(name: str = "server", **options: Any) -> EmbeddedServer:
        given: dict[str, Any] = {"bcrypt_cost": 4, "tell": lambda _: None} | options
        return EmbeddedServer(tmp_path / name, modules=demo_modules, **given)

    return make
