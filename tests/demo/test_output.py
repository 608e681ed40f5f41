"""What the server printed is kept without anything that looks like a secret or an address."""

from __future__ import annotations

import pytest

from desktopauth.demo.output import scrub, skeleton

SECRETS = [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    "anna.smith+x@example.co.uk",
    "01a1ff78-2567-70fa-8bcb-93eff5d65f22",
    "$2b$10$abcdefghijklmnopqrstuv",
    "sb_secret_" + "a" * 31,
    "2bc0e2580bc712a25dd3e263d924d00dcab38ccfabb2a5f3ff95b75eff956571",
    "472960",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "params: ['{}', 1]", "token={}&type=signup", '{{"a":"{}"}}'])
def test_secrets_are_removed(secret: str, around: str) -> None:
    line = scrub(around.format(secret))
    assert secret not in line
    assert line == around.format("[removed]")


def test_where_it_happened_is_kept() -> None:
    line = "    at Object.all (file:///cache/node_modules/@supabase/lite/dist/db/node/index.js:11:550)"
    assert scrub(line) == line


def test_long_lines_are_cut() -> None:
    assert len(scrub("word " * 1000)) == 400


SKELETONS = {
    "SyntaxError: Unexpected token in 'password: secret'": "SyntaxError",
    "Error: CHECK constraint failed: what somebody wrote": "Error",
    "    at Object.all (file:///cache/index.js:11:550)": "    at Object.all (file:///cache/index.js:11:550)",
    "  code: 'ERR_SQLITE_ERROR',": "  code: 'ERR_SQLITE_ERROR'",
    "what somebody wrote": "",
    "{ password: 'secret' }": "",
}


@pytest.mark.parametrize("line", SKELETONS)
def test_of_an_answered_request_only_kind_and_place_are_kept(line: str) -> None:
    assert skeleton(line) == SKELETONS[line]
