"""The gateway at a real auth server: what it relies on there, call by call."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from desktopauth.adapters.config import Config
from desktopauth.adapters.data import supabase_client
from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.pool import Pool
from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.models import Session
from tests.scenario import Run, until

PASSWORD = "correct horse battery 1"


class Visit:
    """A stranger's visit to the server: a fresh address, a gateway, and the mailbox."""

    def __init__(self, server: Any, pool: Pool) -> None:
        self.server, self.pool = server, pool
        self.email = f"{uuid.uuid4().hex[:12]}@example.com"
        self.seen: list[float] = []
        self.gateway = SupabaseGateway(f"{server.url}/auth/v1", server.publishable_key, pool, observe=self._observe)

    def _observe(self, server_time: float, _took: float) -> None:
        self.seen.append(server_time)

    def mails(self) -> int:
        return len(self.server.mailbox.mails(self.email))

    async def code(self) -> str:
        return str(await self.server.mailbox.wait_for_code(self.email))

    async def confirmed(self) -> Session:
        await self.gateway.sign_up(self.email, PASSWORD)
        return await self.verified()

    async def verified(self) -> Session:
        session = await self.gateway.verify(self.email, await self.code())
        assert session
        return session

    async def refusal(self, call: Awaitable[object]) -> Problem:
        with pytest.raises(AuthError) as caught:
            await call
        return caught.value.problem


Play = Callable[[Callable[[Visit], Awaitable[None]]], None]


@pytest.fixture
def play(lite: Any, run: Run) -> Play:
    def played(story: Callable[[Visit], Awaitable[None]]) -> None:
        async def scenario() -> None:
            pool = Pool(lite.url)
            try:
                await story(Visit(lite, pool))
            finally:
                await pool.aclose()

        run(scenario)

    return played


def test_a_sign_up_is_confirmed_by_the_mailed_code(play: Play) -> None:
    async def story(visit: Visit) -> None:
        assert await visit.gateway.sign_up(visit.email, PASSWORD) is None
        session = await visit.verified()
        assert session.user.email == visit.email
        assert abs(session.expires_at - session.expires_in - time.time()) < 60
        assert not session.id.startswith("user:")

    play(story)


def test_who_has_not_confirmed_is_told_so_and_can_ask_for_another_code(play: Play) -> None:
    async def story(visit: Visit) -> None:
        await visit.gateway.sign_up(visit.email, PASSWORD)
        first = await visit.code()
        problem = await visit.refusal(visit.gateway.sign_in(visit.email, PASSWORD))
        assert problem.kind == ErrorKind.EMAIL_NOT_CONFIRMED
        await visit.gateway.resend_confirmation(visit.email)
        await until_mails(visit, 2)
        assert await visit.code() != first
        assert (await visit.verified()).user.email == visit.email

    play(story)


def test_signing_up_again_mails_a_code_that_works(play: Play) -> None:
    async def story(visit: Visit) -> None:
        for mails in (1, 2):
            assert await visit.gateway.sign_up(visit.email, PASSWORD) is None
            await until_mails(visit, mails)
        assert (await visit.verified()).user.email == visit.email
        assert (await visit.gateway.sign_in(visit.email, PASSWORD)).user.email == visit.email

    play(story)


def test_resending_to_a_stranger_tells_nothing(play: Play) -> None:
    async def story(visit: Visit) -> None:
        await visit.gateway.resend_confirmation(visit.email)
        assert visit.mails() == 0

    play(story)


def test_a_wrong_code_is_refused_and_the_right_one_still_works(play: Play) -> None:
    async def story(visit: Visit) -> None:
        await visit.gateway.sign_up(visit.email, PASSWORD)
        code = await visit.code()
        wrong = "000000" if code != "000000" else "000001"
        problem = await visit.refusal(visit.gateway.verify(visit.email, wrong))
        assert (problem.kind, problem.code) == (ErrorKind.CODE_REFUSED, "otp_expired")
        await visit.gateway.verify(visit.email, code)
        again = await visit.refusal(visit.gateway.verify(visit.email, code))
        assert again.kind == ErrorKind.CODE_REFUSED

    play(story)


def test_a_wrong_password_and_an_unknown_address_are_one_answer(play: Play) -> None:
    async def story(visit: Visit) -> None:
        await visit.confirmed()
        wrong = await visit.refusal(visit.gateway.sign_in(visit.email, "battery staple 1"))
        unknown = await visit.refusal(visit.gateway.sign_in(f"not-{visit.email}", PASSWORD))
        assert wrong == unknown
        assert wrong.kind == ErrorKind.BAD_CREDENTIALS

    play(story)


def test_a_weak_password_says_why(play: Play) -> None:
    async def story(visit: Visit) -> None:
        problem = await visit.refusal(visit.gateway.sign_up(visit.email, "short"))
        assert (problem.kind, problem.reasons) == (ErrorKind.WEAK_PASSWORD, ("length",))

    play(story)


def test_what_is_no_address_is_told_so(play: Play) -> None:
    async def story(visit: Visit) -> None:
        problem = await visit.refusal(visit.gateway.sign_up("nobody", PASSWORD))
        assert problem.kind == ErrorKind.INVALID_EMAIL

    play(story)


def test_a_refresh_keeps_the_session_and_a_lost_answer_can_be_asked_for_again(play: Play) -> None:
    async def story(visit: Visit) -> None:
        first = await visit.confirmed()
        second = await visit.gateway.refresh(first.refresh_token)
        assert (second.id, second.user.id) == (first.id, first.user.id)
        assert second.refresh_token != first.refresh_token
        again = await visit.gateway.refresh(first.refresh_token)  # as if the answer had been lost
        assert again.refresh_token == second.refresh_token

    play(story)


def test_a_refresh_token_two_steps_old_ends_the_session(play: Play) -> None:
    async def story(visit: Visit) -> None:
        first = await visit.confirmed()
        second = await visit.gateway.refresh(first.refresh_token)
        await visit.gateway.refresh(second.refresh_token)
        problem = await visit.refusal(visit.gateway.refresh(first.refresh_token))
        assert (problem.kind, problem.code) == (ErrorKind.SESSION_ENDED, "refresh_token_already_used")

    play(story)


@pytest.mark.parametrize(
    ("token", "code"),
    [("not-a-token", "validation_failed"), ("01890a5d-ac96-774b-bcce-b302099a8057", "refresh_token_not_found")],
)
def test_a_token_of_nobody_ends_the_session(play: Play, token: str, code: str) -> None:
    async def story(visit: Visit) -> None:
        problem = await visit.refusal(visit.gateway.refresh(token))
        assert (problem.kind, problem.code) == (ErrorKind.SESSION_ENDED, code)

    play(story)


def test_after_signing_out_here_the_session_is_gone_and_others_live(play: Play) -> None:
    async def story(visit: Visit) -> None:
        here, there = await visit.confirmed(), await visit.gateway.sign_in(visit.email, PASSWORD)
        await visit.gateway.sign_out(here.access_token, "local")
        await visit.gateway.sign_out(here.access_token, "local")  # gone already: that is as good
        assert (await visit.refusal(visit.gateway.user(here.access_token))).code == "session_not_found"
        assert (await visit.refusal(visit.gateway.refresh(here.refresh_token))).kind == ErrorKind.SESSION_ENDED
        assert (await visit.gateway.user(there.access_token)).email == visit.email

    play(story)


def test_signing_out_everywhere_ends_every_session(play: Play) -> None:
    async def story(visit: Visit) -> None:
        here, there = await visit.confirmed(), await visit.gateway.sign_in(visit.email, PASSWORD)
        await visit.gateway.sign_out(here.access_token, "global")
        assert (await visit.refusal(visit.gateway.refresh(there.refresh_token))).kind == ErrorKind.SESSION_ENDED

    play(story)


def test_a_sign_out_with_a_token_of_nobody_is_not_taken_for_done(play: Play) -> None:
    async def story(visit: Visit) -> None:
        problem = await visit.refusal(visit.gateway.sign_out("not.a.token", "local"))
        assert problem.code == "bad_jwt"

    play(story)


def test_a_wrong_key_is_told_as_such(play: Play) -> None:
    async def story(visit: Visit) -> None:
        wrong = SupabaseGateway(
            f"{visit.server.url}/auth/v1", "sb_publishable_wrong", visit.pool, observe=lambda *_: None
        )
        problem = await visit.refusal(wrong.sign_in(visit.email, PASSWORD))
        assert (problem.kind, problem.outcome, problem.status) == (ErrorKind.BAD_KEY, Outcome.REFUSED, 401)

    play(story)


def test_the_servers_clock_is_told(play: Play) -> None:
    async def story(visit: Visit) -> None:
        await visit.gateway.sign_up(visit.email, PASSWORD)
        [told] = visit.seen
        assert abs(told - time.time()) < 30

    play(story)


def test_rows_are_read_and_written_as_the_person_who_is_signed_in(play: Play) -> None:
    async def story(visit: Visit) -> None:
        session = await visit.confirmed()
        live = _Live(session.access_token)
        server = visit.server
        client = await supabase_client(live, Config(url=server.url, key=server.publishable_key), pool=visit.pool)
        await client.table("notes").insert({"user_id": session.user.id, "body": "remember"}).execute()
        assert (await client.table("notes").select("body").execute()).data == [{"body": "remember"}]
        live.token = None
        assert (await client.table("notes").select("body").execute()).data == []

    play(story)


class _Live:
    def __init__(self, token: str | None) -> None:
        self.token = token

    async def access_token(self) -> str | None:
        return self.token

    async def renew(self, _refused: str) -> str | None:
        return None


async def until_mails(visit: Visit, count: int) -> None:
    await until(lambda: visit.mails() >= count, what=f"{count} mails")
