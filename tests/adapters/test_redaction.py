"""What is written or given away holds no token, no code, no whole address; and what is harmless stays readable."""

from __future__ import annotations

import pytest

from desktopauth.adapters.redaction import redact, redact_for_others

JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxIn0.c2lnbmF0dXJl"
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"input was {JWT}", "input was [removed]"),
        ("the key sb_secret_abc is wrong", "the key [removed] is wrong"),
        ("Authorization: Bearer abcdef", "Authorization: Bearer [removed]"),
        ("refresh_token=k2j4h5k2j4h5&x", "refresh_token=[removed]&x"),
        ('{"refresh_token": "k2j4h5", "type": "bearer"}', '{"refresh_token": [removed], "type": "bearer"}'),
        ("{'password': 'correct horse'}", "{'password': [removed]}"),
        ("callback?code=123-abc", "callback?code=[removed]"),
        ("GET https://p.test/auth/v1/user?x=1 200", "GET https://p.test/auth/v1/user[removed] 200"),
        ("see https://p.test/#access", "see https://p.test/[removed]"),
        ("see https://p.test/a#b?c", "see https://p.test/a[removed]"),
        ("proxy http://ada:pass@proxy.test:3128/", "proxy http://[removed]@proxy.test:3128/"),
        ("ada.lovelace+x@example.co.uk signed in", "a***@example.co.uk signed in"),
    ],
)
def test_a_secret_is_removed_and_a_person_shortened(text: str, left: str) -> None:
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "refresh: no answer (ConnectTimeout)",
        "the demo server is ready, process 123456",
        "verify: refused (400 validation_failed)",
        "the demo server ended by itself with code 1",
        "GET https://p.test/auth/v1/user 200",
        "2026-01-02 03:04:05,678 INFO desktopauth.app: at @ home",
    ],
)
def test_what_is_harmless_is_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("the code 123456 was refused", "the code [removed] was refused"),
        (f"token {UUID} was used", "token [removed] was used"),
        ("verifier " + "ab-_" * 11, "verifier [removed]"),
        ("/srv/ada/.local/state", "~/.local/state"),
        ("'/srv/ada' and /srv/adam", "'~' and /srv/adam"),
        ("/mnt/srv/ada", "/mnt/srv/ada"),
        ("2026-01-02 03:04:05,678 INFO", "2026-01-02 03:04:05,678 INFO"),
    ],
)
def test_for_others_what_might_be_a_secret_and_the_home_go_too(text: str, left: str) -> None:
    assert redact_for_others(text, ["/srv/ada"]) == left


def test_a_windows_home_goes_in_all_its_spellings() -> None:
    text = r"C:\Users\Ada\x C:\\Users\\Ada\\x c:/users/ada/x"
    assert redact_for_others(text, [r"C:\Users\Ada"]) == r"~\x ~\\x ~/x"


def test_a_long_text_takes_no_time_worth_naming() -> None:
    assert len(redact("x" * 1_000_000)) == 1_000_000
    assert len(redact("a.b-c%" * 200_000)) == 1_200_000
