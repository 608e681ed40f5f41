"""What the further doors send and what they make of the answers: codes by mail and text, browser, token, change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from desktopauth.adapters.gateway import SupabaseGateway
from desktopauth.adapters.pool import Pool
from desktopauth.core.errors import AuthError, ErrorKind, Outcome, Problem
from desktopauth.core.models import Exchanged, Project, ProviderTokens, Session, UserChange
from desktopauth.core.ports import Mail
from tests.adapters.gateway_verbs import CHALLENGE, MAIL, PERSON, answer, gateway, tokens
from tests.canary import Canary
from tests.conftest import LogWatch
from tests.scenario import Run
from tests.scripted_server import Reply, ScriptedServer, scripted_server

T = TypeVar("T")
PHONE = "+491511234567"
INVALID = Reply(400, {"code": "validation_failed", "message": "no"})
ACCEPTED = {"msg": "Confirmation link accepted. Please proceed to confirm link sent to the other email", "code": "200"}


class Asked:
    """The gateway at a scripted server, one call at a time."""

    def __init__(self, server: ScriptedServer, run: Run) -> None:
        self.server, self._run = server, run

    def __call__(self, use: Callable[[SupabaseGateway], Awaitable[T]]) -> T:
        async def scenario() -> T:
            pool = Pool(self.server.url)
            try:
                return await use(gateway(self.server.url, pool))
            finally:
                await pool.aclose()

        return self._run(scenario)

    def problem(self, use: Callable[[SupabaseGateway], Awaitable[object]]) -> Problem:
        with pytest.raises(AuthError) as caught:
            self(use)
        assert caught.value.__context__ is None
        return caught.value.problem

    @property
    def bodies(self) -> list[Any]:
        return [seen.json for seen in self.server.seen]


@pytest.fixture
def asked(run: Run) -> Iterator[Asked]:
    with scripted_server() as server:
        server.always = answer
        yield Asked(server, run)


# ---- codes


@pytest.mark.parametrize("create", [True, False])
def test_a_number_is_sent_a_text(asked: Asked, create: bool) -> None:
    asked(lambda g: g.send_code(PHONE, create=create))
    captcha = {"gotrue_meta_security": {"captcha_token": None}}
    assert asked.bodies == [{"phone": PHONE, "create_user": create, "channel": "sms", "data": None, **captcha}]


def test_no_mail_is_asked_for_with_a_place_to_lead_to_or_a_challenge(asked: Asked) -> None:
    asked(lambda g: g.sign_up(MAIL, "correct horse"))
    asked(lambda g: g.send_code(MAIL, create=True))
    asked(lambda g: g.recover(MAIL))
    asked(lambda g: g.resend_confirmation(MAIL))
    asked(lambda g: g.update_user("hers", UserChange(email="grace@example.com")))
    assert ["redirect_to" in seen.path or b"challenge" in seen.body for seen in asked.server.seen] == [False] * 5


@pytest.mark.parametrize(("to", "kind"), [(MAIL, ErrorKind.INVALID_EMAIL), (PHONE, ErrorKind.INVALID_PHONE)])
def test_what_cannot_be_reached_is_told_by_its_own_kind(asked: Asked, to: str, kind: ErrorKind) -> None:
    asked.server.play(INVALID)
    found = asked.problem(lambda g: g.send_code(to, create=True))
    assert (found.call, found.kind, found.code) == ("send_code", kind, "validation_failed")


WAYS: list[tuple[Mail, str, list[str]]] = [
    ("email", MAIL, ["email", "magiclink"]),
    ("recovery", MAIL, ["email", "recovery"]),
    ("email_change", MAIL, ["email_change"]),
    ("email", PHONE, ["sms"]),
    ("phone_change", PHONE, ["phone_change"]),
]


@pytest.mark.parametrize(("mail", "to", "types"), WAYS)
def test_a_code_is_redeemed_as_what_it_was_sent_for(asked: Asked, mail: Mail, to: str, types: list[str]) -> None:
    session = asked(lambda g: g.verify(to, "123456", mail))
    assert session
    assert session.user.id == PERSON["id"]
    reached = {"email" if "@" in to else "phone": to}
    captcha = {"gotrue_meta_security": {"captcha_token": None}}
    assert asked.bodies == [{"type": types[0], **reached, "token": "123456", **captcha}]


@pytest.mark.parametrize(("mail", "to", "types"), WAYS)
def test_a_type_that_a_server_does_not_know_gives_way_to_the_next(
    asked: Asked, mail: Mail, to: str, types: list[str]
) -> None:
    asked.server.always = lambda _: INVALID
    found = asked.problem(lambda g: g.verify(to, "123456", mail))
    assert (found.kind, [body["type"] for body in asked.bodies]) == (ErrorKind.CODE_REFUSED, types)


@pytest.mark.parametrize(("mail", "to", "types"), WAYS)
def test_a_refused_code_and_a_lost_answer_are_final(asked: Asked, mail: Mail, to: str, types: list[str]) -> None:
    asked.server.play(Reply(403, {"code": "otp_expired", "message": "no"}), Reply(raw=b""))
    assert asked.problem(lambda g: g.verify(to, "123456", mail)).kind is ErrorKind.CODE_REFUSED
    assert asked.problem(lambda g: g.verify(to, "123456", mail)).outcome is Outcome.LOST
    assert [body["type"] for body in asked.bodies] == types[:1] * 2


@pytest.mark.parametrize("code", ["200", 200])
def test_the_first_of_two_confirmations_is_nothing_yet(asked: Asked, code: object) -> None:
    asked.server.play(Reply(200, {**ACCEPTED, "code": code}))
    assert asked(lambda g: g.verify(MAIL, "123456", "email_change")) is None


@pytest.mark.parametrize(
    ("mail", "body"), [("email", ACCEPTED), ("recovery", ACCEPTED), ("email_change", {}), ("email_change", PERSON)]
)
def test_any_other_success_without_a_session_is_unreadable(asked: Asked, mail: Mail, body: dict[str, Any]) -> None:
    asked.server.play(Reply(200, body))
    assert asked.problem(lambda g: g.verify(MAIL, "123456", mail)).outcome is Outcome.UNREADABLE


# ---- the browser, and a token from elsewhere

GIVEN = [
    ({"provider_token": "ya29.a", "provider_refresh_token": "1//b"}, ProviderTokens("ya29.a", "1//b")),
    ({"provider_token": "ya29.a"}, ProviderTokens("ya29.a")),
    ({"provider_token": "ya29.a", "provider_refresh_token": None}, ProviderTokens("ya29.a")),
    ({"provider_token": "", "provider_refresh_token": "1//b"}, None),
    ({"provider_token": {"not": "a text"}}, None),
    ({}, None),
]


@pytest.mark.parametrize(("given", "expected"), GIVEN)
def test_an_exchange_brings_the_providers_own_tokens_where_there_are_any(
    asked: Asked, given: dict[str, Any], expected: ProviderTokens | None
) -> None:
    asked.server.play(Reply(200, {**tokens(), **given}))
    found = asked(lambda g: g.exchange("the-code", "the-verifier"))
    assert isinstance(found, Exchanged)
    assert (found.tokens, found.session.user.id) == (expected, PERSON["id"])


@pytest.mark.parametrize(
    "reply", [Reply(raw=b""), Reply(500, {"code": "unexpected_failure", "message": "oh"}), INVALID]
)
def test_an_exchange_is_tried_once(asked: Asked, reply: Reply) -> None:
    asked.server.always = lambda _: reply
    asked.problem(lambda g: g.exchange("the-code", "the-verifier"))
    assert len(asked.server.seen) == 1


def test_a_token_from_elsewhere_goes_with_what_belongs_to_it(asked: Asked) -> None:
    found = asked(lambda g: g.sign_in_with_id_token("apple", "a.b.c", access_token="theirs", nonce="unhashed"))
    assert isinstance(found, Session)
    [body] = asked.bodies
    captcha = {"gotrue_meta_security": {"captcha_token": None}}
    assert body == {"provider": "apple", "id_token": "a.b.c", "access_token": "theirs", "nonce": "unhashed", **captcha}


def test_the_providers_page_is_asked_for_with_all_that_it_takes(asked: Asked) -> None:
    options = {"prompt": "login"}
    found = asked(
        lambda g: g.authorize(
            "custom:acme", redirect_to="http://[::1]:5/x", challenge=CHALLENGE, scopes="a b", options=options
        )
    )
    assert found == "https://provider.test/login?state=1"
    [seen] = asked.server.seen
    for part in ("provider=custom%3Aacme", "scopes=a+b", "prompt=login", f"code_challenge={CHALLENGE}"):
        assert part in seen.path


# ---- the person and the project


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        (UserChange(), {}),
        (UserChange(facts={}), {"data": {}}),
        (UserChange(facts={"name": None}), {"data": {"name": None}}),
        (UserChange(password="p", nonce="123456"), {"password": "p", "nonce": "123456"}),
        (UserChange(phone=PHONE), {"phone": PHONE}),
    ],
)
def test_only_what_is_to_change_is_sent(asked: Asked, change: UserChange, sent: dict[str, Any]) -> None:
    asked.server.play(Reply(200, {**PERSON, "new_email": "grace@example.com"}))
    user = asked(lambda g: g.update_user("hers", change))
    assert (asked.bodies, user.facts["new_email"]) == ([sent], "grace@example.com")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (UserChange(email="x"), ErrorKind.INVALID_EMAIL),
        (UserChange(phone="x"), ErrorKind.INVALID_PHONE),
        (UserChange(email="x", phone="x"), ErrorKind.REFUSED),
        (UserChange(email="x", password="x" * 73), ErrorKind.REFUSED),
        (UserChange(facts={"name": "Ada"}), ErrorKind.REFUSED),
    ],
)
def test_what_is_not_valid_in_a_change_is_told_where_it_is_known(
    asked: Asked, change: UserChange, kind: ErrorKind
) -> None:
    asked.server.play(INVALID)
    assert asked.problem(lambda g: g.update_user("hers", change)).kind is kind


@pytest.mark.parametrize("facts", [{"when": object()}, {"much": float("nan")}])
def test_what_cannot_be_written_as_json_is_a_mistake_of_the_app(asked: Asked, facts: dict[str, Any]) -> None:
    assert asked.problem(lambda g: g.update_user("hers", UserChange(facts=facts))).kind is ErrorKind.MISUSE
    assert asked.server.seen == []


def test_a_project_says_what_it_offers(asked: Asked) -> None:
    assert asked(lambda g: g.project()) == Project(("github",), email=True, phone=False, sign_up=True)
    [seen] = asked.server.seen
    assert seen.path == "/auth/v1/settings"


@pytest.mark.parametrize(
    ("reply", "kind", "outcome"),
    [
        (Reply(200, {"external": ["github"]}), ErrorKind.SERVER, Outcome.UNREADABLE),
        (Reply(200, {}), ErrorKind.SERVER, Outcome.UNREADABLE),
        (Reply(200, b"<html>Welcome</html>"), ErrorKind.CAPTIVE_PORTAL, Outcome.UNREADABLE),
        (Reply(401, {"message": "Invalid API key"}), ErrorKind.BAD_KEY, Outcome.REFUSED),
        (Reply(302, b"", {"Location": "/elsewhere"}), ErrorKind.SERVER, Outcome.UNREADABLE),
        (Reply(raw=b""), ErrorKind.OFFLINE, Outcome.LOST),
    ],
)
def test_a_project_that_says_nothing_readable_is_told_by_its_kind(
    asked: Asked, reply: Reply, kind: ErrorKind, outcome: Outcome
) -> None:
    asked.server.play(reply)
    found = asked.problem(lambda g: g.project())
    assert (found.call, found.kind, found.outcome) == ("project", kind, outcome)
    assert len(asked.server.seen) == 1


def test_a_proxy_that_cannot_be_used_hides_no_project(
    run: Run, monkeypatch: pytest.MonkeyPatch, expected_logs: LogWatch
) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    expected_logs("desktopauth.gateway: the system's proxy")

    async def scenario() -> None:
        pool = Pool("https://project.invalid")
        with pytest.raises(AuthError) as caught:
            await gateway("https://project.invalid", pool).project()
        assert caught.value.problem == Problem(ErrorKind.MISUSE, "project", Outcome.MISUSE)
        assert caught.value.__context__ is None

    run(scenario)


def test_nothing_that_is_sent_or_answered_shows_in_a_log_or_a_repr(asked: Asked, canary: Canary) -> None:
    secret = {name: canary.secret(name) for name in ("verifier", "nonce", "password", "theirs", "once")}
    asked.server.play(
        Reply(200, {**tokens(), "provider_token": secret["theirs"], "provider_refresh_token": secret["once"]})
    )
    found = asked(lambda g: g.exchange(canary.secret("code"), secret["verifier"]))
    change = UserChange(password=secret["password"], nonce=secret["nonce"], current_password=canary.secret("old"))
    asked(lambda g: g.update_user(canary.secret("token"), change))
    asked(lambda g: g.sign_in_with_id_token("google", canary.secret("id"), nonce=secret["nonce"]))
    asked.server.play(Reply(422, {"code": "reauthentication_not_valid", "message": secret["nonce"]}))
    asked.problem(lambda g: g.update_user(canary.secret("token"), change))
    asked.problem(lambda g: g.exchange(f"{secret['verifier']}\ud800", secret["verifier"]))
    canary.scan_text(repr((found, found.tokens, change)), "what the gateway gave and took")
