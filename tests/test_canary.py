"""The canary guard catches a leak in every place it watches, says where without repeating it, and lets others pass."""

from __future__ import annotations

import ast
import logging
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from desktopauth.core.models import Session, User
from desktopauth.demo.server import EmbeddedServer
from tests.canary import Canary

HERE = Path(__file__).parent
LEAKS = HERE / "canary_leaks.py"


def planned() -> dict[str, str]:
    """Each leaking test, and the place that its mark names."""
    found = {}
    for node in ast.parse(LEAKS.read_text(encoding="utf-8")).body:
        for mark in getattr(node, "decorator_list", []):
            if isinstance(node, ast.FunctionDef) and isinstance(mark, ast.Call) and "leak" in ast.unparse(mark.func):
                found[node.name] = str(ast.literal_eval(mark.args[0]))
    return found


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a pytest of its own says of each leaking test; empty where it found nothing."""
    folder = tmp_path_factory.mktemp("leaks")
    options = ["-p", "no:cacheprovider", "-o", "markers=leak", f"--basetemp={folder / 'inner'}"]
    command = [sys.executable, "-m", "pytest", *options, f"--junitxml={folder / 'report.xml'}", str(LEAKS)]
    subprocess.run(command, cwd=HERE.parent, check=False, capture_output=True, timeout=100)
    cases = list(ElementTree.parse(folder / "report.xml").iter("testcase"))
    shutil.rmtree(folder)  # what leaked in there is a leak no more
    return {case.get("name", ""): "\n".join(fault.get("message") or "" for fault in case) for case in cases}


@pytest.mark.parametrize("name", planned())
def test_a_leak_is_caught_where_it_is(name: str, reports: dict[str, str]) -> None:
    assert "a secret leaked:" in reports[name]
    assert planned()[name] in reports[name]


def test_what_the_guard_says_holds_no_secret_itself(reports: dict[str, str]) -> None:
    said = "\n".join(reports.values())
    assert "<secret>" in said
    for secret in ("CANARY-", "correct horse", "493817'", "opaque-bearer", "answered-refresh-token", "eyJ"):
        assert secret not in said


def test_a_clean_test_passes(canary: Canary, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    password, access = canary.secret("password"), canary.secret("access")
    session = Session(access, canary.secret("refresh"), 1_800_000_000, 3600, User("ada"))
    logging.getLogger("desktopauth.keeper").info("holding %r, typed %d characters", session, len(password))
    (tmp_path / "log.txt").write_text(repr(session))
    sys.stdout.write(str(session))
    subprocess.run([sys.executable, "-c", "input()"], check=True, input=password, text=True)
    canary.look_around()
    assert canary.leaks() == []


def test_publishable_keys_are_no_secrets(canary: Canary) -> None:
    anon = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl"
    for key in ("sb_publishable_abcdefghijklmnop", anon):
        canary.learn(key, "apikey")
        canary.scan_text(f"the key is {key}", "log")
    assert canary.leaks() == []


def test_a_code_is_not_found_in_other_numbers(canary: Canary) -> None:
    canary.learn("493817", "code")
    for text in ("9493817", "4938170", "0.493817", "<at 0x7f493817aa>", "00493817-4938-4938-4938-493817493817"):
        canary.scan_text(text, "log")
    assert canary.leaks() == []


def test_an_embedded_servers_folder_may_keep_its_secrets(canary: Canary, tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "server", modules=tmp_path, tell=lambda _: None)
    server.folder.mkdir()
    (server.folder / "keys.json").write_text(canary.secret("jwt secret"))
    canary.look_around()
    canary.scan_folder(tmp_path)
    assert canary.leaks() == []
