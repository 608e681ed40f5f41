"""Only our own loggers reach stderr and the log file, the file is private, and no token gets into it."""

from __future__ import annotations

import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktopauth.adapters import logs
from tests.conftest import LogWatch

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    undo = logs.set_up(tmp_path / "logs")
    yield tmp_path / "logs" / "desktopauth.log"
    undo()


def test_ours_reaches_the_file_and_others_do_not(log: Path) -> None:
    logging.getLogger("desktopauth.keeper").info("refreshed in %d ms", 40)
    for name in ("httpx", "httpcore.http11", "websockets.client", "hpack", "realtime", "asyncio"):
        logging.getLogger(name).error("GET https://example.com/?code=123")
    said = log.read_text()
    assert "INFO desktopauth.keeper: refreshed in 40 ms" in said
    assert "example.com" not in said


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_the_file_and_its_folder_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    undo = logs.set_up(tmp_path / "logs")
    os.umask(before)
    undo()
    assert stat.S_IMODE((tmp_path / "logs").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "logs" / "desktopauth.log").stat().st_mode) == 0o600


def test_the_file_rotates_and_stays_private(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = logging.getLogger("desktopauth.test")
    for _ in range(400):
        ours.info("x" * 10_000)
    files = sorted(log.parent.iterdir())
    assert [file.name for file in files] == ["desktopauth.log", "desktopauth.log.1", "desktopauth.log.2"]
    assert all(file.stat().st_size <= 1_000_000 for file in files)
    if os.name == "posix":
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_token_in_an_exceptions_text_is_removed(log: Path) -> None:
    token = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxIn0.c2lnbmF0dXJl"
    try:
        raise ValueError(f"input was {token}") from None
    except ValueError as error:
        text = logging.Formatter().formatException((type(error), error, None))
    record = logging.LogRecord("desktopauth.x", logging.ERROR, __file__, 1, "failed: %s", (text,), None)
    [file] = [handler for handler in logging.getLogger("desktopauth").handlers if hasattr(handler, "baseFilename")]
    file.handle(record)
    assert token not in log.read_text()
    assert "failed: ValueError: input was [removed]" in log.read_text()


def test_a_folder_that_cannot_be_written_costs_the_file_only(tmp_path: Path, expected_logs: LogWatch) -> None:
    (tmp_path / "file").write_text("x")
    expected_logs("no log file")
    undo = logs.set_up(tmp_path / "file")
    logging.getLogger("desktopauth").info("still here")
    undo()


def test_undoing_leaves_the_logger_as_it_was(tmp_path: Path) -> None:
    ours, root = logging.getLogger("desktopauth"), logging.getLogger()
    before = (list(ours.handlers), ours.level, ours.propagate, list(root.handlers))
    logs.set_up(tmp_path / "logs")()
    assert (list(ours.handlers), ours.level, ours.propagate, list(root.handlers)) == before


@pytest.mark.parametrize(
    ("level", "said", "kept"),
    [
        ("", ["a warning"], ["some news", "a warning"]),
        ("debug", ["detail", "some news", "a warning"], ["detail", "some news", "a warning"]),
        ("error", [], []),
    ],
)
def test_stderr_and_file_have_ours_from_their_level_on_and_nothing_of_others(
    tmp_path: Path, level: str, said: list[str], kept: list[str]
) -> None:
    code = f"""
import logging, pathlib, sys
from desktopauth.adapters.logs import set_up
set_up(pathlib.Path(sys.argv[1]), level="{level}")
logging.getLogger("httpx").error("theirs")
logging.getLogger("websockets").critical("theirs")
logging.getLogger("desktopauth.x").debug("detail")
logging.getLogger("desktopauth.x").info("some news")
logging.getLogger("desktopauth.x").warning("a warning")
"""
    environ = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-c", code, str(tmp_path / "logs")]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    lasting = (tmp_path / "logs" / "desktopauth.log").read_text()
    for text, wanted in ((done.stderr, said), (lasting, kept)):
        assert [line.partition("x: ")[2] for line in text.splitlines()] == wanted


def test_an_address_and_a_person_are_shortened_in_the_file(log: Path) -> None:
    said = logging.getLogger("desktopauth.x")
    said.info("%s asked for https://project.test/auth/v1/verify?type=signup#here", "ada@example.com")
    assert "a***@example.com asked for https://project.test/auth/v1/verify[removed]\n" in log.read_text()


def test_without_a_stderr_nothing_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)  # as under pythonw
    undo = logs.set_up(tmp_path / "logs")
    logging.getLogger("desktopauth").info("quiet")
    undo()
    assert "quiet" in (tmp_path / "logs" / "desktopauth.log").read_text()
