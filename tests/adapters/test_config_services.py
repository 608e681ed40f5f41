"""Where the services of a project are, and which nudges count: by precedence, checked, and told in a sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from desktopauth.adapters.config import SERVICES, Config, ConfigError, Service, read_config
from desktopauth.core.parts import Nudge
from tests.adapters.test_config import KEY, URL

ADDRESSES = {
    "auth": f"{URL}/auth/v1",
    "rest": f"{URL}/rest/v1",
    "storage": f"{URL}/storage/v1",
    "functions": f"{URL}/functions/v1",
    "realtime": f"{URL}/realtime/v1",
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_under_the_project_unless_it_has_an_address_of_its_own(name: Service) -> None:
    ours = Config(url=URL, key=KEY, **{f"{name}_url": "HTTPS://Own.example:443/some/path/"})  # type: ignore[arg-type]
    assert {each: ours.address(each) for each in SERVICES} == ADDRESSES | {name: "https://own.example/some/path"}
    assert replace(ours, url="http://127.0.0.1:9").address(name) == "https://own.example/some/path"


def test_another_project_has_other_addresses() -> None:
    moved = replace(Config(url=URL, key=KEY), url="http://127.0.0.1:9")
    assert {moved.address(name) for name in SERVICES} == {f"http://127.0.0.1:9/{name}/v1" for name in SERVICES}


def test_whoever_moves_the_auth_server_has_another_entry_and_nobody_else_has() -> None:
    assert Config(url=URL, key=KEY, rest_url="https://rest.example").project_id == f"{URL}/auth/v1"
    assert Config(url=URL, key=KEY, auth_url="https://auth.example/").project_id == "https://auth.example"
    assert Config(url=URL, key=KEY, auth_url="https://auth.example/", project_id="ours").project_id == "ours"


@pytest.mark.parametrize("text", ["wss://live.example/socket", "https://live.example/socket/websocket"])
def test_realtime_is_taken_as_servers_print_it(text: str) -> None:
    assert Config(url=URL, key=KEY, realtime_url=text).address("realtime") == "https://live.example/socket"


SERVICE_REFUSED = {
    "auth.example/v1": "The auth URL must begin with https",
    "http://auth.example/v1": "Use https://",
    "ws://127.0.0.1:9/v1": "must begin with https",
    "https://ada:hunter22@auth.example": "The auth URL has a user name or password",
    "https://auth.example?apikey=1": "a \\? or #",
    "https://auth.example/#x": "a \\? or #",
    "https://auth.example/a b": "spaces",
    "https://auth.example:0/": "names no server",
    KEY: "The auth URL is a key",
}


@pytest.mark.parametrize("text", SERVICE_REFUSED)
def test_an_address_of_a_service_that_cannot_be_used_is_explained(text: str, tmp_path: Path) -> None:
    env = {"DESKTOPAUTH_URL": URL, "DESKTOPAUTH_KEY": KEY, "DESKTOPAUTH_AUTH_URL": text}
    with pytest.raises(ConfigError, match=SERVICE_REFUSED[text]) as caught:
        read_config({}, env, tmp_path)
    assert "(It is set by DESKTOPAUTH_AUTH_URL in the environment.)" in str(caught.value)
    assert "hunter22" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_addresses_and_nudges_are_read_from_the_file(tmp_path: Path) -> None:
    lines = [
        f'url = "{URL}"',
        f'key = "{KEY}"',
        'storage_url = "https://files.example/v1"',
        'nudges = ["wake", "focus"]',
    ]
    (tmp_path / "config.toml").write_text("\n".join(lines))
    found = read_config({}, {}, tmp_path)
    assert found.address("storage") == "https://files.example/v1"
    assert found.nudges == {"wake", "focus"}
    assert read_config({}, {"DESKTOPAUTH_NUDGES": "network, wake"}, tmp_path).nudges == {"network", "wake"}
    assert read_config({}, {"DESKTOPAUTH_NUDGES": "none"}, tmp_path).nudges == frozenset()


def test_every_nudge_is_wanted_unless_some_are_named() -> None:
    assert Config(url=URL, key=KEY).nudges == {nudge.value for nudge in Nudge}
    assert Config(url=URL, key=KEY, nudges=frozenset()).nudges == frozenset()


@pytest.mark.parametrize("line", ['nudges = ["focus", "sleep"]', 'nudges = "everything"'])
def test_a_nudge_that_does_not_exist_is_explained(line: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'url = "{URL}"\nkey = "{KEY}"\n{line}\n')
    said = (
        r"The nudges may be: focus, network, sibling, unauthorized, wake; or none\. \(It is set by .*config\.toml\.\)"
    )
    with pytest.raises(ConfigError, match=said):
        read_config({}, {}, tmp_path)


def test_nudges_that_are_no_list_of_texts_are_explained(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("nudges = [1]\n")
    with pytest.raises(ConfigError, match=r"nudges must be text in quotes: nudges = \["):
        read_config({}, {}, tmp_path)
