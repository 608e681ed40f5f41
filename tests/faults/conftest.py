"""One server, one proxy and one person for all faults; each test has a keyring entry and a clock of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktopauth.adapters.config import Config
from desktopauth.demo.server import EmbeddedServer
from tests.adapters.vaults import some_entry
from tests.demo.people import client, confirmed
from tests.faults.certificates import PrivateRoot
from tests.faults.proxy import FaultProxy, fault_proxy
from tests.faults.world import Names, World
from tests.plain_keyring import NAME, PlainKeyring

SERVER = "project.invalid"  # RFC 2606 §2: a name that no one has


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> PrivateRoot:
    return PrivateRoot(tmp_path_factory.mktemp("root"))


@pytest.fixture(scope="session")
def proxy(lite: EmbeddedServer, root: PrivateRoot, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultProxy]:
    stranger = PrivateRoot(tmp_path_factory.mktemp("stranger"), "A root that nobody has")
    port = int(lite.url.rpartition(":")[2])
    with fault_proxy(SERVER, port, root.serve(SERVER), stranger.serve(SERVER)) as running:
        yield running


@pytest.fixture(scope="session")
def email(lite: EmbeddedServer) -> str:
    async def somebody() -> str:
        async with client(lite) as http:
            return str((await confirmed(lite, http))["user"]["email"])

    return asyncio.run(somebody())


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own proxies stay out of it."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def plain_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", NAME)
    yield
    PlainKeyring.held.clear()


@pytest.fixture
def world(
    proxy: FaultProxy,
    root: PrivateRoot,
    lite: EmbeddedServer,
    email: str,
    tmp_path: Path,
    no_proxies: None,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """The keyring is this process's own; a test that is marked by ``indirect`` "keyring" has the system's."""
    request.getfixturevalue(getattr(request, "param", "plain_keyring"))
    monkeypatch.setenv("SSL_CERT_FILE", str(root.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(root.file.parent / "none"))
    config = Config(
        url=proxy.url,
        key=lite.publishable_key,
        app_id="example",
        project_id="one and the same",
        profile_id=some_entry(),
        store="keyring",
    )
    made = World(config, tmp_path / "account", email, proxy, Names(SERVER), monkeypatch)
    yield made
    made.recover()
