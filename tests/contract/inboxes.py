"""Where a target's mails arrive: in the double itself, in a file with one JSON per line, or at a Mailpit."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from tests.double.project import Project

_CODE = re.compile(r"(?<![0-9A-Za-z=])[0-9]{6,10}(?![0-9A-Za-z])")
_LINK = re.compile(r"https?://[^\s\"'<>)]*/verify\?[^\s\"'<>)]+")


@dataclass(frozen=True)
class Mail:
    """What a person gets to see."""

    subject: str
    text: str

    @property
    def code(self) -> str:
        """The digits to type in; a template without ``{{ .Token }}`` has none, and no code can be tested there."""
        found = _CODE.search(_LINK.sub("", self.text))
        assert found, f"no code in the mail {self.subject!r}: its template needs the token"
        return found.group()

    @property
    def link(self) -> str:
        found = _LINK.search(self.text.replace("&amp;", "&"))
        assert found, f"no link in the mail {self.subject!r}"
        return found.group()


class Inbox(Protocol):
    """All mails to one address, the oldest first."""

    def mails(self, to: str) -> list[Mail]: ...


class DoubleInbox:
    """The double keeps what it sends."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def mails(self, to: str) -> list[Mail]:
        return [Mail(mail.subject, mail.text) for mail in self._project.mails if mail.to == to]


class JsonLines:
    """A file of ``{"to": ..., "subject": ..., "text": ...}`` lines; it need not exist yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def mails(self, to: str) -> list[Mail]:
        if not self._path.exists():
            return []
        whole = self._path.read_text(encoding="utf-8").rpartition("\n")[0]  # the last line may be half-written
        found = [json.loads(line) for line in whole.split("\n") if line]
        return [Mail(mail["subject"], mail["text"]) for mail in found if mail["to"] == to]


class Mailpit:
    """The HTTP API of a Mailpit, at the address of its web page."""

    def __init__(self, url: str) -> None:
        self._url = url

    def mails(self, to: str) -> list[Mail]:
        with httpx.Client(base_url=self._url, trust_env=False) as http:
            listed = http.get("/api/v1/search", params={"query": f'to:"{to}"'}).raise_for_status().json()
            return [_mail(http, each["ID"]) for each in reversed(listed["messages"])]


def _mail(http: httpx.Client, name: str) -> Mail:
    found = http.get(f"/api/v1/message/{name}").raise_for_status().json()
    return Mail(found["Subject"], found["Text"])
