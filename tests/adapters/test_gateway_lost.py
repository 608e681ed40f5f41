"""An answer that got lost, and a page that the network puts in its place: neither is a server in trouble."""

from __future__ import annotations

import threading

import pytest

from desktopauth.adapters import transport
from desktopauth.core.errors import ErrorKind, Outcome
from tests.adapters.test_gateway_faults import HALF, problem_of, server
from tests.scenario import Run
from tests.scripted_server import Reply, ScriptedServer

__all__ = ["server"]


@pytest.mark.parametrize(
    "portal",
    [
        Reply(200, b"<html>Welcome to the hotel</html>", {"Content-Type": "text/html"}),
        Reply(302, b"", {"Location": "http://portal.example/welcome"}),
        Reply(511, b"<html>Sign in to the network</html>"),
    ],
    ids=["a page", "a redirect", "511"],
)
def test_a_captive_portal_is_its_own_kind(server: ScriptedServer, run: Run, portal: Reply) -> None:
    server.play(portal)
    found = problem_of(run, server.url)
    assert (found.kind, found.outcome) == (ErrorKind.CAPTIVE_PORTAL, Outcome.UNREADABLE)
    assert len(server.seen) == 1


def test_a_redirect_to_nowhere_is_no_portal(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(302, b"", {"Location": "http://[::1"}))
    assert problem_of(run, server.url).kind == ErrorKind.SERVER


def test_a_success_that_breaks_off_is_a_lost_answer(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(raw=HALF))
    found = problem_of(run, server.url)
    assert (found.kind, found.outcome, found.status) == (ErrorKind.OFFLINE, Outcome.LOST, 200)


@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 200", b"220 smtp.example.com ESMTP\r\n"])
def test_a_connection_that_breaks_before_an_answer_has_lost_it(server: ScriptedServer, run: Run, raw: bytes) -> None:
    server.play(Reply(raw=raw))
    found = problem_of(run, server.url)
    assert (found.kind, found.outcome, found.status) == (ErrorKind.OFFLINE, Outcome.LOST, 0)


def test_an_answer_that_never_comes_is_lost(server: ScriptedServer, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    monkeypatch.setattr(transport, "_TIMEOUT", httpx.Timeout(0.2))
    never = threading.Event()
    server.play(Reply(wait=never))
    found = problem_of(run, server.url)
    assert (found.kind, found.outcome) == (ErrorKind.OFFLINE, Outcome.LOST)
    never.set()
