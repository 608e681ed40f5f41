"""A token counts as stale by what the answer says, so that neither missing rights nor a wrong key cost a refresh."""

from __future__ import annotations

import json
from typing import Any

import pytest

from desktopauth.adapters.stale import is_stale, is_stale_anywhere

STALE = {
    "PostgREST": (401, {"code": "PGRST303", "details": None, "hint": None, "message": "JWT expired"}),
    "older PostgREST": (401, {"code": "PGRST301", "details": None, "hint": None, "message": "JWT expired"}),
    "rotated keys": (401, {"code": "PGRST301", "message": "No suitable key or wrong key type"}),
    "Storage": (
        400,
        {"statusCode": "403", "error": "Unauthorized", "message": '"exp" claim timestamp check failed'},
    ),
    "older Storage": (400, {"statusCode": "400", "error": "jwt expired", "message": "jwt expired"}),
    "Storage by code": (400, {"statusCode": "403", "code": "InvalidJWT", "error": "InvalidJWT", "message": "no"}),
    "Functions": (401, {"code": 401, "message": "Invalid JWT"}),
    "Functions by code": (401, {"code": "UNAUTHORIZED_INVALID_JWT_FORMAT", "message": "no"}),
    "auth server": (403, {"code": 403, "error_code": "bad_jwt", "msg": "invalid JWT: token is expired"}),
    "nested": (401, {"error": {"message": "JWT has expired", "code": 401}}),
    "a JSON text": (401, "Invalid JWT"),
}
NOT_STALE = {
    "rights": (401, {"code": "42501", "message": "permission denied for table jwt_expired"}),
    "rights of the person": (403, {"code": "42501", "message": 'new row violates row-level security policy for "x"'}),
    "rights, by Lite": (403, {"code": "PGRST301", "message": "new row violates row-level security policy"}),
    "rights, by Lite in other words": (403, {"code": "PGRST301", "message": "permission denied"}),
    "rights, by older Storage": (
        400,
        {"statusCode": "403", "error": "Invalid JWT", "message": "new row violates row-level security policy"},
    ),
    "a row that says it": (400, {"code": "23514", "message": "check", "details": "row contains (1, jwt expired)"}),
    "a message that quotes it": (400, {"code": "P0001", "message": "a note may not say: jwt expired"}),
    "no anonymous access": (401, {"code": "PGRST302", "message": "Anonymous access is disabled"}),
    "a query": (400, {"code": "PGRST100", "message": "failed to parse: jwt expired"}),
    "a wrong key": (401, {"message": "Invalid API key", "hint": "Double check your API key."}),
    "no key": (401, {"message": "No API key found in request"}),
    "a function's own": (401, {"error": "you are not on the list"}),
    "a webhook's": (400, {"error": "signature verification failed"}),
    "numbers": (401, {"code": 401, "message": 7}),
    "a list": (401, ["jwt expired"]),
    "nothing": (401, {}),
}


def judged(status: int, body: Any, headers: dict[str, str] | None = None, judge: Any = is_stale) -> bool:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    found: bool = judge(status, headers or {}, raw)
    return found


@pytest.mark.parametrize("name", STALE)
def test_what_a_newer_token_mends_is_stale(name: str) -> None:
    assert judged(*STALE[name])
    assert judged(*STALE[name], judge=is_stale_anywhere)


@pytest.mark.parametrize("name", NOT_STALE)
def test_what_a_newer_token_does_not_mend_is_not(name: str) -> None:
    assert not judged(*NOT_STALE[name])


@pytest.mark.parametrize(
    ("headers", "stale"),
    [
        ({"proxy-status": "PostgREST; error=PGRST303"}, True),
        ({"proxy-status": 'gateway, PostgREST; error="PGRST301"'}, True),
        ({"proxy-status": "PostgREST; error=42501", "www-authenticate": "Bearer"}, False),
        ({"proxy-status": "PostgREST; error=PGRST302", "www-authenticate": "Bearer"}, False),
        ({"www-authenticate": 'Bearer error="invalid_token", error_description="JWT expired"'}, True),
        ({"www-authenticate": 'Bearer realm="x", error="insufficient_scope"'}, False),
        ({}, False),
    ],
)
def test_an_answer_without_a_body_says_it_in_its_head(headers: dict[str, str], stale: bool) -> None:
    assert judged(401, b"", headers) == stale


def test_plain_text_speaks_and_a_page_of_something_on_the_way_does_not() -> None:
    assert judged(401, b"Invalid JWT", {"content-type": "text/plain"})
    assert not judged(401, b"<p>jwt expired</p>", {"content-type": "text/html; charset=utf-8"})
    assert not judged(401, b"." * 5000 + b"jwt expired", {"content-type": "text/plain"})
    assert not judged(401, b"[" * 100_000)


@pytest.mark.parametrize(
    ("status", "headers", "stale"),
    [
        (401, {}, True),
        (401, {"www-authenticate": "Bearer"}, True),
        (401, {"www-authenticate": 'bearer realm="api"'}, True),
        (401, {"www-authenticate": 'Bearer error="invalid_token"'}, True),
        (401, {"www-authenticate": 'Bearer error="invalid_request"'}, False),
        (401, {"www-authenticate": 'Basic realm="api"'}, False),
        (403, {}, False),
        (403, {"www-authenticate": 'Bearer error="insufficient_scope"'}, False),
        (400, {}, False),
    ],
)
def test_at_an_api_of_whatever_make_a_401_counts_too(status: int, headers: dict[str, str], stale: bool) -> None:
    assert judged(status, {"detail": "not you"}, headers, is_stale_anywhere) == stale
