"""Signing in with an ID token that the app got from a provider itself."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx

from tests.contract.target import Target, needs, refused, worked


def sign_in(target: Target, token: str, provider: str = "google", **more: Any) -> httpx.Response:
    body = {"provider": provider, "id_token": token, **more}
    return target.post("/token", body, params={"grant_type": "id_token"})


def refused_as(answer: httpx.Response, error: str) -> None:
    """What speaks OAuth has a body of its own."""
    assert (answer.status_code, answer.json().get("error")) == (400, error)
    assert answer.json()["error_description"]


@needs("id-token")
def test_an_id_token_is_a_session_and_the_same_account_each_time(target: Target) -> None:
    email = target.stranger()
    first, second = (worked(sign_in(target, target.id_token(email))) for _ in range(2))
    assert first["user"]["email"] == email
    assert first["user"]["id"] == second["user"]["id"]
    assert first["user"]["app_metadata"]["provider"] == "google"
    assert "provider_token" not in first
    worked(target.refresh(first["refresh_token"]))


@needs("id-token")
def test_the_token_has_the_hash_of_what_the_app_says(target: Target) -> None:
    email, nonce = target.stranger(), "what only the app knows"
    token = target.id_token(email, nonce=hashlib.sha256(nonce.encode()).hexdigest())
    refused_as(sign_in(target, token), "invalid request")
    refused_as(sign_in(target, token, nonce="another"), "invalid nonce")
    assert worked(sign_in(target, token, nonce=nonce))["user"]["email"] == email


@needs("id-token")
def test_a_token_for_another_app_or_of_nobody_is_refused(target: Target) -> None:
    refused_as(sign_in(target, target.id_token(target.stranger(), aud="another app")), "invalid request")
    refused_as(sign_in(target, "not.a.token"), "invalid request")


@needs("id-token")
def test_an_id_token_of_a_provider_that_is_off_is_refused(target: Target) -> None:
    refused(sign_in(target, "not.a.token", "apple"), 400, "provider_disabled")
