"""The endpoints: which path and method does what, and who has to be signed in for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.double import accounts, codes, id_tokens, mfa, providers, sessions
from tests.double.errors import Refusal, bad_request
from tests.double.project import Project
from tests.double.records import Flow, Session, user_json


@dataclass(frozen=True)
class Call:
    """One request, taken apart; the path starts behind the base of the auth API."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: dict[str, Any]
    named: dict[str, str] = field(default_factory=dict)  # what the path's pattern found


@dataclass(frozen=True)
class Reply:
    """``body`` goes out as JSON, bytes as plain text; ``None`` is no body at all."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Endpoint = Callable[[Project, Call], Reply]


def respond(project: Project, call: Call) -> Reply:
    """Find the endpoint and let it answer. Raises ``Refusal``."""
    for method, pattern, endpoint in _ROUTES:
        found = re.fullmatch(pattern, call.path) if method == call.method else None
        if found:
            named = Call(call.method, call.path, call.query, call.headers, call.body, found.groupdict())
            return endpoint(project, named)
    return Reply(404, b"404 page not found\n")


def _token(project: Project, call: Call) -> Reply:
    match call.query.get("grant_type"):
        case "password":
            return _guarded(accounts.sign_in)(project, call)
        case "refresh_token":
            return Reply(200, sessions.refreshed(project, str(call.body.get("refresh_token") or "")))
        case "pkce":
            return Reply(200, providers.exchange(project, call.body))
        case "id_token":
            return Reply(200, id_tokens.sign_in(project, call.body))
        case _:
            raise bad_request("invalid_credentials", "unsupported_grant_type")


def _sign_out(project: Project, call: Call) -> Reply:
    sessions.sign_out(project, _session(project, call), call.query.get("scope", "global"))
    return Reply(204)


def _link(project: Project, call: Call) -> Reply:
    target = providers.link(project, _session(project, call), call.query)
    wanted = call.query.get("skip_http_redirect") == "true"
    return Reply(200, {"url": target}) if wanted else _redirect(302, target)


def _follow_mail(project: Project, call: Call) -> Reply:
    """The link in a mail: tokens, or an error, in the fragment of the address that the browser goes to."""
    target = call.query.get("redirect_to", project.url)
    asked = {"type": call.query.get("type", ""), "token_hash": call.query.get("token", "")}
    if asked["token_hash"].startswith("pkce_"):
        return _redirect(303, _follow_to_a_code(project, asked, target))
    try:
        session = codes.verify(project, asked)
    except Refusal as refusal:
        told = {"error": "access_denied", "error_code": refusal.code, "error_description": refusal.message}
        return _redirect(303, f"{target}#{urlencode(told)}&sb=")
    shown = {name: value for name, value in session.items() if name != "user"} | {"type": asked["type"]}
    return _redirect(303, f"{target}#{urlencode(shown)}&sb=")


def _follow_to_a_code(project: Project, asked: dict[str, Any], target: str) -> str:
    """The same where the mail was asked for with a challenge: a code, or an error in the query as well."""
    try:
        return providers.granted(codes.follow(project, asked))
    except Refusal as refusal:
        return providers.failed(target, refusal)


def _settings(project: Project, call: Call) -> Reply:
    settings = project.settings
    ours = {"anonymous_users": settings.anonymous, "email": True, "phone": settings.phone}
    external = dict.fromkeys(_PROVIDERS, False) | dict.fromkeys(settings.providers, True) | ours
    told = {"external": external, "disable_signup": not settings.allow_sign_up}
    return Reply(200, told | {"mailer_autoconfirm": settings.autoconfirm, "phone_autoconfirm": False})


def _health(project: Project, call: Call) -> Reply:
    return Reply(200, {"version": "double", "name": "GoTrue", "description": "written from GoTrue's contract"})


def _redirect(status: int, target: str) -> Reply:
    return Reply(status, None, {"Location": target})


def _session(project: Project, call: Call) -> Session:
    return sessions.bearer(project, call.headers.get("authorization", ""))


def _open(answer: Callable[[Project, dict[str, Any]], Any]) -> Endpoint:
    """An endpoint for everybody that turns one JSON into another."""
    return lambda project, call: Reply(200, answer(project, call.body))


def _guarded(answer: Callable[[Project, dict[str, Any]], Any]) -> Endpoint:
    """The same, for people only, where the project wants a captcha; nobody can solve the double's."""

    def guarded(project: Project, call: Call) -> Reply:
        if project.settings.captcha:
            raise bad_request("captcha_failed", "captcha protection: request disallowed (no captcha_token found)")
        return Reply(200, answer(project, call.body))

    return guarded


def _mailing(answer: Callable[[Project, dict[str, Any], Flow], Any]) -> Endpoint:
    """The same for what sends a mail, which may be asked to lead somewhere."""

    def mailing(project: Project, call: Call) -> Reply:
        challenge, method = providers.challenged(call.body)
        target = call.query.get("redirect_to") or project.url
        flow = Flow(providers.MAIL, target, challenge, method, "", project.now())
        return _guarded(lambda project, body: answer(project, body, flow))(project, call)

    return mailing


def _signed_in(answer: Callable[[Project, Session, Call], Any]) -> Endpoint:
    """An endpoint for those who are signed in."""
    return lambda project, call: Reply(200, answer(project, _session(project, call), call))


_PROVIDERS = ("apple", "azure", "discord", "github", "gitlab", "google", "kakao", "keycloak", "spotify")
_FACTOR = r"/factors/(?P<id>[^/]+)"
_ROUTES: list[tuple[str, str, Endpoint]] = [
    ("GET", "/health", _health),
    ("GET", "/settings", _settings),
    ("POST", "/signup", _mailing(accounts.sign_up)),
    ("POST", "/token", _token),
    ("POST", "/logout", _sign_out),
    ("POST", "/otp", _mailing(codes.one_time_password)),
    ("POST", "/recover", _mailing(codes.recover)),
    ("POST", "/resend", _mailing(codes.resend)),
    ("POST", "/verify", _open(codes.verify)),
    ("GET", "/verify", _follow_mail),
    ("GET", "/user", _signed_in(lambda project, session, call: user_json(session.user))),
    ("PUT", "/user", _signed_in(lambda project, session, call: accounts.update(project, session, call.body))),
    ("GET", "/reauthenticate", _signed_in(lambda project, session, _: codes.reauthenticate(project, session.user))),
    ("POST", "/factors", _signed_in(lambda project, session, call: mfa.enrol(project, session, call.body))),
    ("POST", f"{_FACTOR}/challenge", _signed_in(lambda p, session, call: mfa.challenge(p, session, call.named["id"]))),
    ("POST", f"{_FACTOR}/verify", _signed_in(lambda p, s, call: mfa.verify(p, s, call.named["id"], call.body))),
    ("DELETE", _FACTOR, _signed_in(lambda project, session, call: mfa.unenrol(project, session, call.named["id"]))),
    ("GET", "/authorize", lambda project, call: _redirect(302, providers.authorize(project, call.query))),
    ("GET", "/provider", lambda project, call: _redirect(302, providers.consent(project, call.query))),
    ("GET", "/callback", lambda project, call: _redirect(302, providers.callback(project, call.query))),
    ("GET", "/user/identities/authorize", _link),
    (
        "DELETE",
        "/user/identities/(?P<id>[^/]+)",
        _signed_in(lambda project, session, call: providers.unlink(session, call.named["id"])),
    ),
]
