"""Signing out by scope, what is left on the server, and what a bearer is told that is no good."""

from __future__ import annotations

from typing import Any

import httpx

from tests.contract.target import Person, Target, needs, refused, worked


def sign_out(target: Target, by: Any, scope: str | None = None) -> httpx.Response:
    return target.post("/logout", by=by, params={"scope": scope} if scope else {})


def ended(target: Target, session: dict[str, Any]) -> None:
    """Nothing of this session is left: neither of its tokens is any good."""
    refused(target.get("/user", by=session), 403, "session_not_found")
    refused(target.refresh(session["refresh_token"]), 400, "refresh_token_not_found")


def alive(target: Target, session: dict[str, Any]) -> None:
    worked(target.get("/user", by=session))
    worked(target.refresh(session["refresh_token"]))


def twice(target: Target) -> tuple[Person, dict[str, Any]]:
    """Somebody who is signed in here and there."""
    person = target.somebody()
    return person, worked(target.sign_in(person.email))


def test_signing_out_here_leaves_the_other_sessions(target: Target) -> None:
    person, there = twice(target)
    assert sign_out(target, person.session, "local").status_code == 204
    ended(target, person.session)
    alive(target, there)


def test_signing_out_the_others_leaves_this_session(target: Target) -> None:
    person, there = twice(target)
    assert sign_out(target, person.session, "others").status_code == 204
    ended(target, there)
    alive(target, person.session)


def test_signing_out_everywhere_leaves_nothing(target: Target) -> None:
    person, there = twice(target)
    assert sign_out(target, person.session, "global").status_code == 204
    ended(target, person.session)
    ended(target, there)


def test_signing_out_without_a_scope_is_signing_out_everywhere(target: Target) -> None:
    person, there = twice(target)
    assert sign_out(target, person.session).status_code == 204
    ended(target, person.session)
    ended(target, there)


def test_an_unknown_scope_signs_nobody_out(target: Target) -> None:
    person = target.somebody()
    refused(sign_out(target, person.session, "everyone"), 400, "validation_failed")
    alive(target, person.session)


def test_signing_out_twice_finds_no_session(target: Target) -> None:
    person = target.somebody()
    assert sign_out(target, person.session, "local").status_code == 204
    refused(sign_out(target, person.session, "local"), 403, "session_not_found")


def test_the_older_access_token_signs_the_whole_session_out(target: Target) -> None:
    person = target.somebody()
    newer = worked(target.refresh(person.refresh_token))
    assert sign_out(target, person.session, "local").status_code == 204
    ended(target, newer)


def test_every_refresh_token_of_a_session_goes_with_it(target: Target) -> None:
    person = target.somebody()
    newer = worked(target.refresh(person.refresh_token))
    assert sign_out(target, newer, "local").status_code == 204
    refused(target.refresh(person.refresh_token), 400, "refresh_token_not_found")


def test_signing_in_again_is_possible_at_once(target: Target) -> None:
    person = target.somebody()
    assert sign_out(target, person.session).status_code == 204
    alive(target, worked(target.sign_in(person.email)))


def test_nobody_is_signed_out_without_a_token(target: Target) -> None:
    refused(sign_out(target, None), 401, "no_authorization")
    refused(target.get("/user"), 401, "no_authorization")


def test_what_is_no_token_is_bad(target: Target) -> None:
    refused(target.get("/user", by="not.a.token"), 403, "bad_jwt")
    refused(sign_out(target, "not.a.token"), 403, "bad_jwt")


def test_a_token_that_somebody_has_changed_is_bad(target: Target) -> None:
    head, body, _ = target.somebody().session["access_token"].split(".")
    refused(target.get("/user", by=f"{head}.{body}.{'A' * 43}"), 403, "bad_jwt")


@needs("signing")
def test_an_expired_token_is_bad_and_its_session_is_not(target: Target) -> None:
    person = target.somebody()
    late = target.expired(person.session)
    refused(target.get("/user", by=late), 403, "bad_jwt")
    refused(sign_out(target, late), 403, "bad_jwt")
    alive(target, person.session)


@needs("ageing")
def test_who_was_banned_is_told_so_by_their_access_token(target: Target) -> None:
    person = target.somebody()
    assert target.hands
    target.hands.ban(person.id)
    refused(target.get("/user", by=person.session), 403, "user_banned")


@needs("ageing")
def test_who_was_deleted_is_told_so_by_their_access_token(target: Target) -> None:
    person = target.somebody()
    assert target.hands
    target.hands.remove(person.id)
    refused(target.get("/user", by=person.session), 403, "user_not_found")
