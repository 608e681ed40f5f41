"""Signing in with an ID token that the app got from a provider itself (OpenID Connect Core §2)."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.double import providers, sessions, tokens
from tests.double.errors import OAuthRefusal, bad_request
from tests.double.project import Project
from tests.double.records import Flow

CLIENT = "the app, as its providers know it"
_KNOWN = ("apple", "azure", "facebook", "google", "kakao", "keycloak")


def sign_in(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    """POST /token?grant_type=id_token. The double's providers all sign with one secret."""
    given, provider = body.get("id_token"), body.get("provider")
    if not given or not provider:
        raise OAuthRefusal("invalid request", "id_token required" if not given else "provider required")
    if provider not in _KNOWN:
        raise bad_request("validation_failed", f"Custom OIDC provider {provider!r} not allowed")
    if provider not in project.settings.providers:
        raise bad_request("provider_disabled", f"Provider (issuer {provider!r}) is not enabled")
    claims = _claims(project, str(given))
    _check_nonce(claims, str(body.get("nonce") or ""))
    flow = Flow(provider, "", "", "", claims["email"], project.now())
    return sessions.begin(project, providers.signed_in(project, flow), "oauth")


def _claims(project: Project, given: str) -> dict[str, Any]:
    claims = tokens.verify(given, project.settings.provider_secret)
    if claims is None or claims["exp"] <= project.now():
        raise OAuthRefusal("invalid request", "Bad ID token")
    if claims["aud"] != CLIENT:
        raise OAuthRefusal("invalid request", "Unacceptable audience in id_token")
    return claims


def _check_nonce(claims: dict[str, Any], nonce: str) -> None:
    """The token has the hash, the app what was hashed."""
    stated = claims.get("nonce", "")
    if bool(stated) != bool(nonce):
        text = "Passed nonce and nonce in id_token should either both exist or not."
        raise OAuthRefusal("invalid request", text)
    if stated and hashlib.sha256(nonce.encode()).hexdigest() != stated:
        raise OAuthRefusal("invalid nonce", "Nonces mismatch")
