"""Sign-in by a provider with PKCE, linking and unlinking; the provider is played here too, and always says yes."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.double import sessions
from tests.double.errors import Refusal, bad_request, not_found, unprocessable
from tests.double.project import Project
from tests.double.records import Flow, Identity, Session, User, new_id

MAIL = "email"
_LIFE = 300  # seconds from the first request to the exchange
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def authorize(project: Project, query: dict[str, str], linking: User | None = None) -> str:
    """The provider's address, for the browser. Raises ``Refusal`` before there is any browser."""
    if query.get("provider") not in project.settings.providers:
        raise bad_request("validation_failed", "Unsupported provider: provider is not enabled")
    challenge, method = challenged(query)
    target, hint = query.get("redirect_to", project.url), query.get("login_hint", f"{new_id()}@provider.example")
    flow = Flow(query["provider"], target, challenge, method, hint, project.now(), linking)
    project.flows.append(flow)
    return f"{project.url}/provider?{urlencode({'state': flow.state})}"


def challenged(asked: dict[str, Any]) -> tuple[str, str]:
    """Challenge and method, both or neither. Raises ``Refusal``."""
    challenge, method = asked.get("code_challenge") or "", (asked.get("code_challenge_method") or "").lower()
    proved = _CHALLENGE.fullmatch(challenge) and method in ("s256", "plain")
    if (challenge or method) and not proved:
        raise bad_request("validation_failed", "PKCE flow requires code_challenge_method and code_challenge")
    return challenge, method


def link(project: Project, session: Session, query: dict[str, str]) -> str:
    if not project.settings.linking:
        raise not_found("manual_linking_disabled", "Manual linking is disabled")
    return authorize(project, query, session.user)


def consent(project: Project, query: dict[str, str]) -> str:
    """The provider's page, which nobody has to click on."""
    no = {"error": "access_denied", "error_description": "The user has denied your application access"}
    told = no if project.settings.provider_denies else {"code": new_id()}
    return f"{project.url}/callback?{urlencode({'state': query.get('state', ''), **told})}"


def callback(project: Project, query: dict[str, str]) -> str:
    """Where the browser goes in the end: with a code, or with an error in query and fragment alike."""
    flow = next((each for each in project.flows if each.state == query.get("state")), None)
    if flow is None:
        return failed(project.url, Refusal(400, "bad_oauth_state", "OAuth state not found or expired"))
    if "error" in query:
        return _denied(flow.redirect_to, query)
    try:
        flow.user = _link(project, flow, flow.linking) if flow.linking else signed_in(project, flow)
    except Refusal as refusal:
        return failed(flow.redirect_to, refusal)
    if flow.challenge:
        return granted(flow)
    return f"{flow.redirect_to}#{urlencode(_in_the_open(project, flow, flow.user))}&sb="


def granted(flow: Flow) -> str:
    return f"{flow.redirect_to}{_joint(flow.redirect_to)}{urlencode({'code': flow.code})}"


def _in_the_open(project: Project, flow: Flow, user: User) -> dict[str, Any]:
    """Without a challenge there is nothing to exchange: the session itself goes by the browser."""
    project.flows.remove(flow)
    session = {**sessions.begin(project, user, "oauth"), **_given()}
    return {name: value for name, value in session.items() if name != "user"}


def exchange(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    """The code for a session, once; a wrong verifier spends nothing."""
    code, verifier = body.get("auth_code"), body.get("code_verifier")
    if not code or not verifier:
        raise bad_request("validation_failed", "invalid request: both auth code and code verifier should be non-empty")
    flow = next((each for each in project.flows if each.code == code and each.user is not None), None)
    if flow is None or flow.user is None:
        raise not_found("flow_state_not_found", "invalid flow state, no valid flow state found")
    if project.now() > flow.created_at + _LIFE:
        raise unprocessable("flow_state_expired", "invalid flow state, flow state has expired")
    if _challenge(str(verifier), flow.method) != flow.challenge:
        raise bad_request("bad_code_verifier", "code challenge does not match previously saved code verifier")
    project.flows.remove(flow)
    if flow.provider == MAIL:
        return sessions.begin(project, flow.user, "otp")
    return {**sessions.begin(project, flow.user, "oauth"), **_given()}


def _given() -> dict[str, str]:
    """What the provider gave for its own API: told here, and never again."""
    return {"provider_token": f"provider-{new_id()}", "provider_refresh_token": f"provider-refresh-{new_id()}"}


def unlink(session: Session, identity_id: str) -> dict[str, Any]:
    identities = session.user.identities
    if len(identities) <= 1:
        raise unprocessable("single_identity_not_deletable", "User must have at least 1 identity after unlinking")
    found = next((identity for identity in identities if identity.id == identity_id), None)
    if found is None:
        raise unprocessable("identity_not_found", "Identity doesn't exist")
    identities.remove(found)
    return {}


def _challenge(verifier: str, method: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() if method == "s256" else verifier


def signed_in(project: Project, flow: Flow) -> User:
    """The account of who the provider says it is, made if there is none. Raises ``Refusal``."""
    owner = _owner(project, flow)
    if owner is not None:
        return owner
    if not project.settings.provider_verifies:
        text = (
            f"Unverified email with {flow.provider}. A confirmation email has been sent to your {flow.provider} email"
        )
        raise unprocessable("provider_email_needs_verification", text)
    user = project.user_by_email(flow.hint)
    if user is None:
        user = User(flow.hint, project.now())
        project.users[user.id] = user
    user.confirmed_at = user.confirmed_at or project.now()
    user.identities.append(_identity(project, flow))
    return user


def _link(project: Project, flow: Flow, user: User) -> User:
    if _owner(project, flow) is not None:
        raise unprocessable("identity_already_exists", "Identity is already linked")
    user.identities.append(_identity(project, flow))
    if not user.email:
        user.email, user.anonymous, user.confirmed_at = flow.hint, False, project.now()
    return user


def _identity(project: Project, flow: Flow) -> Identity:
    return Identity(flow.provider, f"subject of {flow.hint}", flow.hint, project.now())


def _owner(project: Project, flow: Flow) -> User | None:
    wanted = (flow.provider, f"subject of {flow.hint}")
    for user in project.users.values():
        if any((identity.provider, identity.subject) == wanted for identity in user.identities):
            return user
    return None


def _denied(target: str, query: dict[str, str]) -> str:
    """What the provider said goes on as it is, in query and fragment, with no code of the server's."""
    told = urlencode({"error": query["error"], "error_description": query.get("error_description", "")})
    return f"{target}{_joint(target)}{told}#{told}&sb="


def failed(target: str, refusal: Refusal) -> str:
    # The short word follows the status, so it is "server_error" for most of what is no error of any server.
    word = {400: "invalid_request", 401: "unauthorized_client", 403: "access_denied"}.get(
        refusal.status, "server_error"
    )
    told = urlencode({"error": word, "error_code": refusal.code, "error_description": refusal.message})
    return f"{target}{_joint(target)}{told}#{told}&sb="


def _joint(target: str) -> str:
    return "&" if urlsplit(target).query else "?"
