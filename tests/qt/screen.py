"""Everything that a window holds, seen or not: what a person, a screen reader or a curious neighbour could get at."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QListWidget, QWidget


def everything(app: QApplication) -> str:
    """The words of every widget of every window, hidden ones too, and what Undo would bring back."""
    return "\n".join(words for widget in app.allWidgets() for words in _words(widget) if words)


def everything_in(view: QWidget) -> str:
    """The same of one view."""
    return "\n".join(words for widget in [view, *view.findChildren(QWidget)] for words in _words(widget) if words)


def _words(widget: QWidget) -> Iterator[str]:
    yield from (widget.windowTitle(), widget.toolTip(), widget.statusTip(), widget.whatsThis())
    yield from (widget.accessibleName(), widget.accessibleDescription())
    yield from (action.text() for action in widget.actions())
    match widget:
        case QLabel() | QAbstractButton():
            yield widget.text()
        case QLineEdit():
            yield from _every_step_of(widget)
            assert widget.completer() is None
        case QListWidget():
            yield from (widget.item(row).text() for row in range(widget.count()))
        case QComboBox():
            raise AssertionError("a kind of widget that is not looked into yet")


def _every_step_of(edit: QLineEdit) -> Iterator[str]:
    yield from (edit.text(), edit.placeholderText())
    back = 0
    while edit.isUndoAvailable():
        edit.undo()
        back += 1
        yield edit.text()
    for _ in range(back):
        edit.redo()
