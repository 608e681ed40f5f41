"""Sessions: what a sign-in makes, what an access token says, who a bearer is, and signing out."""

from __future__ import annotations

from typing import Any

from tests.double import rotation, tokens
from tests.double.errors import Refusal, bad_request, forbidden
from tests.double.project import Project
from tests.double.records import Session, User, user_json


def begin(project: Project, user: User, method: str) -> dict[str, Any]:
    """Sign ``user`` in, and answer as every way in does."""
    now = project.now()
    user.signed_in_at = now
    session = Session(user, now, now, {method: now})
    project.sessions[session.id] = session
    return answer(project, session, rotation.first_token(project, session))


def refreshed(project: Project, token: str) -> dict[str, Any]:
    session, issued = rotation.refresh(project, token)
    return answer(project, session, issued)


def answer(project: Project, session: Session, refresh_token: str) -> dict[str, Any]:
    expires_in = project.settings.jwt_expiry
    expires_at = int(project.now()) + expires_in
    return {
        "access_token": tokens.sign(_claims(project, session, expires_at), project.settings.jwt_secret),
        "token_type": "bearer",
        "expires_in": expires_in,
        "expires_at": expires_at,
        "refresh_token": refresh_token,
        "user": user_json(session.user),
    }


def _claims(project: Project, session: Session, expires_at: int) -> dict[str, Any]:
    user = user_json(session.user)
    newest_first = sorted(session.methods.items(), key=lambda item: -item[1])
    return {
        "iss": project.url,
        "sub": session.user.id,
        "aud": "authenticated",
        "exp": expires_at,
        "iat": expires_at - project.settings.jwt_expiry,
        "email": session.user.email,
        "phone": session.user.phone,
        "app_metadata": user["app_metadata"],
        "user_metadata": user["user_metadata"],
        "role": "authenticated",
        "aal": session.aal,
        "amr": [{"method": method, "timestamp": int(at)} for method, at in newest_first],
        "session_id": session.id,
        "is_anonymous": session.user.anonymous,
    }


def bearer(project: Project, authorization: str) -> Session:
    """The session behind an ``Authorization`` header. Raises ``Refusal``; only three of them mean that it is over."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(401, "no_authorization", "This endpoint requires a valid Bearer token")
    claims = tokens.verify(token, project.settings.jwt_secret)
    if claims is None:
        raise forbidden("bad_jwt", "invalid JWT: unable to parse or verify signature, signature is invalid")
    if claims["exp"] <= project.now():
        raise forbidden("bad_jwt", "invalid JWT: unable to parse or verify signature, token is expired")
    return _session_of(project, claims)


def _session_of(project: Project, claims: dict[str, Any]) -> Session:
    user = project.users.get(claims["sub"])
    if user is None:
        raise forbidden("user_not_found", "User from sub claim in JWT does not exist")
    if user.banned:
        raise forbidden("user_banned", "User is banned")
    session = project.sessions.get(claims["session_id"])
    if session is None:
        raise forbidden("session_not_found", "Session from session_id claim in JWT does not exist")
    return session


def sign_out(project: Project, session: Session, scope: str) -> None:
    """``global`` is what the server takes for no scope at all."""
    if scope not in ("global", "local", "others"):
        raise bad_request("validation_failed", f"Unsupported logout scope {scope!r}")
    for each in project.sessions_of(session.user):
        if scope == "global" or (each is session) == (scope == "local"):
            project.end(each)
