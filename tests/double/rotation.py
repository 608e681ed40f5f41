"""Refreshing: which refresh tokens are honoured, and what a stolen or a late one costs.

First kind: rows that know their parent. Second kind: a counter in the session. Both forgive an answer that was lost.
"""

from __future__ import annotations

from tests.double import tokens
from tests.double.errors import Refusal, bad_request
from tests.double.project import Project
from tests.double.records import RefreshToken, Session

_USED = "Invalid Refresh Token: Already Used"


def first_token(project: Project, session: Session) -> str:
    """The refresh token that a new session begins with."""
    if project.settings.algorithm == 1:
        return _grant(project, session, None)
    session.counter = 0
    return tokens.counted_token(session.id, 0, session.key)


def refresh(project: Project, token: str) -> tuple[Session, str]:
    """The session of a refresh token, and the token that comes after it. Raises ``Refusal``."""
    session, row = _find(project, token)
    if session.user.banned:
        raise bad_request("user_banned", "Invalid Refresh Token: User Banned")
    check_validity(project, session)
    issued = _by_row(project, row) if row else _by_counter(project, session, token)
    session.refreshed_at = project.now()
    return session, issued


def rotate_after_factor(project: Project, session: Session) -> str:
    """A second factor was right: the refresh token so far is spent. The counter goes up by two, on purpose."""
    if session.counter is not None:
        session.counter += 2
        return tokens.counted_token(session.id, session.counter, session.key)
    return _swap(project, _active(project, session))


def check_validity(project: Project, session: Session) -> None:
    """Sessions end by age only when they are refreshed; access tokens outlive that. Raises ``Refusal``."""
    settings, now = project.settings, project.now()
    if settings.timebox is not None and now > session.created_at + settings.timebox:
        raise _expired("")
    if settings.inactivity is not None and now > session.refreshed_at + settings.inactivity:
        raise _expired(" (Inactivity)")
    newer = (other.refreshed_at > session.refreshed_at for other in project.sessions_of(session.user))
    if settings.single_session and any(newer):
        raise _expired(" (Revoked by Newer Login)")


def _find(project: Project, token: str) -> tuple[Session, RefreshToken | None]:
    if tokens.is_short(token):
        row = project.refresh_tokens.get(token)
        if row is None:
            raise _unknown()
        return row.session, row
    session_id, counter = tokens.read_counted(token)
    session = project.sessions.get(session_id)
    if session is None or session.counter is None:
        raise _unknown()
    if tokens.counted_token(session_id, counter, session.key) != token:
        raise tokens.not_valid()
    return session, None


def _by_row(project: Project, row: RefreshToken) -> str:
    if project.settings.same_token:
        return row.token
    if row.revoked:
        active = _newest(project, row.session)
        if active is not None and active.parent == row.token:
            return active.token  # the answer was lost: at any age the same one again
        _check_reuse(project, row)
    return _swap(project, row)


def _check_reuse(project: Project, row: RefreshToken) -> None:
    settings = project.settings
    if settings.endless_reuse or project.now() <= row.updated_at + settings.reuse_interval:
        return
    if settings.rotation:
        _revoke_family(project, row.session)
    raise bad_request("refresh_token_already_used", _USED)


def _revoke_family(project: Project, session: Session) -> None:
    # The session's row stays, and the touch of the rows starts a reuse interval of its own: so does GoTrue.
    for row in project.refresh_tokens.values():
        if row.session is session and not row.revoked:
            row.revoked, row.updated_at = True, project.now()


def _by_counter(project: Project, session: Session, token: str) -> str:
    _, counter = tokens.read_counted(token)
    assert session.counter is not None
    behind = session.counter - counter
    if behind < 0:
        raise bad_request("validation_failed", "Invalid Refresh Token: Not Issued By This Server")
    if behind == 0 and not project.settings.same_token:
        session.counter += 1
    elif behind > 1 and not _forgiven(project, session):
        raise _destroyed(project, session)
    return tokens.counted_token(session.id, session.counter, session.key)


def _forgiven(project: Project, session: Session) -> bool:
    settings = project.settings
    return settings.endless_reuse or project.now() - session.refreshed_at < settings.reuse_interval


def _destroyed(project: Project, session: Session) -> Refusal:
    refusal = bad_request("refresh_token_already_used", _USED)
    if project.settings.rotation:
        project.end(session)
        refusal.headers["sb-auth-refresh-token-rotated"] = "true"
    return refusal


def _swap(project: Project, row: RefreshToken) -> str:
    row.revoked, row.updated_at = True, project.now()
    return _grant(project, row.session, row.token)


def _grant(project: Project, session: Session, parent: str | None) -> str:
    row = RefreshToken(tokens.short_token(), session, parent, project.now())
    project.refresh_tokens[row.token] = row
    return row.token


def _newest(project: Project, session: Session) -> RefreshToken | None:
    rows = (row for row in reversed(project.refresh_tokens.values()) if row.session is session and not row.revoked)
    return next(rows, None)


def _active(project: Project, session: Session) -> RefreshToken:
    rows = [row for row in project.refresh_tokens.values() if row.session is session]
    return _newest(project, session) or rows[-1]


def _unknown() -> Refusal:
    return bad_request("refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")


def _expired(why: str) -> Refusal:
    return bad_request("session_expired", f"Invalid Refresh Token: Session Expired{why}")
