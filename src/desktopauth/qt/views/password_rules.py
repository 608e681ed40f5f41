"""What makes a password good enough, as a list that ticks itself off while somebody types.

Which rules a project has is known only from its refusals. Until then the list is advice; after one it is what was said.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Collection
from dataclasses import dataclass

from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QWidget

from desktopauth.core.flows import LONGEST_PASSWORD
from desktopauth.qt.widgets import say, text

_ADVISED = 8  # characters
_KINDS = {  # the sets of the server's own settings: letters of other scripts are in none of them
    "a small letter": string.ascii_lowercase,
    "a capital letter": string.ascii_uppercase,
    "a digit": string.digits,
    "a symbol": string.punctuation,
}
_ADVICE = ("length", "characters")
_PLACES = ((1, 0, 1, 2), (2, 0), (2, 1), (3, 0), (3, 1), (4, 0, 1, 2))  # of ``rules``, in a grid
_MET, _UNMET = "\N{CHECK MARK}", "\N{WHITE CIRCLE}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the list: which of ``Problem.reasons`` it stands for, and how it judges a password."""

    reason: str
    words: str
    met: Callable[[str], bool]


def rules(least: int) -> list[Rule]:
    """All there are; ``least`` is how many characters are asked for. Only the service knows what was leaked."""
    length = Rule("length", f"at least {least} characters", lambda password: len(password) >= least)
    kinds = [Rule("characters", words, _has(letters)) for words, letters in _KINDS.items()]
    return [length, *kinds, Rule("pwned", "another one: this was leaked", lambda _: False)]


def excess(password: str) -> int:
    """How many characters at its end are too many for the server; 0 if it is short enough."""
    size, over = len(password.encode("utf-8", "surrogatepass")), 0
    while size > LONGEST_PASSWORD:
        over += 1
        size -= len(password[-over].encode("utf-8", "surrogatepass"))
    return over


class PasswordRules(QWidget):
    """The list under a password field."""

    def __init__(self, edit: QLineEdit) -> None:
        super().__init__()
        self._edit = edit
        self._reasons, self._least = set[str](), _ADVISED
        self._caption = text(name="quiet")
        self._rows = [text(name="quiet") for _ in _PLACES]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        grid.addWidget(self._caption, 0, 0, 1, 2)
        for row, place in zip(self._rows, _PLACES, strict=True):
            grid.addWidget(row, *place)
        self.forget()
        edit.textChanged.connect(self._draw)

    def learn(self, reasons: Collection[str]) -> None:
        """What is in the field was refused for these; what was learnt before holds as well."""
        if "length" in reasons:
            self._least = max(self._least, len(self._edit.text()) + 1)
        self._reasons |= set(reasons) & {rule.reason for rule in rules(self._least)}
        self._draw()

    def forget(self) -> None:
        """Begin anew, with advice."""
        self._reasons, self._least = set(), _ADVISED
        self._draw()

    def unmet(self) -> list[str]:
        """What is still to be done, in words."""
        password = self._edit.text()
        return [rule.words for rule in rules(self._least) if rule.reason in self._asked() and not rule.met(password)]

    def _asked(self) -> Collection[str]:
        return self._reasons or _ADVICE

    def _draw(self) -> None:
        self._caption.setText("This is asked for here:" if self._reasons else "A good one has:")
        password = self._edit.text()
        for row, rule in zip(self._rows, rules(self._least), strict=True):
            met = rule.met(password)
            say(row, f"{_MET if met else _UNMET}  {rule.words}" if rule.reason in self._asked() else "")
            _style(row, "met" if met else "quiet")


def _has(letters: str) -> Callable[[str], bool]:
    return lambda password: any(letter in letters for letter in password)


def _style(label: QLabel, name: str) -> None:
    if label.objectName() != name:
        label.setObjectName(name)
        label.style().polish(label)
