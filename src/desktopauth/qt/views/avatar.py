"""A person's picture, round, or their initials: decoded off the window's thread, in bounds that are checked first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QImage, QImageReader, QPainter, QPaintEvent, QShowEvent, QTransform
from PySide6.QtWidgets import QLabel

from desktopauth.core.models import User
from desktopauth.qt.commands import Commands
from desktopauth.qt.views.person import initials_of, picture_of

Fetch = Callable[[str], Awaitable["tuple[str, bytes] | None"]]  # an address to (kind, undecoded picture)
KINDS = ("png", "jpeg", "webp", "gif")
_SIDE = 64  # pixels of the circle
_LARGEST = 512  # pixels of a side, decoded
_WIDEST = 8192  # pixels of a side, as it came
_MOST = 16_000_000  # pixels in all, as it came: 64 MB while it is read


class Portrait(QLabel):
    """Asks for the picture when it comes on screen; without ``fetch``, and after any trouble, it shows initials."""

    def __init__(self, commands: Commands, fetch: Fetch | None) -> None:
        super().__init__()
        self._commands, self._fetch = commands, fetch
        self._url, self._turn, self._under_way = "", 0, False
        self._image: QImage | None = None
        self.setObjectName("portrait")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFixedSize(_SIDE, _SIDE)

    def show_person(self, user: User) -> None:
        self.setText(initials_of(user))
        if (url := picture_of(user)) != self._url:
            self._begin(url)
        if self.isVisible():
            self._look()

    def forget(self) -> None:
        """Somebody else's turn."""
        self.clear()
        self._begin("")

    def has_picture(self) -> bool:
        return self._image is not None

    def _begin(self, url: str) -> None:
        self._url, self._image, self._under_way = url, None, False
        self._turn += 1
        self.update()

    def _look(self) -> None:
        if self._fetch and self._url and not self._image and not self._under_way:
            self._under_way = True
            self._commands.start(self._get(self._fetch, self._url, self._turn))

    async def _get(self, fetch: Fetch, url: str, turn: int) -> None:
        import asyncio

        found = await fetch(url)
        image = await asyncio.get_running_loop().run_in_executor(None, decoded, *found) if found else None
        if turn == self._turn:
            self._image, self._under_way = image, False
            self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is None:
            super().paintEvent(event)
            return
        with QPainter(self) as painter:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_filling(self._image, self.width()))
            painter.drawEllipse(QRectF(self.rect()))


def decoded(kind: str, data: bytes) -> QImage | None:
    """The picture in at most 512 x 512 pixels, in its own shape; None for what is none. For any thread.

    Its size is read first, and what says that it is huge, or does not say how large it is, is not decoded at all.
    """
    if kind not in KINDS:
        return None
    buffer = QBuffer()
    buffer.setData(data)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, kind.encode())
    reader.setAutoDetectImageFormat(False)  # it is what it was said to be, or nothing
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isEmpty() or max(size.width(), size.height()) > _WIDEST or size.width() * size.height() > _MOST:
        return None
    if max(size.width(), size.height()) > _LARGEST:
        reader.setScaledSize(_within(size))
    image = reader.read()
    return None if image.isNull() else image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _within(size: QSize) -> QSize:
    box = QSize(_LARGEST, _LARGEST)
    return size.scaled(box, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))


def _filling(image: QImage, side: int) -> QBrush:
    """The picture as paint for a circle of this size: filled from edge to edge, from the picture's middle."""
    scale = side / min(image.width(), image.height())
    left, top = (side - image.width() * scale) / 2, (side - image.height() * scale) / 2
    brush = QBrush(image)
    brush.setTransform(QTransform.fromTranslate(left, top).scale(scale, scale))
    return brush
