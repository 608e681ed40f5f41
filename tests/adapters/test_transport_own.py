"""A client for an API of one's own: signed at the origins that were named, and nowhere else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from desktopauth.adapters.own import check_origin, http_client
from desktopauth.adapters.pool import Pool
from tests.adapters.tokens import Live, two
from tests.scenario import Run
from tests.scripted_server import Reply, ScriptedServer, scripted_server, self_made_certificate

T = TypeVar("T")


@pytest.fixture
def api() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        found.always = lambda _: Reply(200, {})
        yield found


@pytest.fixture
def elsewhere() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        found.always = lambda _: Reply(200, {})
        yield found


def play(
    run: Run, live: Live | None, origins: tuple[str, ...], story: Callable[[httpx.AsyncClient], Awaitable[T]]
) -> T:
    async def scenario() -> T:
        pool = Pool()
        try:
            return await story(await http_client(live, origins, pool=pool))
        finally:
            await pool.aclose()

    return run(scenario)


def get(run: Run, live: Live | None, origins: tuple[str, ...], url: str, **options: object) -> httpx.Response:
    return play(run, live, origins, lambda client: client.get(url, **options))  # type: ignore[arg-type]


def test_the_token_goes_to_the_origins_that_were_named(
    api: ScriptedServer, elsewhere: ScriptedServer, run: Run
) -> None:
    live = two()
    for server in (api, elsewhere):
        get(run, live, (api.url, f"{elsewhere.url}/"), f"{server.url}/things?of=mine")
        assert [seen.all("authorization") for seen in server.seen] == [[f"Bearer {live.token}"]]
        assert server.seen[0].path == "/things?of=mine"


def test_another_port_or_host_gets_nothing(api: ScriptedServer, elsewhere: ScriptedServer, run: Run) -> None:
    live = two()
    for url in (elsewhere.url, api.url.replace("127.0.0.1", "localhost")):
        get(run, live, (api.url,), url)
    assert [seen.all("authorization") for seen in (*api.seen, *elsewhere.seen)] == [[], []]
    assert live.asked == 0


def test_with_nobody_signed_in_nothing_goes_out(api: ScriptedServer, run: Run) -> None:
    get(run, Live(None), (api.url,), api.url)
    assert api.seen[0].all("authorization") == []


def test_the_developers_own_authorization_is_left_alone(
    api: ScriptedServer, elsewhere: ScriptedServer, run: Run
) -> None:
    live = two()
    for server in (api, elsewhere):
        get(run, live, (api.url,), server.url, headers={"Authorization": "Basic mine"})
        assert server.seen[0].all("authorization") == ["Basic mine"]
    assert live.asked == 0


def test_a_client_that_is_to_carry_none_carries_none(api: ScriptedServer, run: Run) -> None:
    answer = get(run, None, (), api.url)
    assert api.seen[0].all("authorization") == []
    assert "authorization" not in answer.request.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_carries_no_token(
    status: int, api: ScriptedServer, elsewhere: ScriptedServer, run: Run
) -> None:
    api.play(Reply(status, {}, {"Location": f"{elsewhere.url}/steal"}))
    get(run, two(), (api.url,), api.url, follow_redirects=True)
    assert [seen.all("authorization") for seen in elsewhere.seen] == [[]]


def test_a_redirect_to_the_same_origin_stays_signed(api: ScriptedServer, run: Run) -> None:
    live = two()
    api.play(Reply(307, {}, {"Location": "/other"}))
    get(run, live, (api.url,), api.url, follow_redirects=True)
    assert [seen.all("authorization") for seen in api.seen] == [[f"Bearer {live.token}"]] * 2


def test_a_redirect_to_another_origin_and_back_is_signed_no_more(
    api: ScriptedServer, elsewhere: ScriptedServer, run: Run
) -> None:
    """Not even where the other was named too: else whoever can make one redirect could have requests signed."""
    for origins in ((api.url,), (api.url, elsewhere.url)):
        api.play(Reply(307, {}, {"Location": f"{elsewhere.url}/away"}))
        elsewhere.play(Reply(307, {}, {"Location": f"{api.url}/back"}))
        get(run, two(), origins, api.url, follow_redirects=True)
        assert [bool(seen.all("authorization")) for seen in api.seen] == [True, False]
        assert elsewhere.seen[0].all("authorization") == []
        api.seen.clear()
        elsewhere.seen.clear()


def test_redirects_are_followed_only_where_asked_for(api: ScriptedServer, run: Run) -> None:
    api.play(Reply(307, {}, {"Location": "/other"}))
    assert get(run, two(), (api.url,), api.url).status_code == 307


def test_what_leaves_holds_no_token(api: ScriptedServer, run: Run) -> None:
    live = two()
    api.play(Reply(401, {}))
    before = live.token
    answer = get(run, live, (api.url,), api.url)
    said = f"{answer.request.headers.raw!r}{answer.headers.raw!r}{answer!r}"
    assert all(str(token) not in said for token in (before, live.token))


def test_an_api_that_nobody_vouches_for_gets_nothing(tmp_path: Path, run: Run) -> None:
    tls, _ = self_made_certificate(tmp_path)
    with scripted_server(tls) as stranger, pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        get(run, two(), (stranger.url,), stranger.url)
    assert stranger.seen == []


@pytest.mark.parametrize(
    "refusal",
    [
        Reply(401, {"detail": "not you"}),
        Reply(401, b""),
        Reply(401, {}, {"WWW-Authenticate": 'Bearer error="invalid_token"'}),
        Reply(400, {"message": "jwt expired"}),
    ],
    ids=["its own words", "no words", "a challenge", "words of a JWT"],
)
def test_a_refused_token_is_renewed_and_the_request_sent_once_more(
    refusal: Reply, api: ScriptedServer, run: Run
) -> None:
    live = two()
    tokens = [live.token, live.fresh]
    api.play(refusal)
    answer = play(run, live, (api.url,), lambda client: client.post(api.url, json={"thing": 1}))
    assert answer.status_code == 200
    assert [seen.all("authorization") for seen in api.seen] == [[f"Bearer {token}"] for token in tokens]
    assert [seen.json for seen in api.seen] == [{"thing": 1}] * 2


@pytest.mark.parametrize(
    "refusal",
    [Reply(403, {"detail": "not yours"}), Reply(401, {}, {"WWW-Authenticate": "Basic"})],
    ids=["rights", "another scheme"],
)
def test_another_refusal_is_handed_back(refusal: Reply, api: ScriptedServer, run: Run) -> None:
    live = two()
    api.play(refusal)
    assert get(run, live, (api.url,), api.url).status_code == refusal.status
    assert (live.refused, len(api.seen)) == ([], 1)


def test_what_was_sent_elsewhere_is_not_sent_again(api: ScriptedServer, elsewhere: ScriptedServer, run: Run) -> None:
    live = two()
    elsewhere.always = lambda _: Reply(401, {})
    assert get(run, live, (api.url,), elsewhere.url).status_code == 401
    assert (live.refused, len(elsewhere.seen)) == ([], 1)


def test_cookies_are_not_kept_and_closing_one_client_closes_no_other(api: ScriptedServer, run: Run) -> None:
    api.always = lambda _: Reply(200, {}, {"Set-Cookie": "of=somebody; Path=/"})

    async def scenario() -> None:
        pool = Pool()
        kept = await http_client(two(), (api.url,), pool=pool)
        async with await http_client(None, (), pool=pool) as passing:
            await passing.get(api.url)
        for _ in range(2):
            await kept.get(api.url)
        await pool.aclose()

    run(scenario)
    assert [seen.all("cookie") for seen in api.seen] == [[]] * 3


# ---- origins


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://API.example.com:8443/", "https://api.example.com:8443"),
        ("HTTPS://api.example.com:443", "https://api.example.com:443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_has_one_spelling(text: str, origin: str) -> None:
    assert check_origin(text) == origin


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("http://api.example.com", "can be read by anybody on the way"),
        ("http://127.0.0.1.example.com", "can be read by anybody on the way"),
        ("https://api.example.com/v1", "ends after the host"),
        ("https://api.example.com?x=1", "ends after the host"),
        ("https://api.example.com#x", "ends after the host"),
        ("https://ada:a-password@api.example.com", "no user name or password"),
        ("https://@api.example.com", "no user name or password"),
        ("https://*.example.com", "no origin"),
        ("*", "no origin"),
        ("", "no origin"),
        ("api.example.com", "no origin"),
        ("ftp://api.example.com", "no origin"),
        ("https://", "no origin"),
        ("https://api.example.com:0", "no origin"),
        ("https://api.example.com:port", "no origin"),
        ("https://api.example.com\\@evil.example", "no origin"),
        ("https://api.example.com\n", "no origin"),
        (" https://api.example.com", "no origin"),
    ],
)
def test_what_is_no_origin_is_refused_with_a_sentence(text: str, sentence: str, run: Run) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        play(run, two(), ("https://api.example.com", text), lambda client: client.get("http://127.0.0.1:9"))
    assert "a-password" not in str(caught.value)


def test_a_token_needs_an_origin_to_go_to(run: Run) -> None:
    with pytest.raises(ValueError, match="Name the origins"):
        play(run, two(), (), lambda client: client.get("http://127.0.0.1:9"))
