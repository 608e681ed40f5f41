"""The system's browser is started with the address alone, in the person's own environment, or we hear otherwise."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from desktopauth.adapters import browser
from desktopauth.adapters.browser import clean_environment, first_opener, may_be_opened, named_program, open_in_browser
from tests.scenario import Run, settled, until

URL = "https://provider.test/authorize?client_id=1&state=2&scope=a%20b"


class Machine:
    """A PATH of our own, with programs that note what they were started with."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self.set = monkeypatch.setenv
        self.set("PATH", str(folder))
        monkeypatch.delenv("BROWSER", raising=False)

    def program(self, name: str, *, exit_code: int = 0, stays: bool = False) -> Path:
        note = self._folder / f"{name}.json"
        code = (
            f"#!{sys.executable} -I\nimport json, os, sys, time\n"
            f"with open({str(note) + '.new'!r}, 'w') as file:\n"
            "    json.dump({'argv': sys.argv[1:], 'environ': dict(os.environ)}, file)\n"
            f"os.rename({str(note) + '.new'!r}, {str(note)!r})\n"
            f"time.sleep({60 if stays else 0})\nsys.exit({exit_code})\n"
        )
        path = self._folder / name
        path.write_text(code)
        path.chmod(0o755)
        return path

    def started(self, name: str) -> Any:
        note = self._folder / f"{name}.json"
        return json.loads(note.read_text()) if note.exists() else None

    def argv(self, name: str) -> Any:
        found = self.started(name)
        return found and found["argv"]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    if sys.platform != "linux":
        pytest.skip("each system has its own way to open a browser")
    return Machine(tmp_path, monkeypatch)


def opened(run: Run, url: str = URL) -> bool:
    return run(lambda: open_in_browser(url))


def test_the_systems_opener_gets_the_address_and_nothing_else(machine: Machine, run: Run) -> None:
    machine.program("xdg-open")
    assert opened(run)
    assert machine.argv("xdg-open") == [URL]


@pytest.mark.parametrize("command", ["", "mine", "gone:mine --new", "gone", "'unclosed", f"{os.devnull}:mine", "&"])
def test_what_is_named_beforehand_is_what_opens_it(machine: Machine, run: Run, command: str) -> None:
    machine.program("mine")
    machine.program("gio")
    machine.set("BROWSER", command)
    first = first_opener()
    assert first
    assert [machine.started(name) for name in ("mine", "gio")] == [None, None], "naming starts nothing"
    assert first.named is ("mine" in command)
    assert opened(run)
    assert [name for name in ("mine", "gio") if machine.started(name)] == [Path(first.program).name]


def test_where_nothing_opens_pages_none_is_named(machine: Machine) -> None:
    machine.set("BROWSER", "gone --new:mine")
    assert first_opener() is None
    assert named_program() == "gone"


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        ("mine", [URL]),
        ("mine --new-window", ["--new-window", URL]),
        ("mine --url=%s --quiet", [f"--url={URL}", "--quiet"]),
        ("'mine' \"a b\" %s &", ["a b", URL]),
        ("gone:'unclosed:mine", [URL]),
    ],
)
def test_the_persons_own_choice_comes_first(machine: Machine, run: Run, command: str, argv: list[str]) -> None:
    machine.program("mine")
    machine.program("xdg-open")
    machine.set("BROWSER", command)
    assert opened(run)
    assert (machine.argv("mine"), machine.argv("xdg-open")) == (argv, None)


def test_what_fails_is_followed_by_the_next(machine: Machine, run: Run) -> None:
    machine.program("mine", exit_code=1)
    machine.program("xdg-open", exit_code=3)
    machine.program("gio")
    machine.set("BROWSER", f"mine:{os.devnull}")
    assert opened(run)
    assert [machine.argv(name) for name in ("mine", "xdg-open", "gio")] == [[URL], [URL], ["open", URL]]


def test_a_file_that_is_no_program_is_passed_over(machine: Machine, run: Run, tmp_path: Path) -> None:
    broken = machine.program("broken")
    broken.write_text("#!/nowhere/at/all\n")
    machine.set("BROWSER", str(broken))
    assert not opened(run)


def test_we_hear_that_nothing_opens_it(machine: Machine, run: Run) -> None:
    machine.program("xdg-open", exit_code=3)
    assert not opened(run)


def test_a_browser_that_stays_in_the_foreground_was_started(
    machine: Machine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "_TO_FAIL", 0.5)
    machine.program("mine", stays=True)
    machine.set("BROWSER", "mine")
    asked: list[Any] = []
    original = subprocess.Popen

    def popen(*args: Any, **options: Any) -> Any:
        asked.append(original(*args, **options))
        return asked[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    assert opened(run)
    [process] = asked
    assert process.poll() is None
    process.kill()
    run(lambda: until(lambda: process.returncode is not None, what="it is waited for by somebody"))


def test_no_shell_reads_the_address(machine: Machine, run: Run, tmp_path: Path) -> None:
    url = "https://provider.test/$(touch%20pwned);a&b=*?~#;exit"
    machine.program("mine")
    machine.set("BROWSER", "mine")
    assert opened(run, url)
    assert machine.argv("mine") == [url]


def test_a_bundles_libraries_do_not_come_along(machine: Machine, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", "/opt/app/_internal", raising=False)
    machine.set("LD_LIBRARY_PATH", "/opt/app/_internal:/lib/mine")
    machine.set("LD_LIBRARY_PATH_ORIG", "/lib/mine")
    machine.set("QT_PLUGIN_PATH", "/opt/app/_internal/PySide6/plugins")
    machine.set("_PYI_APPLICATION_HOME_DIR", "/opt/app/_internal")
    machine.program("xdg-open")
    assert opened(run)
    environ = machine.started("xdg-open")["environ"]
    assert environ["LD_LIBRARY_PATH"] == "/lib/mine"
    assert [name for name, value in environ.items() if "_internal" in value or name.startswith("_PYI_")] == []
    assert os.environ["LD_LIBRARY_PATH"] == "/opt/app/_internal:/lib/mine"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"LD_LIBRARY_PATH": "/b"}, {}),
        ({"LD_LIBRARY_PATH": "/b", "LD_LIBRARY_PATH_ORIG": ""}, {}),
        ({"LD_LIBRARY_PATH": "/b", "LD_LIBRARY_PATH_ORIG": "/x"}, {"LD_LIBRARY_PATH": "/x"}),
        ({"DYLD_LIBRARY_PATH": "/b", "DYLD_LIBRARY_PATH_ORIG": "/x"}, {"DYLD_LIBRARY_PATH": "/x"}),
        ({"XDG_DATA_DIRS": "/b/share:/usr/share"}, {"XDG_DATA_DIRS": "/usr/share"}),
        ({"A": "/bb:/b2", "B": "http://b:1", "C": ""}, {"A": "/bb:/b2", "B": "http://b:1", "C": ""}),
        ({"_MEIPASS2": "x", "_PYI_ARCHIVE_FILE": "y", "PYI": "z"}, {"PYI": "z"}),
    ],
)
def test_the_environment_of_a_bundle_is_undone(before: dict[str, str], after: dict[str, str]) -> None:
    assert clean_environment(before, "/b") == after


def test_without_a_bundle_the_environment_is_the_persons() -> None:
    environ = {"LD_LIBRARY_PATH": "/x", "QT_PLUGIN_PATH": "/y", "_PYI_X": "z", "EMPTY": ""}
    assert clean_environment(environ, None) == environ


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://[2001:db8::1]:8443/x",
        "http://127.0.0.1:54321/x?y",
        "http://[::1]:1/",
        "http://localhost/",
        "HTTPS://A.TEST",
    ],
)
def test_addresses_that_may_be_opened(url: str) -> None:
    assert may_be_opened(url)


FORBIDDEN = [
    *("", "provider.test", "//provider.test", "-x", "--version", "https:", "https://", "https:///x", "https:x"),
    *("http://provider.test/", "http://127.0.0.1.evil.test/", "http://127.0.0.2/", "http://localhost@evil.test/"),
    *(
        "https://user@provider.test/",
        "https://user:word@provider.test/",
        "https://provider.test:0/",
        "https://x:99999/",
    ),
    *("file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "ms-msdt:x", "mailto:a@b.test", "app://x"),
    *("https://x.test/ y", "https://x.test/\ny", "https://x.test/\x00", "https://x.test/é", "https://x.test/\u202e"),
    *('https://x.test/"', "https://x.test/'", "https://x.test/\\y", "https://x.test/`y`", "https://x.test/<y>"),
    *(" https://x.test/", "https://[x/", "https://x.test/" + "y" * 9_000),
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_addresses_that_are_never_opened(machine: Machine, run: Run, url: str) -> None:
    machine.program("xdg-open")
    assert not may_be_opened(url)
    with pytest.raises(ValueError, match=r"^only https addresses, and http ones on this machine, are opened"):
        opened(run, url)
    assert machine.started("xdg-open") is None


def test_nobody_is_held_up_by_a_browser_that_is_no_longer_waited_for(machine: Machine, run: Run) -> None:
    machine.program("mine", stays=False)
    machine.set("BROWSER", "mine")

    async def scenario() -> None:
        opening = asyncio.create_task(open_in_browser(URL))
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])
        await until(lambda: machine.started("mine"))
        await until(lambda: "desktopauth-browser" not in {thread.name for thread in threading.enumerate()})
        await settled()

    run(scenario)
