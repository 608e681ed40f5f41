"""The mailbox finds the right code among whatever the file holds, and shows none in a repr."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from desktopauth.demo.mailbox import Mailbox


def line(at: float, to: str, text: str) -> str:
    return json.dumps({"at": at, "to": to, "subject": "Confirm Your Signup", "text": text, "html": ""}) + "\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mailbox.jsonl"


def test_a_mailbox_without_a_file_is_empty(path: Path) -> None:
    assert (Mailbox(path).mails(), Mailbox(path).latest_code("anna@example.com")) == ((), None)


def test_the_newest_code_of_the_person_is_found(path: Path) -> None:
    path.write_text(
        line(1, "anna@example.com", "code: 111111")
        + line(
            2, "anna@example.com", "code: 222222\n\nhttp://127.0.0.1:54321/verify?token=99999900ff123456&type=signup"
        )
        + line(3, "ben@example.com", "code: 333333")
        + line(4, "anna@example.com", "no code in here: 1234567, a123456, 12345")
    )
    mailbox = Mailbox(path)
    assert mailbox.latest_code(" Anna@Example.com") == "222222"
    assert mailbox.latest_code("anna@example.com", since=2.5) is None
    assert [mail.code for mail in mailbox.mails("anna@example.com")] == ["111111", "222222", None]


def test_lines_that_are_no_mails_are_skipped(path: Path) -> None:
    bad = [
        "",
        "{",
        "[]",
        "7",
        '{"at": 1}',
        '{"at": "x", "to": "a", "subject": "s"}',
        '{"at": 1, "to": 2, "subject": "s"}',
    ]
    path.write_bytes("\n".join([*bad, ""]).encode() + b"\xff\xfe\n" + line(1, "anna@example.com", "111111").encode())
    assert [mail.code for mail in Mailbox(path).mails()] == ["111111"]


def test_a_line_counts_once_it_is_whole(path: Path) -> None:
    mailbox = Mailbox(path)
    whole = line(1, "anna@example.com", "111111")
    with path.open("a") as file:
        file.write(whole[:-1])
        file.flush()
        assert mailbox.latest_code("anna@example.com") is None
        file.write("\n")
        file.flush()
        assert mailbox.latest_code("anna@example.com") == "111111"


def test_an_unchanged_file_is_not_read_again(path: Path) -> None:
    path.write_text(line(1, "anna@example.com", "111111"))
    mailbox = Mailbox(path)
    assert mailbox.mails()[0] is mailbox.mails()[0]
    with path.open("a") as file:
        file.write(line(2, "anna@example.com", "222222"))
    assert mailbox.latest_code("anna@example.com") == "222222"


def test_a_repr_shows_neither_code_nor_address(path: Path) -> None:
    path.write_text(line(1, "anna@example.com", "your code is 111111"))
    mailbox = Mailbox(path)
    shown = repr(mailbox.mails()) + repr(mailbox)
    assert "111111" not in shown
    assert "anna" not in shown


def test_waiting_ends_with_the_mail_or_with_patience(path: Path) -> None:
    def write() -> None:
        path.write_text(line(1, "anna@example.com", "111111"))

    async def scenario() -> None:
        mailbox = Mailbox(path)
        with pytest.raises(TimeoutError):
            await mailbox.wait_for_code("anna@example.com", patience=0)
        waiting = asyncio.create_task(mailbox.wait_for_code("anna@example.com"))
        await asyncio.sleep(0)
        write()
        assert await waiting == "111111"

    asyncio.run(scenario())
