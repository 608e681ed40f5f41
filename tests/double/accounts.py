"""Accounts: sign-up by address or without one, sign-in by password, and what a person may change about themselves."""

from __future__ import annotations

from typing import Any

from tests.double import phones, sessions
from tests.double.addresses import address
from tests.double.codes import send_change, spend_nonce, void
from tests.double.errors import Refusal, bad_request, forbidden, unprocessable
from tests.double.project import Project
from tests.double.records import Flow, Purpose, Session, User, user_json

_DAY = 86_400
_LONGEST = 72  # bytes, of a password


def sign_up(project: Project, body: dict[str, Any], flow: Flow | None = None) -> dict[str, Any]:
    if not project.settings.allow_sign_up:
        raise unprocessable("signup_disabled", "Signups not allowed for this instance")
    if not body.get("email") and not body.get("phone"):
        return _sign_up_nobody(project, body)
    email, password = address(body.get("email")), str(body.get("password") or "")
    if not password:
        raise bad_request("validation_failed", "Signup requires a valid password")
    check_password(project, password)
    known = project.user_by_email(email)
    if known is not None and known.confirmed_at is not None:
        return _sign_up_again(project, email)
    user = known or project.register(email, metadata=body.get("data") or {})
    user.password = password
    return _confirm_or_mail(project, user, flow)


def _sign_up_nobody(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    if not project.settings.anonymous:
        raise unprocessable("anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    user = User("", project.now(), anonymous=True, metadata=body.get("data") or {})
    project.users[user.id] = user
    return sessions.begin(project, user, "anonymous")


def _sign_up_again(project: Project, email: str) -> dict[str, Any]:
    if project.settings.autoconfirm:
        raise unprocessable("user_already_exists", "User already registered")
    # Nobody is to learn by this who has an account: a made-up user, with nothing to tell them by but the empty list.
    made_up = User(email, project.now())
    made_up.sent[Purpose.CONFIRMATION] = project.now()
    return user_json(made_up)


def _confirm_or_mail(project: Project, user: User, flow: Flow | None) -> dict[str, Any]:
    if project.settings.autoconfirm:
        user.confirmed_at = project.now()
        return sessions.begin(project, user, "password")
    project.mail(user, Purpose.CONFIRMATION, user.email, "Confirm Your Signup", "signup", flow)
    return user_json(user)


def sign_in(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    user = project.user_by_email(str(body.get("email") or "").lower())
    if user is None or user.password is None or user.password != body.get("password"):
        raise bad_request("invalid_credentials", "Invalid login credentials")
    if user.banned:
        raise bad_request("user_banned", "User is banned")
    if user.confirmed_at is None:
        raise bad_request("email_not_confirmed", "Email not confirmed")
    return sessions.begin(project, user, "password")


def update(project: Project, session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """PUT /user: every check comes before every change."""
    user, password = session.user, body.get("password")
    if body.get("app_metadata") is not None:
        raise forbidden("not_admin", "Updating app_metadata requires admin privileges")
    email = address(body["email"]) if body.get("email") else ""
    phone = phones.number(body["phone"]) if body.get("phone") else ""
    _check_update(project, session, email, phone, password)
    if password is not None:
        _set_password(project, session, password, body)
    user.metadata = {**user.metadata, **(body.get("data") or {})}
    if email and email != user.email:
        send_change(project, user, email)
    if phone and phone != user.phone:
        phones.send_change(project, user, phone)
    return user_json(user)


def _check_update(project: Project, session: Session, email: str, phone: str, password: str | None) -> None:
    user = session.user
    moves, calls = bool(email) and email != user.email, bool(phone) and phone != user.phone
    if password is not None:
        check_password(project, password)
    if user.protected and session.aal != "aal2" and (password or moves or calls):
        raise Refusal(401, "insufficient_aal", "AAL2 session is required to update email or password")
    if user.anonymous and password and not email and not phone:
        raise unprocessable("validation_failed", "Updating password of an anonymous user without an email or phone")
    if moves and project.user_by_email(email) is not None:
        raise unprocessable("email_exists", "A user with this email address has already been registered")
    if calls and project.user_by_phone(phone) is not None:
        raise unprocessable("phone_exists", "A user with this phone number has already been registered")


def _set_password(project: Project, session: Session, password: str, body: dict[str, Any]) -> None:
    user = session.user
    if project.settings.reauthenticate and project.now() > session.created_at + _DAY:
        spend_nonce(project, user, str(body.get("nonce") or ""))
    if project.settings.current_password and user.password is not None and "otp" not in session.methods:
        _check_current(user, body.get("current_password"))
    if user.password == password:
        raise unprocessable("same_password", "New password should be different from the old password.")
    user.password = password
    void(user)
    sessions.sign_out(project, session, "others")


def _check_current(user: User, given: str | None) -> None:
    if not given:
        raise bad_request("current_password_required", "Current password required when setting new password.")
    if given != user.password:
        raise bad_request("current_password_invalid", "Current password required when setting new password.")


def check_password(project: Project, password: str) -> None:
    """Raise what a password lacks, all of it at once."""
    if len(password.encode()) > _LONGEST:
        raise bad_request("validation_failed", "Password cannot be longer than 72 characters")
    settings = project.settings
    reasons = ["length"] if len(password) < settings.password_length else []
    reasons += ["characters"] if not all(set(kind) & set(password) for kind in settings.password_characters) else []
    if reasons:
        text = f"Password should be at least {settings.password_length} characters."
        raise Refusal(422, "weak_password", text, weak_password={"reasons": reasons})
