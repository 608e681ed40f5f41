"""A person's picture from outside: nothing of theirs goes out for it, and nothing but a small picture comes in."""

from __future__ import annotations

import logging
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktopauth.adapters import avatar as avatar_module
from desktopauth.adapters.avatar import Avatars
from desktopauth.adapters.own import http_client
from desktopauth.adapters.pool import Pool
from tests.scenario import Run
from tests.scripted_server import Reply, ScriptedServer, scripted_server, self_made_certificate

MIB = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n" + b"not really"
AS_PNG = {"Content-Type": "image/png"}


@pytest.fixture
def api() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        found.always = lambda _: Reply(200, PNG, AS_PNG)
        yield found


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    tls, vouches = self_made_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(vouches))
    with scripted_server(tls) as found:
        found.always = lambda _: Reply(200, PNG, AS_PNG)
        yield found


def fetch(run: Run, *urls: str) -> list[tuple[str, bytes] | None]:
    """As the app does it: over one set of connections that carry no token."""

    async def scenario() -> list[tuple[str, bytes] | None]:
        pool = Pool()
        avatars = Avatars(lambda: http_client(None, (), pool=pool))
        try:
            return [await avatars.fetch(url) for url in urls]
        finally:
            await pool.aclose()

    return run(scenario)


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/png", "png"),
        ("image/jpeg", "jpeg"),
        ("image/webp", "webp"),
        ("image/gif", "gif"),
        ("IMAGE/PNG; charset=binary", "png"),
    ],
)
def test_a_picture_of_a_known_kind_is_fetched(api: ScriptedServer, run: Run, media_type: str, kind: str) -> None:
    api.play(Reply(200, PNG, {"Content-Type": media_type}))
    assert fetch(run, f"{api.url}/ada?size=64") == [(kind, PNG)]
    assert [(seen.method, seen.path) for seen in api.seen] == [("GET", "/ada?size=64")]


@pytest.mark.parametrize(
    "media_type", ["image/svg+xml", "text/html", "application/octet-stream", "image/bmp", "image/png+xml", ""]
)
def test_everything_else_is_no_picture(api: ScriptedServer, run: Run, media_type: str) -> None:
    api.play(Reply(200, PNG, {"Content-Type": media_type}))
    assert fetch(run, api.url) == [None]


def test_no_token_no_cookie_and_no_trace_of_the_person_goes_out(api: ScriptedServer, run: Run) -> None:
    api.play(Reply(200, PNG, {**AS_PNG, "Set-Cookie": "who=ada; Path=/"}))
    assert fetch(run, api.url, api.url) == [("png", PNG), ("png", PNG)]
    for seen in api.seen:
        names = {name for name, _ in seen.headers}
        assert names == {"host", "accept", "accept-encoding", "connection", "user-agent"}


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "http://127.0.0.1.evil.example/a.png",
        "https://ada:secret@example.com/a.png",
        "https://@/a.png",
        "https:///a.png",
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,iVBORw0KGgo=",
        "javascript:alert(1)",
        "//example.com/a.png",
        "a.png",
        "",
        "https://exa mple.com/a.png",
        "https://[::1/a.png",
        "https://example.com:99999/a.png",
        "\N{BOM}https://\x00/",
        "https://example.com/" + "a" * 3000,
    ],
)
def test_an_address_that_is_no_https_is_not_even_asked(run: Run, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> None:
        raise AssertionError("nobody is asked")

    async def scenario() -> None:
        assert await Avatars(never).fetch(url) is None  # type: ignore[arg-type]

    run(scenario)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_https_is_followed(api: ScriptedServer, secure: ScriptedServer, run: Run, status: int) -> None:
    api.play(Reply(status, {}, {"Location": f"{secure.url}/there"}))
    secure.play(Reply(status, {}, {"Location": "/and/there"}))
    assert fetch(run, api.url) == [("png", PNG)]
    assert [seen.path for seen in secure.seen] == ["/there", "/and/there"]


@pytest.mark.parametrize("first", ["api", "secure"])
def test_a_redirect_to_anything_but_https_is_not(
    api: ScriptedServer, secure: ScriptedServer, run: Run, first: str
) -> None:
    asked = {"api": api, "secure": secure}[first]
    places = [f"{api.url}/local", "http://example.com/", "file:///etc/passwd", "data:image/png,x", "https://a:b@c/"]
    asked.play(*[Reply(302, {}, {"Location": place}) for place in places], Reply(302, {}, {}))
    assert fetch(run, *[asked.url] * 6) == [None] * 6
    assert len(api.seen) + len(secure.seen) == 6, "none of them was asked"


def test_whoever_redirects_for_ever_is_left(secure: ScriptedServer, run: Run) -> None:
    secure.always = lambda _: Reply(302, {}, {"Location": "/again"})
    assert fetch(run, secure.url) == [None]
    assert len(secure.seen) == 4


@pytest.mark.parametrize(("size", "taken"), [(MIB, True), (MIB + 1, False)])
@pytest.mark.parametrize("said", [True, False])
def test_at_most_one_mebibyte_is_read(api: ScriptedServer, run: Run, size: int, taken: bool, said: bool) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nConnection: close\r\n"
    length = f"Content-Length: {size}\r\n".encode() if said else b""
    api.play(Reply(raw=head + length + b"\r\n" + b"x" * size))
    [found] = fetch(run, api.url)
    assert (found is not None) == taken
    assert found is None or len(found[1]) == size


def test_a_picture_that_says_it_is_huge_is_not_read_at_all(
    api: ScriptedServer, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n"
    api.play(Reply(raw=head % 10**9), Reply(raw=head % 10**19))
    with caplog.at_level(logging.DEBUG, logger="desktopauth.avatar"):
        assert fetch(run, api.url, api.url) == [None, None]
    assert [record.getMessage() for record in caplog.records if record.name == "desktopauth.avatar"] == [
        "no picture: too large"
    ] * 2


def test_what_is_packed_is_not_unpacked(api: ScriptedServer, run: Run) -> None:
    """A megabyte of deflated zeros is a gigabyte."""
    api.play(Reply(200, zlib.compress(b"\0" * MIB), {**AS_PNG, "Content-Encoding": "deflate"}))
    assert fetch(run, api.url) == [None]
    assert api.seen[0].header("accept-encoding") == "identity"


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 404, 429, 500, 503])
def test_any_other_status_is_no_picture(api: ScriptedServer, run: Run, status: int) -> None:
    api.play(Reply(status, b"", AS_PNG))
    assert fetch(run, api.url) == [None]


def test_an_answer_that_breaks_off_is_no_picture(api: ScriptedServer, run: Run) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 99\r\n\r\nx"
    api.play(Reply(raw=b""), Reply(raw=b"nonsense\r\n\r\n"), Reply(raw=head))
    assert fetch(run, *[api.url] * 3) == [None] * 3


def test_nobody_there_and_no_certificate_are_no_picture(tmp_path: Path, run: Run) -> None:
    tls, _ = self_made_certificate(tmp_path)
    with scripted_server(tls) as stranger, scripted_server() as gone:
        nowhere = gone.url
        gone.server_close()
        assert fetch(run, stranger.url, nowhere) == [None, None]


def test_whoever_takes_too_long_is_left(api: ScriptedServer, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatar_module, "_LONGEST", 0.05)
    held = threading.Event()
    api.play(Reply(200, PNG, AS_PNG, wait=held))
    try:
        assert fetch(run, api.url) == [None]
    finally:
        held.set()


def test_the_address_is_in_no_log_of_ours(api: ScriptedServer, run: Run, caplog: pytest.LogCaptureFixture) -> None:
    api.play(Reply(404, b""), Reply(raw=b""))
    with caplog.at_level(logging.DEBUG, logger="desktopauth"):
        fetch(run, f"{api.url}/ada", f"{api.url}/ada", "http://secret.example/ada")
    ours = [record.getMessage() for record in caplog.records if record.name == "desktopauth.avatar"]
    assert len(ours) == 3
    assert not any("ada" in line or "secret" in line or "127" in line for line in ours)
