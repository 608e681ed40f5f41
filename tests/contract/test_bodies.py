"""How refusals are written, by the version that the client asks for, and what the gateway says before any of them."""

from __future__ import annotations

import httpx

from tests.contract.target import PASSWORD, Target, error_code, needs, worked


def refusal(target: Target, version: str) -> httpx.Response:
    body = {"email": target.stranger(), "password": PASSWORD}
    headers = {"X-Supabase-Api-Version": version}
    return target.post("/token", body, params={"grant_type": "password"}, headers=headers)


def test_a_new_client_gets_the_word_as_code(target: Target) -> None:
    for version in ("2024-01-01", "2026-01-01"):
        body = refusal(target, version).json()
        assert body["code"] == "invalid_credentials"
        assert isinstance(body["message"], str)
        assert "error_code" not in body


def test_an_old_client_gets_the_status_as_code(target: Target) -> None:
    for version in ("", "2023-12-31"):
        body = refusal(target, version).json()
        assert (body["code"], body["error_code"]) == (400, "invalid_credentials")
        assert isinstance(body["msg"], str)


def test_the_word_is_in_a_header_for_clients_of_every_age(target: Target) -> None:
    for version in ("", "2024-01-01"):
        assert refusal(target, version).headers["x-sb-error-code"] == "invalid_credentials"


def test_the_version_comes_back_with_a_refusal_and_not_with_a_success(target: Target) -> None:
    assert refusal(target, "2024-01-01").headers["x-supabase-api-version"] == "2024-01-01"
    assert "x-supabase-api-version" not in target.get("/settings").headers


def test_every_answer_is_json(target: Target) -> None:
    for answer in (refusal(target, "2024-01-01"), target.get("/settings"), target.get("/user")):
        assert answer.headers["content-type"].startswith("application/json")


def test_a_body_that_is_no_json_is_refused(target: Target) -> None:
    headers = {"Content-Type": "application/json"}
    answer = target.http.post("/token", params={"grant_type": "password"}, content=b"{", headers=headers)
    assert answer.status_code == 400
    assert answer.headers["x-sb-error-code"] == "bad_json"


def test_a_path_that_is_none_is_not_found_without_a_word(target: Target) -> None:
    answer = target.get("/nowhere")
    assert (answer.status_code, error_code(answer)) == (404, None)


def test_the_settings_tell_what_is_switched_on(target: Target) -> None:
    told = worked(target.get("/settings"))
    assert isinstance(told["mailer_autoconfirm"], bool)
    assert isinstance(told["disable_signup"], bool)
    assert told["external"]["email"] is True
    assert all(isinstance(told["external"][name], bool) for name in ("phone", "github", "google", "apple"))


def test_the_server_says_that_it_is_well(target: Target) -> None:
    assert worked(target.get("/health"))["name"] == "GoTrue"


@needs("captcha")
def test_what_wants_a_captcha_says_so_without_one(target: Target) -> None:
    who = {"email": target.stranger(), "password": PASSWORD}
    for path, body in (("/signup", who), ("/otp", who), ("/recover", who), ("/resend", {**who, "type": "signup"})):
        assert (target.post(path, body).status_code, error_code(target.post(path, body))) == (400, "captcha_failed")
    assert error_code(target.sign_in(target.stranger())) == "captcha_failed"
    assert error_code(target.refresh("0123456789ab")) != "captcha_failed"


@needs("gateway")
def test_the_gateway_refuses_a_missing_and_a_wrong_key_without_a_code(target: Target) -> None:
    for key in ("", "sb_publishable_wrong"):
        answer = target.get("/settings", headers={"apikey": key})
        assert answer.status_code == 401
        assert not {"code", "error_code"} & set(answer.json())
        assert answer.json()["message"]
