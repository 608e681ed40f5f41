"""Second factors by authenticator app: enrolling, challenging, verifying, and what each does to the sessions."""

from __future__ import annotations

from typing import Any

from tests.double import rotation, sessions, totp
from tests.double.errors import Refusal, bad_request, forbidden, not_found, unprocessable
from tests.double.project import Project
from tests.double.records import Challenge, Factor, Session

_LIFE = 300  # seconds, of a challenge and of a factor that was never verified
_MOST = 10
_SVG = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="3" height="3"></svg>'


def enrol(project: Project, session: Session, body: dict[str, Any]) -> dict[str, Any]:
    if session.user.anonymous:
        raise forbidden("no_authorization", "Anonymous user not allowed to perform these actions")
    if body.get("factor_type") != "totp":
        raise bad_request("validation_failed", "factor_type needs to be totp, phone, or webauthn")
    if not project.settings.mfa:
        raise unprocessable("mfa_totp_enroll_not_enabled", "MFA enroll is disabled for TOTP")
    name = str(body.get("friendly_name") or "")
    _drop_forgotten(project, session)
    _check_enrolment(session, name)
    factor = Factor(name, totp.new_secret(), project.now())
    session.user.factors.append(factor)
    uri = f"otpauth://totp/double:{session.user.email}?secret={factor.secret}&issuer=double"
    shown = {"qr_code": _SVG, "secret": factor.secret, "uri": uri}
    return {"id": factor.id, "type": "totp", "friendly_name": name, "totp": shown}


def _drop_forgotten(project: Project, session: Session) -> None:
    fresh = project.now() - _LIFE
    session.user.factors = [each for each in session.user.factors if each.verified or each.created_at > fresh]


def _check_enrolment(session: Session, name: str) -> None:
    factors = session.user.factors
    if any(factor.name == name for factor in factors):
        text = f'A factor with the friendly name "{name}" for this user already exists'
        raise unprocessable("mfa_factor_name_conflict", text)
    if len(factors) >= _MOST:
        raise unprocessable("too_many_enrolled_mfa_factors", "Maximum number of verified factors reached")
    if session.user.protected and session.aal != "aal2":
        raise forbidden("insufficient_aal", "AAL2 required to enroll a new factor")


def challenge(project: Project, session: Session, factor_id: str) -> dict[str, Any]:
    made = Challenge(_factor(session, factor_id).id, project.now())
    project.challenges[made.id] = made
    return {"id": made.id, "type": "totp", "expires_at": int(made.created_at + _LIFE)}


def verify(project: Project, session: Session, factor_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """A right code lifts this session, rotates its token, and ends every session that has shown no second factor."""
    factor = _factor(session, factor_id)
    asked = _usable(project, factor, str(body.get("challenge_id")))
    if not totp.matches(factor.secret, str(body.get("code")), project.now()):
        raise unprocessable("mfa_verification_failed", "Invalid TOTP code entered")
    asked.used = factor.verified = True
    session.aal, session.methods["totp"] = "aal2", project.now()
    session.user.factors = [each for each in session.user.factors if each.verified]
    for other in project.sessions_of(session.user):
        if other.aal == "aal1":
            project.end(other)
    return sessions.answer(project, session, rotation.rotate_after_factor(project, session))


def _usable(project: Project, factor: Factor, challenge_id: str) -> Challenge:
    found = project.challenges.get(challenge_id)
    if found is None or found.factor != factor.id:
        raise unprocessable("mfa_factor_not_found", "MFA factor with the provided challenge ID not found")
    if found.used:
        raise unprocessable("mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch")
    if project.now() > found.created_at + _LIFE:
        del project.challenges[challenge_id]
        raise unprocessable("mfa_challenge_expired", "MFA challenge has expired, verify against another challenge")
    return found


def unenrol(project: Project, session: Session, factor_id: str) -> dict[str, Any]:
    """Sessions fall back to one factor; access tokens say otherwise until they are refreshed."""
    factor = _factor(session, factor_id)
    if factor.verified and session.aal != "aal2":
        raise unprocessable("insufficient_aal", "AAL2 required to unenroll verified factor")
    session.user.factors.remove(factor)
    if not session.user.protected:
        for each in project.sessions_of(session.user):
            each.aal = "aal1"
            each.methods.pop("totp", None)
    return {"id": factor.id}


def _factor(session: Session, factor_id: str) -> Factor:
    found: list[Factor] = [factor for factor in session.user.factors if factor.id == factor_id]
    if not found:
        raise _no_factor()
    return found[0]


def _no_factor() -> Refusal:
    return not_found("mfa_factor_not_found", "Factor not found")
