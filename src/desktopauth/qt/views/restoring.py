"""The first picture when somebody is expected: one quiet line until the keyring was read."""

from __future__ import annotations

from desktopauth.qt.widgets import Card, text


class RestoringView(Card):
    """Says what is being waited for; ``tell`` changes the line while something longer is prepared."""

    def __init__(self) -> None:
        super().__init__()
        self._line = text("Opening\N{HORIZONTAL ELLIPSIS}", "centered")
        self.box.addWidget(self._line)

    def tell(self, words: str) -> None:
        self._line.setText(words)
