"""Codes by text message: to sign in with a phone number, and to move to another one."""

from __future__ import annotations

import re
from typing import Any

from tests.double import sessions
from tests.double.errors import bad_request, forbidden, unprocessable
from tests.double.project import Project
from tests.double.records import Identity, Purpose, User

_NUMBER = re.compile(r"[1-9][0-9]{1,14}")  # E.164
_CHANNELS = ("sms", "whatsapp")
_TYPES = {"sms": Purpose.PHONE, "phone_change": Purpose.PHONE_CHANGE}


def number(given: object) -> str:
    """The number as the server keeps it: without the plus. Raises ``Refusal``."""
    plain = given.removeprefix("+").replace(" ", "") if isinstance(given, str) else ""
    if not _NUMBER.fullmatch(plain):
        raise bad_request("validation_failed", "Invalid phone number format (E.164 required)")
    return plain


def one_time_password(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    """POST /otp for a phone."""
    if not project.settings.phone:
        raise bad_request("phone_provider_disabled", "Unsupported phone provider")
    phone = number(body.get("phone"))
    if body.get("channel") not in (None, *_CHANNELS):
        raise bad_request("validation_failed", "Invalid channel, supported values are 'sms' or 'whatsapp'")
    user = project.user_by_phone(phone)
    if user is None:
        if body.get("create_user") is False or not project.settings.allow_sign_up:
            raise unprocessable("otp_disabled", "Signups not allowed for otp")
        user = project.register_phone(phone, metadata=body.get("data") or {})
    project.text(user, Purpose.PHONE, phone)
    return {"message_id": ""}


def verify(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    """POST /verify for a phone."""
    phone, purpose = number(body["phone"]), _TYPES.get(body["type"])
    if purpose is None:
        raise bad_request("validation_failed", "Invalid sms verification type")
    user = next((each for each in project.users.values() if _matches(project, each, purpose, phone, body)), None)
    if user is None:
        raise forbidden("otp_expired", "Token has expired or is invalid")
    if user.banned:
        raise forbidden("user_banned", "User is banned")
    user.codes.clear()
    if purpose is Purpose.PHONE_CHANGE:
        _move(project, user)
    user.phone_confirmed_at, user.anonymous = project.now(), False
    return sessions.begin(project, user, "otp")


def send_change(project: Project, user: User, phone: str) -> None:
    """Text a code to the new number; nobody asks the old one."""
    project.text(user, Purpose.PHONE_CHANGE, phone)
    user.new_phone = phone


def _matches(project: Project, user: User, purpose: Purpose, phone: str, body: dict[str, Any]) -> bool:
    code = user.codes.get(purpose)
    fresh = code is not None and project.now() <= code.sent_at + project.settings.text_expiry
    return code is not None and fresh and (code.address, code.value) == (phone, body["token"])


def _move(project: Project, user: User) -> None:
    if not any(identity.provider == "phone" for identity in user.identities):
        user.identities.append(Identity("phone", user.id, "", project.now()))
    user.phone, user.new_phone = user.new_phone, ""
