"""What a person types or pastes leads to a project, or to one sentence by the field that is wrong: on real sockets."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from desktopauth.adapters.project_check import Finding, check_project
from desktopauth.core.models import Project
from desktopauth.demo.server import EmbeddedServer
from tests.adapters.test_config import KEY, SECRET, role
from tests.scenario import Run
from tests.scripted_server import Reply, scripted_server, self_made_certificate

SETTINGS = {"external": {"email": True, "github": True, "phone": False}, "disable_signup": False}
PAGE = b"<!doctype html><html><body>Welcome</body></html>"


def check(run: Run, url: str, key: str = KEY) -> Finding:
    return run(lambda: check_project(url, key))


def test_a_real_project_is_found_and_says_what_it_offers(run: Run, lite: EmbeddedServer) -> None:
    found = check(run, f" {lite.url}/ ", f'"{lite.publishable_key}"\n')
    assert (found.sentence, found.url, found.key) == ("", lite.url, lite.publishable_key)
    assert found.project is not None
    assert found.project.email


def test_one_question_is_asked_and_the_key_goes_nowhere_else(run: Run) -> None:
    with scripted_server() as server:
        server.always = lambda _: Reply(200, SETTINGS)
        found = check(run, server.url)
        assert found.project == Project(("github",))
        assert [(seen.method, seen.path, seen.header("apikey")) for seen in server.seen] == [
            ("GET", "/auth/v1/settings", KEY)
        ]
    assert KEY not in repr(found)


@pytest.mark.parametrize("pasted", ["{0}", " {0}/ ", "'{0}'", "<{0}>", "{0}/auth/v1", "{1}", "{1}/\n"])
def test_what_is_pasted_with_its_surroundings_is_understood(run: Run, pasted: str) -> None:
    with scripted_server() as server:
        server.always = lambda _: Reply(200, SETTINGS)
        found = check(run, pasted.format(server.url, server.url.removeprefix("http://")))
    assert (found.sentence, found.url) == ("", server.url)


@pytest.mark.parametrize(
    ("url", "key", "place", "words"),
    [
        ("", KEY, "url", "must begin with https"),
        ("http://project.test", KEY, "url", "anybody on the way can read"),
        ("https://supabase.com/dashboard/project/abcdefgh", KEY, "url", "https://abcdefgh.supabase.co"),
        (KEY, KEY, "url", "is a key"),
        ("https://project.test", "", "key", "is empty"),
        ("https://project.test", "https://project.test", "key", "is a URL"),
        ("https://project.test", SECRET, "key", "must never be in an app"),
        ("https://project.test", role("service_role"), "key", "must never be in an app"),
        ("https://project.test", role("anon")[:30], "key", "cut off"),
    ],
)
def test_what_can_be_seen_without_asking_is_told_without_asking(
    run: Run, url: str, key: str, place: str, words: str
) -> None:
    found = check(run, url, key)
    assert (found.place, found.project) == (place, None)
    assert words in found.sentence
    assert not key or key not in found.sentence
    assert "set by" not in found.sentence


@pytest.mark.parametrize(
    ("reply", "place", "words"),
    [
        (Reply(401, {"message": "Invalid API key", "hint": "x"}), "key", "doesn't take this key"),
        (Reply(403, {"message": "no"}), "key", "doesn't take this key"),
        (Reply(200, PAGE), "url", "A web page answers at 127.0.0.1"),
        (Reply(302, b"", {"Location": "http://portal.test/"}), "form", "wants you to sign in to it first"),
        (Reply(511, PAGE), "form", "wants you to sign in to it first"),
        (Reply(200, {"hello": 1}), "url", "but no Supabase project"),
        (Reply(200, {"external": []}), "url", "but no Supabase project"),
        (Reply(404, PAGE), "url", "but no Supabase project"),
        (Reply(404, {"message": "no"}), "url", "but no Supabase project"),
        (Reply(401, PAGE), "url", "but no Supabase project"),
        (Reply(429, {"message": "slow down"}), "form", "wants us to wait"),
        (Reply(503, {"message": "no"}), "form", "in trouble, or paused"),
        (Reply(540, PAGE), "form", "in trouble, or paused"),
        (Reply(200, raw=b"HTTP/1.1 2"), "url", "Nothing answers at 127.0.0.1"),
    ],
)
def test_each_strange_answer_is_one_sentence_and_no_server_english(
    run: Run, reply: Reply, place: str, words: str
) -> None:
    with scripted_server() as server:
        server.play(reply)
        found = check(run, server.url)
    assert found.place == place
    assert words in found.sentence
    assert not {"Invalid", "hint", str(reply.status)} & set(found.sentence.split())
    assert found.project is None


def test_nothing_on_this_machine_is_told_as_such(run: Run) -> None:
    found = check(run, "localhost:9")
    assert (found.url, found.place) == ("http://localhost:9", "url")
    assert "Nothing answers at localhost:9. Start the server" in found.sentence


def test_a_certificate_that_nobody_vouches_for_is_told(run: Run, tmp_path: Path) -> None:
    context, _ = self_made_certificate(tmp_path)
    with scripted_server(context) as server:
        found = check(run, server.url)
        assert server.seen == []
    assert (found.place, "certificate of 127.0.0.1 isn't trusted" in found.sentence) == ("form", True)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.EAI_NONAME, "Nobody knows where project.invalid is"),
        (socket.EAI_AGAIN, "project.invalid can't be reached"),
    ],
)
def test_a_typing_mistake_is_told_apart_from_being_offline(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: int, words: str
) -> None:
    def look_up(*_: object, **__: object) -> object:
        raise socket.gaierror(error, "no")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    found = check(run, "project.invalid")
    assert (found.url, found.place) == ("https://project.invalid", "url")
    assert words in found.sentence


def test_the_name_of_a_hosted_project_is_enough(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "no")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert check(run, "abcdefghijklmnopqrst").url == "https://abcdefghijklmnopqrst.supabase.co"


def test_a_proxy_is_named_as_a_cause(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert "the proxy in the system's settings" in check(run, "https://project.invalid").sentence
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    found = check(run, "https://project.invalid")
    assert (found.place, found.sentence.startswith("The proxy")) == ("form", True)


def test_it_can_be_given_up(run: Run) -> None:
    async def scenario() -> None:
        import threading

        never = threading.Event()
        with scripted_server() as server:
            server.always = lambda _: Reply(200, SETTINGS, wait=never)
            checking = asyncio.ensure_future(check_project(server.url, KEY))
            while not server.seen:
                await asyncio.sleep(0.01)
            checking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await checking
            never.set()

    run(scenario)
