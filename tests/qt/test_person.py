"""What is shown of a person, whatever anybody has written there: one plain line, never trouble."""

from __future__ import annotations

from typing import Any

import pytest

from desktopauth.core.models import User
from desktopauth.qt.views.person import foldable, initials_of, name_of, picture_of, plain, ways_of

URL = "https://pictures.test/ada.png"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"avatar_url": URL}, URL),
        ({"picture": URL}, URL),
        ({"avatar_url": "", "picture": URL}, URL),
        ({"avatar_url": 7}, ""),
        ({"avatar_url": ["x"]}, ""),
        ({}, ""),
        ("no mapping", ""),
    ],
)
def test_where_the_picture_is_said_to_be(written: Any, expected: str) -> None:
    assert picture_of(User("ada", facts={"user_metadata": written})) == expected


@pytest.mark.parametrize(
    ("written", "email", "expected"),
    [
        ({"full_name": "Ada Lovelace"}, "", "AL"),
        ({"full_name": "ada king countess"}, "", "AC"),
        ({"name": "Ada"}, "", "A"),
        ({"full_name": "홍 길동"}, "", "홍길"),
        ({"full_name": "<b> -- "}, "", ""),
        ({}, "grace@example.com", "G"),
        ({}, "", "7"),
    ],
)
def test_initials(written: Any, email: str, expected: str) -> None:
    assert initials_of(User("7", email, {"user_metadata": written})) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"full_name": "Ada", "name": "ada99"}, "Ada"),
        ({"full_name": "", "name": "ada99"}, "ada99"),
        ({"full_name": {"a": 1}, "name": 3}, "ada@example.com"),
        ({"full_name": " \n\t "}, "ada@example.com"),
        (None, "ada@example.com"),
    ],
)
def test_a_name_is_what_they_call_themselves(written: Any, expected: str) -> None:
    assert name_of(User("7", "ada@example.com", {"user_metadata": written})) == expected


def test_what_comes_from_outside_is_one_plain_line() -> None:
    assert plain("a\nb\r\n\tc\N{RIGHT-TO-LEFT OVERRIDE}d\0e\N{BOM}f\N{LINE SEPARATOR}g") == "a b c d e f g"
    assert plain("\N{MAN}\N{ZERO WIDTH JOINER}\N{ROCKET} e\N{COMBINING ACUTE ACCENT} \u202bعربي") == "👨‍🚀 e\u0301 عربي"
    assert len(plain("x" * 10_000_000)) == 200
    assert [plain(odd) for odd in list[object]((None, 1, (), 2.0, b"x"))] == [""] * 5


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"identities": [{"provider": "email", "identity_data": {"email": "a@b.c"}}]}, ["Email: a@b.c"]),
        ({"identities": [{"provider": "github"}, {"provider": "github"}]}, ["GitHub"]),
        ({"identities": [{"provider": 7}, "x", None, {}]}, []),
        ({"identities": "x", "app_metadata": {"providers": ["email", "google", 7]}}, ["Email", "Google"]),
        ({"identities": [], "app_metadata": {"providers": "email"}}, []),
        ({"identities": [{"provider": f"p{n}"} for n in range(11)]}, [*(f"P{n}" for n in range(8)), "and 3 more"]),
    ],
)
def test_the_ways_in_are_named_whatever_shape_they_have(facts: dict[str, Any], expected: list[str]) -> None:
    assert ways_of(User("ada", "ada@example.com", facts)) == expected


def test_an_address_is_folded_only_where_it_is_long() -> None:
    assert foldable("ada@example.com") == "ada@example.com"
    folded = foldable(f"{'a' * 60}@example.com")
    assert folded.replace("\N{ZERO WIDTH SPACE}", "") == f"{'a' * 60}@example.com"
    assert max(len(part) for part in folded.split("\N{ZERO WIDTH SPACE}")) == 20
