"""Leaks on purpose, one in each place that the canary guard watches; ``test_canary.py`` runs them in a child.

Not collected by itself: every test here must end in an error.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from desktopauth.core.errors import AuthError, ErrorKind, Problem
from desktopauth.core.models import User
from desktopauth.demo.mailbox import Mailbox
from tests.canary import Canary
from tests.scenario import Run

JWT = "eyJhbGciOiJub25lIn0." + "eyJzdWIiOiJzb21lYm9keSJ9" + ".c2lnbmF0dXJl"
HELD: list[Any] = []
log = logging.getLogger("somebody.else")


@dataclass
class Talkative:
    """Shows what it holds, as if it were one of ours."""

    inner: str


Talkative.__module__ = "desktopauth.talkative"


@pytest.mark.leak("log record of somebody.else")
def test_log_at_debug(canary: Canary) -> None:
    log.debug("signed in with %s", canary.secret())


@pytest.mark.leak("exception logged by somebody.else")
def test_log_of_an_exceptions_cause(canary: Canary) -> None:
    try:
        try:
            raise ValueError(canary.secret())
        except ValueError as cause:
            raise RuntimeError("harmless") from cause
    except RuntimeError:
        log.info("it failed", exc_info=True)


@pytest.mark.leak("repr of Talkative")
def test_repr_of_what_is_alive(canary: Canary) -> None:
    HELD.append(Talkative(canary.secret()))


@pytest.mark.leak("repr of User")
def test_repr_of_what_is_gone(canary: Canary) -> None:
    assert User(canary.secret()).email == ""


@pytest.mark.leak("exception raised")
def test_exception_of_ours(canary: Canary) -> None:
    with pytest.raises(AuthError):
        raise AuthError(Problem(ErrorKind.REFUSED, code=canary.secret()))


@pytest.mark.leak("exception raised in a task")
def test_exception_of_a_task(canary: Canary, run: Run) -> None:
    async def fail() -> None:
        raise ValueError(canary.secret())

    async def scenario() -> None:
        with pytest.raises(ValueError, match="CANARY"):
            await asyncio.create_task(fail())

    run(scenario)


@pytest.mark.leak("exception held by an object")
def test_note_of_an_exception_that_is_held(canary: Canary) -> None:
    error = ValueError("harmless")
    error.add_note(canary.secret())
    HELD.append(error)


@pytest.mark.leak("a child's arguments")
def test_argument_of_a_child(canary: Canary) -> None:
    subprocess.run([sys.executable, "-c", "", canary.secret()], check=True)


@pytest.mark.leak("a child's environment")
def test_environment_of_a_child(canary: Canary) -> None:
    subprocess.run([sys.executable, "-c", ""], check=True, env=os.environ | {"TOKEN": canary.secret()})


@pytest.mark.leak("a child's environment")
def test_environment_that_a_child_inherits(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", canary.secret())
    subprocess.run([sys.executable, "-c", ""], check=True)


@pytest.mark.leak("file kept.txt")
def test_file_below_tmp_path(canary: Canary, tmp_path: Path) -> None:
    code = "import sys; open('kept.txt', 'w').write(sys.stdin.read())"  # a child: no audit hook sees it
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, input=canary.secret(), text=True)


@pytest.mark.leak("file elsewhere")
def test_file_elsewhere_under_its_last_name(canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "new").write_text(canary.secret())
    HELD.append((folder / "new").replace(folder / "elsewhere"))


@pytest.mark.leak("file short-lived")
def test_file_that_is_gone_again(canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("elsewhere") / "short-lived"
    path.write_text(canary.secret())
    path.unlink()


@pytest.mark.leak("file child.log")
def test_file_in_a_folder_that_was_handed_in(canary: Canary, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("child")
    subprocess.run(["tee", folder / "child.log"], check=True, input=canary.secret(), text=True, stdout=-3)
    canary.scan_folder(folder)


@pytest.mark.leak("captured output")
def test_output(canary: Canary) -> None:
    sys.stdout.write(canary.secret())


@pytest.mark.leak("captured output")
def test_output_of_a_child(canary: Canary, capfd: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["cat"], check=True, input=canary.secret(), text=True)


@pytest.mark.leak("captured output")
def test_output_that_the_test_read(canary: Canary, capsys: pytest.CaptureFixture[str]) -> None:
    sys.stderr.write(canary.secret())
    assert capsys.readouterr().err


@pytest.fixture
def late_talker(canary: Canary) -> Any:
    yield None
    sys.stdout.write(canary.secret())


@pytest.mark.leak("captured output")
def test_output_of_a_tear_down(late_talker: None) -> None:
    assert late_talker is None


@pytest.mark.leak("a child's output")
def test_text_that_was_handed_in(canary: Canary) -> None:
    canary.scan_text(f"hello {canary.secret()}", "a child's output")


@pytest.mark.leak("JWT in captured output")
def test_anything_shaped_like_a_jwt() -> None:
    sys.stdout.write(JWT)


class Answer(BaseHTTPRequestHandler):
    """Answers with a token."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"user": {}, "session": {"refresh_token": "answered-refresh-token"}}')

    def log_message(self, *_: object) -> None: ...


async def post(**request: Any) -> None:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(f"http://127.0.0.1:{server.server_port}/auth/v1/token", **request)
    thread.join()
    server.server_close()


@pytest.mark.leak("password in log record")
def test_password_that_was_sent(run: Run) -> None:
    run(lambda: post(json={"email": "ada@example.com", "password": "correct horse"}))
    log.info("she typed correct horse")


@pytest.mark.leak("code_verifier in log record")
def test_verifier_that_was_sent_in_a_form(run: Run) -> None:
    run(lambda: post(data={"code_verifier": "a-verifier-of-ours"}))
    log.info("a-verifier-of-ours")


@pytest.mark.leak("token in log record")
def test_code_that_was_sent(run: Run) -> None:
    run(lambda: post(json={"token": "493817"}))
    log.info("code 493817 it was, not 9493817 or 0x493817")


@pytest.mark.leak("access token in log record")
def test_bearer_that_was_sent(run: Run) -> None:
    run(lambda: post(json={}, headers={"authorization": "Bearer opaque-bearer"}))
    log.info("opaque-bearer")


@pytest.mark.leak("refresh_token in log record")
def test_token_that_was_answered(run: Run) -> None:
    run(lambda: post(json={}))
    log.info("answered-refresh-token")


@pytest.mark.leak("mailed code in log record")
def test_code_that_was_mailed(canary: Canary, tmp_path: Path) -> None:
    canary.exempt(tmp_path)
    mail = '{"at": 1, "to": "ada@example.com", "subject": "Hello", "text": "Your code is 493817"}\n'
    (tmp_path / "mailbox.jsonl").write_text(mail)
    log.info("it is %s", Mailbox(tmp_path / "mailbox.jsonl").latest_code("ada@example.com"))
