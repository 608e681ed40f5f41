"""Mailed codes: asking for one, asking again, and typing it in."""

from __future__ import annotations

from typing import Any

from tests.double import phones, sessions
from tests.double.addresses import address
from tests.double.errors import Refusal, bad_request, forbidden, unprocessable
from tests.double.project import Project
from tests.double.records import Code, Flow, Identity, Purpose, User

_ACCEPTED = "Confirmation link accepted. Please proceed to confirm link sent to the other email"
_CHANGES = (Purpose.CHANGE_NEW, Purpose.CHANGE_CURRENT)
_TYPES = {
    "email": (Purpose.CONFIRMATION, Purpose.RECOVERY),
    "signup": (Purpose.CONFIRMATION,),
    "invite": (Purpose.CONFIRMATION,),
    "magiclink": (Purpose.RECOVERY,),
    "recovery": (Purpose.RECOVERY,),
    "email_change": _CHANGES,
}


def one_time_password(project: Project, body: dict[str, Any], flow: Flow) -> dict[str, Any]:
    """POST /otp: who is new or has not confirmed gets the mail of a sign-up."""
    if body.get("phone"):
        return phones.one_time_password(project, body)
    if body.get("channel"):
        raise bad_request("validation_failed", "Channel should only be specified with Phone OTP")
    email = address(body.get("email"))
    user = project.user_by_email(email)
    if user is None:
        if body.get("create_user") is False or not project.settings.allow_sign_up:
            raise unprocessable("otp_disabled", "Signups not allowed for otp")
        user = project.register(email, metadata=body.get("data") or {})
        user.confirmed_at = project.now() if project.settings.autoconfirm else None
    if user.confirmed_at is None:
        project.mail(user, Purpose.CONFIRMATION, email, "Confirm Your Signup", "signup", flow)
    else:
        project.mail(user, Purpose.RECOVERY, email, "Your Magic Link", "magiclink", flow)
    return {}


def recover(project: Project, body: dict[str, Any], flow: Flow) -> dict[str, Any]:
    """POST /recover: the answer is the same whether or not there is such a person."""
    user = project.user_by_email(address(body.get("email")))
    if user is not None:
        project.mail(user, Purpose.RECOVERY, user.email, "Reset Your Password", "recovery", flow)
    return {}


def resend(project: Project, body: dict[str, Any], flow: Flow) -> dict[str, Any]:
    user = project.user_by_email(_lower(body.get("email")))
    match body.get("type"):
        case "signup":
            if user is not None and user.confirmed_at is None:
                project.mail(user, Purpose.CONFIRMATION, user.email, "Confirm Your Signup", "signup", flow)
        case "email_change":
            if user is not None and user.new_email:
                send_change(project, user, user.new_email)
        case _:
            raise bad_request(
                "validation_failed", "Missing one of these types: signup, email_change, sms, phone_change"
            )
    return {}


def reauthenticate(project: Project, user: User) -> dict[str, Any]:
    if not user.email and user.phone:
        project.text(user, Purpose.REAUTHENTICATION, user.phone)
        return {}
    project.mail(user, Purpose.REAUTHENTICATION, user.email, "Confirm Reauthentication", "reauthentication")
    return {}


def send_change(project: Project, user: User, email: str) -> None:
    """Mail a code to the new address, and one to the old if both have to agree."""
    project.check_pause(user, Purpose.CHANGE_NEW)
    user.new_email, user.one_confirmed = email, False
    for purpose in _CHANGES:
        user.codes.pop(purpose, None)
        user.sent.pop(purpose, None)
    project.mail(user, Purpose.CHANGE_NEW, email, "Confirm Email Change", "email_change")
    if project.settings.confirm_both and user.email:
        project.mail(user, Purpose.CHANGE_CURRENT, user.email, "Confirm Email Change", "email_change")


def spend_nonce(project: Project, user: User, nonce: str) -> None:
    if not nonce:
        raise bad_request("reauthentication_needed", "Password update requires reauthentication")
    code = user.codes.get(Purpose.REAUTHENTICATION)
    if code is None or code.value != nonce or _stale(project, code):
        raise unprocessable("reauthentication_not_valid", "Nonce has expired or is invalid")


def void(user: User) -> None:
    """A new password makes every code that is still under way worthless."""
    user.codes.clear()


def verify(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    """POST /verify. Wrong, used, expired and unknown are one refusal, and it says nothing about any session."""
    if body.get("phone") and body.get("type") and body.get("token") and not body.get("email"):
        return phones.verify(project, body)
    purposes = _purposes(body)
    user, purpose = _by_token(project, body, purposes) if "token_hash" in body else _by_code(project, body, purposes)
    if user.banned:
        raise forbidden("user_banned", "User is banned")
    if purpose in _CHANGES:
        return _verify_change(project, user, purpose)
    _redeem(project, user, purpose)
    return sessions.begin(project, user, "otp")


def follow(project: Project, asked: dict[str, Any]) -> Flow:
    """GET /verify with the token of a mail that was asked for with a challenge: a code to exchange, and no session."""
    user, purpose = _by_token(project, asked, _purposes(asked))
    if user.banned:
        raise forbidden("user_banned", "User is banned")
    flow = _redeem(project, user, purpose).flow
    assert flow, "only a mail with a challenge has such a token"
    if asked["type"] == "magiclink":
        flow.created_at = project.now()  # the life of all others counts from the mail
    flow.user = user
    project.flows.append(flow)
    return flow


def _redeem(project: Project, user: User, purpose: Purpose) -> Code:
    user.confirmed_at = user.confirmed_at or project.now()
    return user.codes.pop(purpose)


def _purposes(body: dict[str, Any]) -> tuple[Purpose, ...]:
    if not body.get("type"):
        raise bad_request("validation_failed", "Verify requires a verification type")
    if "token_hash" in body and (body.get("email") or body.get("phone") or body.get("token")):
        raise bad_request("validation_failed", "Only the token_hash and type should be provided")
    if "token_hash" not in body and not (body.get("email") and body.get("token")):
        raise bad_request("validation_failed", "Only an email address or phone number should be provided on verify")
    if "token_hash" in body and body["type"] not in _TYPES:
        raise bad_request("validation_failed", "Invalid email verification type")
    return _TYPES.get(body["type"], ())


def _by_token(project: Project, body: dict[str, Any], purposes: tuple[Purpose, ...]) -> tuple[User, Purpose]:
    for user in project.users.values():
        for purpose in purposes:
            code = user.codes.get(purpose)
            if code is not None and code.token == body["token_hash"] and not _stale(project, code):
                return user, purpose
    raise _refused("Email link is invalid or has expired")


def _by_code(project: Project, body: dict[str, Any], purposes: tuple[Purpose, ...]) -> tuple[User, Purpose]:
    email = _lower(body["email"])
    for user in project.users.values():
        for purpose in purposes:
            code = user.codes.get(purpose)
            mailed = code is not None and (code.address, code.value) == (email, body["token"])
            if code is not None and mailed and not _stale(project, code):
                return user, purpose
    raise _refused("Token has expired or is invalid")


def _verify_change(project: Project, user: User, purpose: Purpose) -> dict[str, Any]:
    user.codes.pop(purpose)
    if project.settings.confirm_both and user.email and not user.one_confirmed:
        user.one_confirmed = True
        return {"msg": _ACCEPTED, "code": "200"}
    _move(project, user)
    return sessions.begin(project, user, "otp")


def _move(project: Project, user: User) -> None:
    now, email = project.now(), user.new_email
    known = next((identity for identity in user.identities if identity.provider == "email"), None)
    if known is None:
        user.identities.append(Identity("email", user.id, email, now))
    else:
        known.email = email
    user.email, user.new_email, user.anonymous, user.one_confirmed = email, "", False, False
    user.confirmed_at = user.confirmed_at or now


def _stale(project: Project, code: Code) -> bool:
    return project.now() > code.sent_at + project.settings.otp_expiry


def _refused(text: str) -> Refusal:
    return forbidden("otp_expired", text)


def _lower(given: object) -> str:
    return str(given or "").lower()
