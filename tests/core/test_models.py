"""Session and user: read from the server's JSON and from our own, and silent about every secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktopauth.core.models import Project, Session, UnknownFormatError, User, claims, fingerprint
from desktopauth.core.ports import Found
from tests.canary import Canary
from tests.core.fakes import token

words = st.text(min_size=1)
numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
facts = st.dictionaries(words, json_values, max_size=5)


def answer(**changes: Any) -> dict[str, Any]:
    body = {
        "access_token": "head.body.sig",
        "refresh_token": "refresh-me",
        "expires_in": 3600,
        "expires_at": 1_800_003_600,
        "user": {"id": "ada", "email": "ada@example.com", "role": "authenticated"},
    }
    return {name: value for name, value in (body | changes).items() if value is not ...}


def test_a_token_answer_becomes_a_session() -> None:
    session = Session.from_wire(answer())
    assert (session.access_token, session.refresh_token) == ("head.body.sig", "refresh-me")
    assert (session.expires_at, session.expires_in) == (1_800_003_600.0, 3600.0)
    assert session.user == User("ada", "ada@example.com")
    assert session.user.facts["role"] == "authenticated"


def test_without_expires_at_the_token_itself_says_when_it_ends() -> None:
    middle = "eyJleHAiOiAxODAwMDAzNjAwfQ"  # {"exp": 1800003600}
    session = Session.from_wire(answer(expires_at=..., access_token=f"x.{middle}.x"))
    assert session.expires_at == 1_800_003_600.0


@pytest.mark.parametrize(
    "changes",
    [
        {"access_token": ...},
        {"access_token": ""},
        {"access_token": None},
        {"refresh_token": 7},
        {"expires_in": float("inf")},
        {"expires_at": float("nan")},
        {"refresh_token": ...},
        {"refresh_token": ""},
        {"expires_in": ...},
        {"expires_in": None},
        {"expires_in": "soon"},
        {"expires_at": "soon"},
        {"expires_at": ...},
        {"user": ...},
        {"user": None},
        {"user": {}},
        {"user": []},
        {"user": "ada"},
    ],
)
def test_an_answer_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises((LookupError, TypeError, ValueError, AttributeError)):
        Session.from_wire(answer(**changes))


def test_somebody_without_an_address_has_an_empty_one() -> None:
    assert User.from_wire({"id": "ada", "email": None}).email == ""


@given(words, words, numbers, numbers, numbers, words, facts)
def test_the_stored_form_gives_back_what_was_stored(
    access: str, refresh: str, at: float, lifetime: float, skew: float, person: str, known: dict[str, Any]
) -> None:
    user = User.from_wire(known | {"id": person, "email": f"{person}@example.com"})
    session = Session(access, refresh, at, lifetime, user, skew)
    text = session.to_json()
    again = Session.from_json(text)
    assert again == session
    assert again.user.facts == user.facts
    assert text.isascii()
    assert again.to_json() == text


def test_a_user_known_by_id_alone_is_stored_too() -> None:
    session = Session("a", "r", 1.0, 1.0, User("ada", "ada@example.com"))
    assert Session.from_json(session.to_json()).user == session.user


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "17",
        "not json",
        '{"v":2}',
        '{"v":1}',
        '{"v":1,"access_token":"a","refresh_token":"r","expires_at":null,"expires_in":1,"skew":0,"user":{"id":"x"}}',
        '{"v":1,"access_token":"a","refresh_token":"r","expires_at":1,"expires_in":1,"skew":0,"user":7}',
        '{"v":1,"access_token":"a","refresh_token":"r","expires_at":1'
        + 400 * "0"
        + ',"expires_in":1,"user":{"id":""}}',
        "[" * 100_000,
    ],
)
def test_what_is_not_of_this_version_is_unknown_and_nothing_else(text: str) -> None:
    with pytest.raises(UnknownFormatError):
        Session.from_json(text)


def test_an_unknown_format_is_reported_without_what_was_stored(canary: Canary) -> None:
    stored = json.dumps({"v": 2, "refresh_token": canary.secret("refresh")})
    with pytest.raises(UnknownFormatError, match="stored") as raised:
        Session.from_json(stored)
    assert raised.value.__cause__ is None
    canary.see_exception(raised.value, "of an unknown format")


@given(json_values)
def test_no_stored_json_raises_anything_else(value: Any) -> None:
    with pytest.raises(UnknownFormatError):
        Session.from_json(json.dumps({"v": 1, "user": value}))


@given(st.text())
def test_claims_of_any_text_are_a_mapping(text: str) -> None:
    assert claims(text) == {}
    assert claims(f"x.{text}.x") is not None


@pytest.mark.parametrize("text", ["a.WzFd.c", "a.bnVsbA.c", "a.////.c", "a.eyJ.c", "a", ""])
def test_what_is_no_jwt_has_no_claims(text: str) -> None:
    assert claims(text) == {}


def test_the_session_id_is_the_servers_and_survives_a_refresh() -> None:
    first, second = (Session(token("s1", sign), "r", 1.0, 1.0, User("ada")) for sign in ("one", "two"))
    assert first.id == second.id == "s1"


def test_without_a_session_id_the_person_stands_for_it() -> None:
    assert Session(token("", "x"), "r", 1.0, 1.0, User("ada")).id == "user:ada"
    assert Session("opaque", "r", 1.0, 1.0, User("ada")).id == "user:ada"


def test_a_repr_shows_no_token_and_no_address(canary: Canary) -> None:
    access, refresh = canary.secret("access"), canary.secret("refresh")
    session = Session(access, refresh, 1.0, 1.0, User("ada", "ada@example.com", {"phone": "555"}))
    shown = f"{session!r} {session} {session.user!r} {Found(session.to_json(), 3)!r}"
    for hidden in (access, refresh, "example.com", "555"):
        assert hidden not in shown
    assert "ada" in shown


def test_a_fingerprint_tells_nothing_but_is_always_the_same() -> None:
    assert fingerprint("s1") == fingerprint("s1") != fingerprint("s2")
    assert "s1" not in fingerprint("s1")
    assert len(fingerprint("s1")) == 32


def test_what_a_project_offers_is_read_from_its_settings() -> None:
    external = {"github": True, "google": False, "email": True, "phone": True, "anonymous_users": True, "kakao": True}
    assert Project.from_wire({"external": external, "disable_signup": True}) == Project(
        ("github", "kakao"), email=True, phone=True, sign_up=False
    )
    assert Project.from_wire({"external": {"email": False}}) == Project(email=False)
    with pytest.raises(LookupError):
        Project.from_wire({"message": "no such route"})
