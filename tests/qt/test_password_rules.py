"""The rules of a password: advice before the server spoke, what it asked for afterwards, ticked off while typing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QLabel, QLineEdit

from desktopauth.core.flows import LONGEST_PASSWORD
from desktopauth.qt.views.password_rules import PasswordRules, excess, rules

KINDS = ["a small letter", "a capital letter", "a digit", "a symbol"]


def shown(panel: PasswordRules) -> dict[str, bool]:
    """The rows that can be read, and whether they are ticked."""
    rows = [label.text() for label in panel.findChildren(QLabel) if label.isVisibleTo(panel)]
    return {row[3:]: row[0] == "\N{CHECK MARK}" for row in rows if row[1:3] == "  "}


def ticked(panel: PasswordRules) -> list[str]:
    return [words for words, met in shown(panel).items() if met]


@pytest.fixture
def typed(qapp: Any) -> tuple[QLineEdit, PasswordRules]:
    edit = QLineEdit()
    return edit, PasswordRules(edit)


def test_before_anything_is_refused_the_list_is_advice(typed: tuple[QLineEdit, PasswordRules]) -> None:
    edit, panel = typed
    assert list(shown(panel)) == ["at least 8 characters", *KINDS]
    assert ticked(panel) == []
    assert any(label.text() == "A good one has:" for label in panel.findChildren(QLabel))
    for words, expected in [
        ("a", ["a small letter"]),
        ("aB", KINDS[:2]),
        ("aB3", KINDS[:3]),
        ("aB3!", KINDS),
        ("aB3!aB3!", ["at least 8 characters", *KINDS]),
        ("aB3!", KINDS),
        ("", []),
    ]:
        edit.setText(words)
        assert ticked(panel) == expected


def test_letters_of_other_scripts_are_in_none_of_the_servers_sets(typed: tuple[QLineEdit, PasswordRules]) -> None:
    edit, panel = typed
    edit.setText("äÖ한글٣€ Ω")
    assert ticked(panel) == ["at least 8 characters"]


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (("length",), ["at least 11 characters"]),
        (("characters",), KINDS),
        (("pwned",), ["another one: this was leaked"]),
        (("length", "pwned"), ["at least 11 characters", "another one: this was leaked"]),
        (("length", "characters", "pwned"), ["at least 11 characters", *KINDS, "another one: this was leaked"]),
    ],
)
def test_after_a_refusal_the_list_is_what_was_said(
    typed: tuple[QLineEdit, PasswordRules], reasons: tuple[str, ...], expected: list[str]
) -> None:
    edit, panel = typed
    edit.setText("0123456789")
    panel.learn(reasons)
    assert list(shown(panel)) == expected
    assert any(label.text() == "This is asked for here:" for label in panel.findChildren(QLabel))


def test_each_refusal_for_its_length_asks_for_more(typed: tuple[QLineEdit, PasswordRules]) -> None:
    edit, panel = typed
    for words, least in [("abc", 8), ("abcdefgh", 9), ("abcdefghijk", 12), ("abc", 12)]:
        edit.setText(words)
        panel.learn(("length",))
        assert f"at least {least} characters" in shown(panel)
    edit.setText("x" * 12)
    assert ticked(panel) == ["at least 12 characters"]


def test_what_was_learnt_before_holds_as_well(typed: tuple[QLineEdit, PasswordRules]) -> None:
    edit, panel = typed
    edit.setText("aaaaaaaaaaaa")
    panel.learn(("characters",))
    edit.setText("aB3!")
    panel.learn(("length",))
    assert panel.unmet() == ["at least 8 characters"]


def test_a_leak_is_never_ticked_off_here(typed: tuple[QLineEdit, PasswordRules]) -> None:
    edit, panel = typed
    edit.setText("Passw0rd!")
    panel.learn(("pwned",))
    edit.setText("nobody has ever had this one")
    assert panel.unmet() == ["another one: this was leaked"]


def test_a_reason_that_we_do_not_know_yet_breaks_nothing(typed: tuple[QLineEdit, PasswordRules]) -> None:
    _, panel = typed
    panel.learn(("entropy",))
    assert list(shown(panel)) == ["at least 8 characters", *KINDS]


def test_forgetting_begins_anew(typed: tuple[QLineEdit, PasswordRules]) -> None:
    edit, panel = typed
    edit.setText("0123456789")
    panel.learn(("length", "pwned"))
    panel.forget()
    assert list(shown(panel)) == ["at least 8 characters", *KINDS]


def test_every_rule_but_the_leak_can_be_met() -> None:
    perfect = "aB3!" * 3
    assert [rule.reason for rule in rules(8) if not rule.met(perfect)] == ["pwned"]


@pytest.mark.parametrize(
    ("password", "over"),
    [("", 0), ("x" * 72, 0), ("x" * 73, 1), ("ä" * 36, 0), ("ä" * 37, 1), ("한" * 24, 0), ("한" * 25 + "x", 2)],
)
def test_what_is_too_long_is_counted_in_characters_from_its_end(password: str, over: int) -> None:
    assert excess(password) == over


@given(st.text(max_size=120))
def test_what_is_left_after_leaving_them_out_is_just_short_enough(password: str) -> None:
    def size(words: str) -> int:
        return len(words.encode("utf-8", "surrogatepass"))

    over = excess(password)
    left = password[: len(password) - over]
    assert size(left) <= LONGEST_PASSWORD
    assert over == 0 or size(password[: len(left) + 1]) > LONGEST_PASSWORD
