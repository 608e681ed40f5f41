"""Refreshing: what is forgiven, what ends a session, and what is left of it then."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.contract.target import Person, Target, claims, needs, refused, worked

LATE = 3600.0  # seconds: long after any reuse interval


def rotated(target: Target, person: Person, times: int) -> list[str]:
    """The refresh tokens of a session that was refreshed so many times, the oldest first."""
    tokens = [person.refresh_token]
    for _ in range(times):
        tokens.append(worked(target.refresh(tokens[-1]))["refresh_token"])
    return tokens


def test_a_refresh_gives_new_tokens_for_the_same_session(target: Target) -> None:
    person = target.somebody()
    session = worked(target.refresh(person.refresh_token))
    assert session["refresh_token"] != person.refresh_token
    assert claims(session)["session_id"] == claims(person.session)["session_id"]
    assert session["user"]["id"] == person.id
    assert abs(session["expires_at"] - session["expires_in"] - target.clock()) < 60


def test_many_refreshes_go_on_and_on(target: Target) -> None:
    tokens = rotated(target, target.somebody(), 5)
    assert len(set(tokens)) == len(tokens)


def test_an_access_token_outlives_the_refresh(target: Target) -> None:
    person = target.somebody()
    worked(target.refresh(person.refresh_token))
    worked(target.get("/user", by=person.session))


def test_an_answer_that_was_lost_can_be_asked_for_again(target: Target) -> None:
    person = target.somebody()
    [_, second] = rotated(target, person, 1)
    assert worked(target.refresh(person.refresh_token))["refresh_token"] == second


@needs("ageing")
def test_an_answer_that_was_lost_can_be_asked_for_at_any_age(target: Target) -> None:
    person = target.somebody()
    [first, second] = rotated(target, person, 1)
    target.age(person, LATE)
    assert worked(target.refresh(first))["refresh_token"] == second
    worked(target.refresh(second))


def test_refreshes_at_the_same_time_end_at_one_token(target: Target) -> None:
    person = target.somebody()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(target.refresh, [person.refresh_token] * 4))
    issued = {worked(answer)["refresh_token"] for answer in answers}
    assert len(issued) == 1
    worked(target.refresh(issued.pop()))


@needs("reuse")
def test_a_token_two_steps_old_is_forgiven_for_a_moment(target: Target) -> None:
    first, *_ = rotated(target, target.somebody(), 2)
    answer = worked(target.refresh(first))
    worked(target.refresh(answer["refresh_token"]))


@needs("ageing")
def test_a_token_two_steps_old_is_refused_later(target: Target) -> None:
    person = target.somebody()
    first, *_ = rotated(target, person, 2)
    target.age(person, LATE)
    refused(target.refresh(first), 400, "refresh_token_already_used")


@needs("ageing", "rotation-1")
def test_reuse_leaves_the_session_until_its_access_token_expires(target: Target) -> None:
    person = target.somebody()
    first, *_, last = rotated(target, person, 2)
    target.age(person, LATE / 2)
    refused(target.refresh(first), 400, "refresh_token_already_used")
    worked(target.get("/user", by=person.session))
    target.age(person, LATE / 4)
    refused(target.refresh(last), 400, "refresh_token_already_used")


@needs("ageing", "rotation-1", "reuse")
def test_after_reuse_the_newest_token_is_honoured_for_one_more_moment(target: Target) -> None:
    person = target.somebody()
    first, *_, last = rotated(target, person, 2)
    target.age(person, LATE / 2)
    refused(target.refresh(first), 400, "refresh_token_already_used")
    worked(target.refresh(last))


@needs("ageing", "rotation-2")
def test_reuse_of_a_counted_token_destroys_the_session(target: Target) -> None:
    person = target.somebody()
    first, *_, last = rotated(target, person, 2)
    target.age(person, LATE / 2)
    answer = target.refresh(first)
    refused(answer, 400, "refresh_token_already_used")
    assert answer.headers["sb-auth-refresh-token-rotated"] == "true"
    refused(target.get("/user", by=person.session), 403, "session_not_found")
    refused(target.refresh(last), 400, "refresh_token_not_found")


@needs("ageing")
def test_reuse_ends_one_session_and_no_other(target: Target) -> None:
    person = target.somebody()
    other = worked(target.sign_in(person.email))
    first, *_ = rotated(target, person, 2)
    target.age(person, LATE)
    refused(target.refresh(first), 400, "refresh_token_already_used")
    worked(target.refresh(other["refresh_token"]))


def test_a_token_of_nobody_is_not_found(target: Target) -> None:
    refused(target.refresh("abcdefghijkl"), 400, "refresh_token_not_found")


def test_what_cannot_be_a_token_is_told_apart(target: Target) -> None:
    for token in ("short", "NOT A TOKEN!", "not a token at all, but rather long"):
        refused(target.refresh(token), 400, "validation_failed")


@needs("ageing")
def test_who_was_banned_is_told_so(target: Target) -> None:
    person = target.somebody()
    assert target.hands
    target.hands.ban(person.id)
    refused(target.refresh(person.refresh_token), 400, "user_banned")
    refused(target.sign_in(person.email), 400, "user_banned")


@needs("ageing")
def test_the_session_of_somebody_deleted_is_not_found(target: Target) -> None:
    person = target.somebody()
    assert target.hands
    target.hands.remove(person.id)
    refused(target.refresh(person.refresh_token), 400, "refresh_token_not_found")


@needs("ageing", "timebox")
def test_a_session_beyond_its_time_has_expired_at_the_refresh(target: Target) -> None:
    person = target.somebody()
    target.age(person, 3 * LATE)
    refused(target.refresh(person.refresh_token), 400, "session_expired")


@needs("ageing", "inactivity")
def test_a_session_that_nobody_used_has_expired_and_says_why(target: Target) -> None:
    person = target.somebody()
    target.age(person, 3 * LATE)
    assert "Inactivity" in refused(target.refresh(person.refresh_token), 400, "session_expired")["message"]


@needs("single_session")
def test_a_newer_sign_in_ends_the_older_session_where_one_is_allowed(target: Target) -> None:
    person = target.somebody()
    newer = worked(target.sign_in(person.email))
    said = refused(target.refresh(person.refresh_token), 400, "session_expired")["message"]
    assert "Newer Login" in said
    worked(target.refresh(newer["refresh_token"]))
