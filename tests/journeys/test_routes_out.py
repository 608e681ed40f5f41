"""The ways out of a machine, each with a real server at its end: by a proxy, behind a private root, and to loopback."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509

from desktopauth import Auth, AuthError, Config, connect
from desktopauth.core.errors import ErrorKind, Outcome
from desktopauth.core.models import claims
from desktopauth.demo.server import EmbeddedServer
from tests.canary import Canary
from tests.demo.people import PASSWORD, client, confirmed
from tests.faults.certificates import PrivateRoot
from tests.faults.conftest import no_proxies
from tests.faults.proxy import fault_proxy
from tests.journeys.forward_proxy import ForwardProxy, Passed, forward_proxy
from tests.journeys.visit import everything
from tests.scenario import Run
from tests.scripted_server import Reply, Seen, scripted_server

__all__ = ["no_proxies"]

ROOT = Path(__file__).parents[2]
IMPOSSIBLE = 77  # the exit status of a script that may not do here what it is for
# As an administrator installs a root, in a namespace that nobody else sees: $1 the root, $2 a folder, then a program.
INSTALL = """
prepare() {
    mount -t tmpfs tmpfs /usr/local/share/ca-certificates && cp "$1" /usr/local/share/ca-certificates/for-tests.crt &&
    mkdir "$2/no-hooks" && cp -a /etc/ssl/certs "$2/certs" && mount --bind "$2/certs" /etc/ssl/certs &&
    update-ca-certificates --hooksdir "$2/no-hooks" >/dev/null 2>&1
}
prepare "$1" "$2" || exit 77
shift 2
exec "$@"
"""


@dataclass(frozen=True)
class Place:
    """A project and an API of somebody's own, and somebody with an account there."""

    url: str
    api: str
    key: str
    email: str
    folder: Path

    def called(self, project: str, api: str) -> Place:
        """The same under other names."""
        ports = [address.rpartition(":")[2] for address in (self.url, self.api)]
        return replace(self, url=f"https://{project}:{ports[0]}", api=f"https://{api}:{ports[1]}")

    def auth(self) -> AbstractAsyncContextManager[Auth]:
        return connect(Config(url=self.url, key=self.key, store="memory"), folder=self.folder)

    async def visit(self) -> None:
        async with self.auth() as auth:
            await everything(auth, self.email, PASSWORD, self.api)

    async def knocks(self) -> AuthError:
        """Somebody tries to sign in; what they are told."""
        async with self.auth() as auth:
            with pytest.raises(AuthError) as caught:
                await auth.sign_in(self.email, PASSWORD)
            return caught.value


def whoami(seen: Seen) -> Reply:
    kind, _, token = seen.header("authorization").partition(" ")
    return Reply(200, {"signed": kind == "Bearer" and claims(token).get("role") == "authenticated"})


@pytest.fixture
def here(lite: EmbeddedServer, tmp_path: Path, run: Run, no_proxies: None) -> Iterator[Place]:
    """Both on loopback, over plain HTTP."""

    async def somebody() -> str:
        async with client(lite) as http:
            return str((await confirmed(lite, http))["user"]["email"])

    with scripted_server() as api:
        api.always = whoami
        yield Place(lite.url, api.url, lite.publishable_key, run(somebody), tmp_path / "account")


@pytest.fixture
def root(tmp_path: Path) -> PrivateRoot:
    (tmp_path / "root").mkdir()
    return PrivateRoot(tmp_path / "root")


@pytest.fixture
def behind_tls(here: Place, root: PrivateRoot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Both behind TLS that a private root vouches for; no machine knows that root yet."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    tls = root.serve("project.invalid", "api.invalid", "localhost")
    with ExitStack() as running:
        port = int(here.url.rpartition(":")[2])
        front = running.enter_context(fault_proxy("localhost", port, tls, tls))
        api = running.enter_context(scripted_server(tls))
        api.always = whoami
        yield replace(here, url=front.url, api=api.url.replace("127.0.0.1", "localhost"))


# ---- by a proxy


@pytest.fixture
def proxy(canary: Canary) -> Iterator[ForwardProxy]:
    """Its name and password have letters in them that an address may not have."""
    name, password = "ada@office", canary.secret("proxy-password") + "%:/@"
    canary.learn(base64.b64encode(f"{name}:{password}".encode()).decode(), "proxy credentials")
    with forward_proxy(name, password) as running:
        yield running


@pytest.fixture
def abroad(behind_tls: Place, root: PrivateRoot, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Under names that only the proxy knows."""
    monkeypatch.setenv("SSL_CERT_FILE", str(root.file))
    return behind_tls.called("project.invalid", "api.invalid")


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_through_a_proxy_that_wants_a_password(
    abroad: Place, proxy: ForwardProxy, run: Run, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, proxy.address())
    run(abroad.visit)
    hosts = {address.removeprefix("https://") for address in (abroad.url, abroad.api)}
    assert set(proxy.passed) == {Passed("CONNECT", host, let_in=True) for host in hosts}


def test_a_proxy_that_refuses_the_password_is_told_as_no_connection(
    abroad: Place, proxy: ForwardProxy, canary: Canary, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy.address(canary.secret("mistyped-password")))
    refused = run(abroad.knocks).problem
    assert (refused.kind, refused.outcome) == (ErrorKind.OFFLINE, Outcome.UNREACHABLE)
    assert proxy.passed == [Passed("CONNECT", abroad.url.removeprefix("https://"), let_in=False)]


def test_what_is_plain_goes_through_the_proxy_by_its_whole_address(
    here: Place, proxy: ForwardProxy, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.address())
    target = here.api.replace("127.0.0.1", "api.invalid") + "/whoami"

    async def scenario() -> None:
        async with here.auth() as auth:
            answer = await (await auth.plain_http()).get(target)
            assert answer.json() == {"signed": False}

    run(scenario)
    assert proxy.passed == [Passed("GET", target, let_in=True)]


# ---- behind a private root


def test_a_private_root_that_this_machine_does_not_have_is_told_as_such(behind_tls: Place, run: Run) -> None:
    refused = run(behind_tls.knocks).problem
    assert (refused.kind, refused.outcome) == (ErrorKind.UNTRUSTED_CERTIFICATE, Outcome.UNREACHABLE)


def test_behind_a_private_root_in_the_file_that_the_system_names(
    behind_tls: Place, root: PrivateRoot, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(root.file))
    run(behind_tls.visit)


@pytest.mark.parametrize("file", [None, "none"], ids=["beside the usual file", "alone"])
def test_behind_a_private_root_in_the_folder_that_the_system_names(
    behind_tls: Place, root: PrivateRoot, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str | None
) -> None:
    (tmp_path / "roots").mkdir()
    (tmp_path / "roots" / hashed_name(root.file)).symlink_to(root.file)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "roots"))
    if file:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / file))
    run(behind_tls.visit)


def hashed_name(file: Path) -> str:
    """What OpenSSL looks for in a folder: a hash of the subject in its canonical form (X509_NAME_hash_ex)."""
    subject = x509.load_pem_x509_certificate(file.read_bytes()).subject
    small = x509.Name([x509.NameAttribute(part.oid, str(part.value).lower()) for part in subject])
    without_outermost = small.public_bytes()[2:]
    first = struct.unpack("<I", hashlib.sha1(without_outermost).digest()[:4])[0]
    return f"{first:08x}.0"


def test_behind_a_private_root_in_the_systems_own_store(
    behind_tls: Place, root: PrivateRoot, run: Run, tmp_path: Path, canary: Canary
) -> None:
    """Installed as an administrator does it, in a namespace of this test's own."""
    tools = [shutil.which(tool) for tool in ("unshare", "update-ca-certificates", "mount")]
    if os.geteuid() or not all(tools) or subprocess.run(("unshare", "-m", "true"), check=False).returncode:
        pytest.skip("only root may install a root certificate, and not on every system")
    (tmp_path / "store").mkdir()
    told = {name: str(getattr(behind_tls, name)) for name in ("url", "key", "api", "email", "folder")}

    async def scenario() -> None:
        installed = ("unshare", "-m", "sh", "-c", INSTALL, "sh", root.file, tmp_path / "store")
        child = await asyncio.create_subprocess_exec(
            *(*installed, sys.executable, ROOT / "tests" / "journeys" / "visit.py"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        )
        out, err = await child.communicate(json.dumps(told | {"password": PASSWORD}).encode())
        canary.scan_text(f"{out!r} {err!r}", "output of the visit")
        if child.returncode == IMPOSSIBLE:
            pytest.skip("this container lets nobody have a store of their own")
        assert (child.returncode, out, err) == (0, b"green\n", b"")

    run(scenario)


# ---- to loopback


def test_proxies_that_are_dead_do_not_matter_on_loopback(
    here: Place, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and never listening
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{taken.getsockname()[1]}")
        run(here.visit)


def test_proxies_that_are_dead_do_not_matter_on_loopback_behind_tls(
    behind_tls: Place, root: PrivateRoot, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(root.file))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for name in ("HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{taken.getsockname()[1]}")
        run(behind_tls.visit)
