"""One call is one request, whatever the clock says, and nothing of it is left behind."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktopauth.adapters.pool import Pool
from desktopauth.core.errors import AuthError
from tests.adapters.gateway_verbs import KEY, MAIL, PERSON, VERBS, answer, gateway, jwt, tokens
from tests.scenario import Run, settled, until
from tests.scripted_server import Reply, ScriptedServer, Seen, scripted_server

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as found:
        found.always = answer
        yield found


@pytest.mark.parametrize("skew", [0.0, 7200.0, -7200.0])
@pytest.mark.parametrize("name", VERBS)
def test_one_call_is_one_request_and_no_task(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, run: Run, name: str, skew: float
) -> None:
    real, verb = time.time, VERBS[name]
    monkeypatch.setattr(time, "time", lambda: real() + skew)

    async def scenario() -> None:
        pool = Pool(server.url)
        asked, secret = gateway(server.url, pool), verb.secret()
        before = asyncio.all_tasks()
        await verb.call(asked, secret)
        assert asyncio.all_tasks() == before
        await settled()
        await pool.aclose()
        [seen] = server.seen
        verb.check(seen, secret)

    run(scenario)


def left_behind(server: ScriptedServer, *options: str) -> list[str]:
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, "-m", "tests.adapters.left_behind", server.url, *options]
    done = subprocess.run(command, env={**os.environ, **paths}, cwd=ROOT, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_no_secret_is_left_in_memory(server: ScriptedServer) -> None:
    assert left_behind(server) == []


@pytest.mark.parametrize("reply", [Reply(400, {"code": "unknown"}), Reply(200, b"<html>"), Reply(raw=b"")])
def test_a_failed_call_leaves_no_secret_in_memory(server: ScriptedServer, reply: Reply) -> None:
    server.always = lambda _: reply
    assert left_behind(server) == []


def test_a_cancelled_call_leaves_no_secret_in_memory(server: ScriptedServer) -> None:
    never = threading.Event()
    server.always = lambda _: Reply(wait=never)
    assert left_behind(server, "cancel") == []
    never.set()


def test_a_cancelled_call_leaves_the_pool_usable(server: ScriptedServer, run: Run) -> None:
    slow = threading.Event()
    server.play(Reply(200, PERSON, wait=slow))

    async def scenario() -> None:
        pool = Pool(server.url)
        asked = gateway(server.url, pool)
        call = asyncio.ensure_future(asked.user(jwt()))
        await until(lambda: server.seen)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await asked.user(jwt())).id == PERSON["id"]
        slow.set()
        await pool.aclose()

    run(scenario)


def test_a_cookie_is_never_sent_back(server: ScriptedServer, run: Run) -> None:
    server.always = lambda _: Reply(200, tokens(), {"Set-Cookie": "__cf_bm=of-somebody; Path=/"})

    async def scenario() -> None:
        pool = Pool(server.url)
        asked = gateway(server.url, pool)
        await asked.sign_in(MAIL, "correct horse")
        await asked.sign_in("grace@example.com", "battery staple")
        await pool.aclose()

    run(scenario)
    assert [seen.all("cookie") for seen in server.seen] == [[], []]


def test_a_redirect_is_not_followed(server: ScriptedServer, run: Run) -> None:
    with scripted_server() as elsewhere:
        server.always = lambda _: Reply(307, {"message": "over there"}, {"Location": f"{elsewhere.url}/auth/v1/user"})

        async def scenario() -> None:
            pool = Pool(server.url)
            with pytest.raises(AuthError) as caught:
                await gateway(server.url, pool).user(jwt())
            assert caught.value.problem.outcome == "unreadable"
            await pool.aclose()

        run(scenario)
        assert (len(server.seen), elsewhere.seen) == (1, [])


def test_a_hundred_calls_at_once_each_carry_their_own_token(server: ScriptedServer, run: Run) -> None:
    def mirror(seen: Seen) -> Reply:
        return Reply(200, {"id": str(hash(seen.header("authorization"))), "email": ""})

    server.always = mirror

    async def scenario() -> None:
        pool = Pool(server.url)
        asked = gateway(server.url, pool)
        mine = [jwt(n=n) for n in range(100)]
        people = await asyncio.gather(*(asked.user(token) for token in mine))
        assert [person.id for person in people] == [str(hash(f"Bearer {token}")) for token in mine]
        await pool.aclose()

    run(scenario)
    assert len(server.seen) == 100


@pytest.mark.parametrize(("code", "asked_as"), [(200, ["email"]), (400, ["email", "magiclink"])])
def test_a_code_goes_as_email_and_as_magiclink_only_where_that_is_unknown(
    server: ScriptedServer, run: Run, code: int, asked_as: list[str]
) -> None:
    if code == 400:
        server.play(Reply(400, {"code": 400, "error_code": "validation_failed", "msg": "Invalid verification type"}))

    async def scenario() -> None:
        pool = Pool(server.url)
        session = await gateway(server.url, pool).verify(MAIL, "123456")
        assert session
        assert session.user.id == PERSON["id"]
        await pool.aclose()

    run(scenario)
    assert [seen.json["type"] for seen in server.seen] == asked_as


def test_a_refused_code_is_not_tried_again(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(403, {"code": "otp_expired", "message": "Token has expired or is invalid"}))

    async def scenario() -> None:
        pool = Pool(server.url)
        with pytest.raises(AuthError) as caught:
            await gateway(server.url, pool).verify(MAIL, "123456")
        assert caught.value.kind == "code_refused"
        await pool.aclose()

    run(scenario)
    assert len(server.seen) == 1


LATELY = {"code": "over_email_send_rate_limit", "message": "you can only request this after 59 seconds."}


@pytest.mark.parametrize("first", ["/auth/v1/signup", "/auth/v1/resend"])
def test_a_mail_refused_for_ever_becomes_a_sign_in_code(server: ScriptedServer, run: Run, first: str) -> None:
    server.play(Reply(429, LATELY), Reply(200, {}))

    async def scenario() -> None:
        pool = Pool(server.url)
        asked = gateway(server.url, pool)
        await (asked.resend_confirmation(MAIL) if first.endswith("resend") else asked.sign_up(MAIL, "correct horse"))
        await pool.aclose()

    run(scenario)
    assert [seen.path for seen in server.seen] == [first, "/auth/v1/otp"]
    assert server.seen[1].json["create_user"] is False
    assert server.seen[1].all("authorization") == [f"Bearer {KEY}"]


def test_if_the_sign_in_code_is_refused_too_the_first_refusal_tells(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(429, LATELY), Reply(422, {"code": "otp_disabled", "message": "Signups not allowed for otp"}))

    async def scenario() -> None:
        pool = Pool(server.url)
        with pytest.raises(AuthError) as caught:
            await gateway(server.url, pool).resend_confirmation(MAIL)
        problem = caught.value.problem
        assert (problem.call, problem.code, problem.retry_after) == ("resend_confirmation", LATELY["code"], 59.0)
        await pool.aclose()

    run(scenario)


def test_another_refusal_of_a_sign_up_asks_for_nothing_more(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(422, {"code": "weak_password", "message": "no", "weak_password": {"reasons": ["length"]}}))

    async def scenario() -> None:
        pool = Pool(server.url)
        with pytest.raises(AuthError) as caught:
            await gateway(server.url, pool).sign_up(MAIL, "horse")
        assert caught.value.problem.reasons == ("length",)
        await pool.aclose()

    run(scenario)
    assert len(server.seen) == 1


def test_a_sign_up_that_wants_a_confirmation_gives_no_session(server: ScriptedServer, run: Run) -> None:
    server.play(Reply(200, PERSON))

    async def scenario() -> None:
        pool = Pool(server.url)
        assert await gateway(server.url, pool).sign_up(MAIL, "correct horse") is None
        await pool.aclose()

    run(scenario)


@pytest.mark.parametrize(
    ("status", "code", "revoked"),
    [
        (204, "", True),
        (403, "session_not_found", True),
        (403, "user_not_found", True),
        (404, "user_not_found", True),
        (401, "no_authorization", True),
        (403, "bad_jwt", False),
        (500, "unexpected_failure", False),
    ],
)
def test_a_session_that_is_gone_counts_as_revoked(
    server: ScriptedServer, run: Run, status: int, code: str, revoked: bool
) -> None:
    server.play(Reply(status, {"code": code, "message": "as it is"}))

    async def scenario() -> None:
        pool = Pool(server.url)
        call = gateway(server.url, pool).sign_out(jwt(), "global")
        if revoked:
            await call
        else:
            with pytest.raises(AuthError):
                await call
        await pool.aclose()

    run(scenario)
    assert [seen.path for seen in server.seen] == ["/auth/v1/logout?scope=global"]


def test_the_date_of_json_answers_is_told_and_no_other(server: ScriptedServer, run: Run) -> None:
    date, told = {"Date": "Fri, 01 Jan 2027 00:00:00 GMT"}, list[float]()
    server.play(
        Reply(200, PERSON, date),
        Reply(403, {"code": "bad_jwt", "message": "expired"}, date),
        Reply(200, PERSON, {**date, "Age": "30"}),
        Reply(502, b"<html>", date),
        Reply(200, PERSON, {"Date": "yesterday"}),
        Reply(200, PERSON, date=False),
    )

    async def scenario() -> None:
        pool = Pool(server.url)
        asked = gateway(server.url, pool, lambda moment, took: told.append(moment) if took >= 0 else None)
        for _ in range(6):
            try:
                await asked.user(jwt())
            except AuthError:
                continue
        await pool.aclose()

    run(scenario)
    assert told == [1798761600.0, 1798761600.0]
