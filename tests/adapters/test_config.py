"""What is configured is found by precedence; what is wrong is told in a sentence, without repeating a secret."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from desktopauth.adapters.addresses import project_url
from desktopauth.adapters.config import Config, ConfigError, check_key, read_config

URL = "https://abcdefgh.supabase.co"
KEY = "sb_publishable_0123456789abcdefghijklmnopqrstu"


def role(name: object) -> str:
    """A legacy key: a JWT with a role."""

    def part(what: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(what).encode()).decode().rstrip("=")

    return f"{part({'alg': 'HS256'})}.{part({'role': name, 'iss': 'supabase'})}.c2lnbmF0dXJl"


def test_the_command_line_comes_before_the_environment_before_the_file_before_defaults(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'url = "https://file.example"\nkey = "{KEY}"\napp_name = "File"\n')
    env = {"DESKTOPAUTH_URL": "https://env.example", "DESKTOPAUTH_STORE": "memory", "DESKTOPAUTH_APP_ID": ""}
    found = read_config({"url": "https://option.example", "store": None}, env, tmp_path, profile_id="p")
    assert (found.url, found.key, found.store) == ("https://option.example", KEY, "memory")
    assert (found.app_name, found.app_id, found.profile_id) == ("File", "desktopauth", "p")


def test_the_project_is_known_by_its_auth_url_unless_named() -> None:
    assert Config(url=URL, key=KEY).project_id == f"{URL}/auth/v1"
    assert Config(url=URL, key=KEY, project_id="demo").project_id == "demo"


def test_nothing_configured_says_what_can_be_done(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config({}, {}, tmp_path)
    said = str(caught.value)
    assert all(way in said for way in ("DESKTOPAUTH_URL", "DESKTOPAUTH_KEY", str(tmp_path), "desktopauth demo"))


@pytest.mark.parametrize(("given", "missing"), [("url", "key"), ("key", "url")])
def test_half_a_configuration_says_which_half_is_missing(tmp_path: Path, given: str, missing: str) -> None:
    value = {"url": URL, "key": KEY}[given]
    with pytest.raises(ConfigError, match=f"project's {missing} is missing"):
        read_config({given: value}, {}, tmp_path)


ACCEPTED = {
    "https://abcdefgh.supabase.co": URL,
    "https://abcdefgh.supabase.co///": URL,
    "HTTPS://ABCDEFGH.supabase.co:443/": URL,
    "https://abcdefgh.supabase.co/auth/v1": URL,
    "https://abcdefgh.supabase.co/rest/v1/": URL,
    "https://example.com:8443/supabase/": "https://example.com:8443/supabase",
    "http://127.0.0.1:54321/": "http://127.0.0.1:54321",
    "http://localhost:54321": "http://localhost:54321",
    "http://[::1]:54321": "http://[::1]:54321",
    "http://127.0.0.1:80": "http://127.0.0.1",
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_an_address_is_kept_in_one_spelling(text: str) -> None:
    assert project_url(text) == ACCEPTED[text]


REFUSED = {
    "": "must begin with https",
    "abcdefgh.supabase.co": "must begin with https",
    "localhost:54321": "must begin with https",
    "ftp://abcdefgh.supabase.co": "must begin with https",
    "postgresql://postgres:pw@db.abcdefgh.supabase.co:5432/postgres": "user name or password|must begin",
    "https://": "names no server",
    "https:///auth/v1": "names no server",
    "https://:443": "names no server",
    "https://exa$mple.com": "names no server",
    "https://example.com:0": "names no server",
    "https://example.com:99999": "cannot be read",
    "https://example.com:port": "cannot be read",
    "https://[::1": "cannot be read",
    "https://ada:hunter22@example.com": "user name or password",
    "https://token@example.com": "user name or password",
    "https://example.com?apikey=1": "a \\? or #",
    "https://example.com/#x": "a \\? or #",
    " https://example.com": "spaces",
    "https://example.com\n": "spaces",
    "https://exam ple.com": "spaces",
    '"https://example.com"': "spaces, quotes",
    "<https://example.com>": "stray",
    "https://example.com\\auth": "stray",
    "http://example.com": "Use https://",
    "http://127.0.0.1.example.com": "Use https://",
    "http://localhost.example.com": "Use https://",
    "http://192.168.1.5:54321": "Use https://",
    "http://0.0.0.0:54321": "Use https://",
    KEY: "is a key",
    "https://supabase.com/dashboard/project/abcdefgh/settings/api": "https://abcdefgh.supabase.co",
    "https://supabase.com/dashboard": "dashboard",
    "https://app.supabase.com/project/abcdefgh": "dashboard",
}


@pytest.mark.parametrize("text", REFUSED)
def test_an_address_that_cannot_be_used_is_explained(text: str) -> None:
    with pytest.raises(ConfigError, match=REFUSED[text]) as caught:
        Config(url=text, key=KEY)
    assert "hunter22" not in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("key", [KEY, role("anon"), "sb_publishable_x", "a-key-of-a-gateway-of-ones-own"])
def test_a_key_for_apps_is_accepted(key: str) -> None:
    assert Config(url=URL, key=key).key == key


SECRET = "sb_secret_" + "0123456789abcdefghijklmnopqrstu"
POWERFUL = {
    "a secret key": SECRET,
    "in capitals": SECRET.upper(),
    "in quotes": f'"{SECRET}"',
    "with a blank": f" {SECRET}",
    "with a prefix": f"Bearer {SECRET}",
    "the service role": role("service_role"),
    "the service role in quotes": f"'{role('service_role')}'",
    "the service role, broken over lines": role("service_role").replace(".", ".\n"),
    "the database's admin": role("supabase_admin"),
    "the auth server's own role": role("supabase_auth_admin"),
    "the superuser": role("postgres"),
}


@pytest.mark.parametrize("name", POWERFUL)
def test_a_key_that_can_do_anything_is_refused_and_never_repeated(name: str, tmp_path: Path) -> None:
    key = POWERFUL[name]
    with pytest.raises(ConfigError, match="can do anything") as caught:
        read_config({"url": URL, "key": key}, {}, tmp_path)
    assert_unsaid(key, caught.value)


MALFORMED = {
    "": "empty",
    " ": "stray",
    f"{KEY} ": "stray",
    f"{KEY}\n": "stray",
    f'"{KEY}"': "stray",
    f"Bearer {KEY}": "stray",
    "schlüssel": "stray",
    URL: "is a URL",
    role("anon")[:30]: "cut off",
    "eyJhbGciOiJIUzI1NiJ9": "cut off",
}


@pytest.mark.parametrize("key", MALFORMED)
def test_a_damaged_key_is_explained_and_never_repeated(key: str) -> None:
    with pytest.raises(ConfigError, match=MALFORMED[key]) as caught:
        check_key(key)
    assert_unsaid(key, caught.value)


def assert_unsaid(key: str, error: ConfigError) -> None:
    assert error.__cause__ is None
    said = str(error)
    assert not any(
        key[at : at + 12] in said.replace("sb_publishable_", "") for at in range(max(1, len(key) - 11)) if key.strip()
    )


def test_the_source_of_a_wrong_value_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'url = "http://example.com"\nkey = "{KEY}"\n')
    with pytest.raises(ConfigError, match=r"config\.toml"):
        read_config({}, {}, tmp_path)
    with pytest.raises(ConfigError, match="DESKTOPAUTH_URL in the environment"):
        read_config({}, {"DESKTOPAUTH_URL": "http://example.com"}, tmp_path)
    with pytest.raises(ConfigError, match="--url"):
        read_config({"url": "http://example.com"}, {}, tmp_path)


TOML = {
    "url = 'https://example.com'\nkey = \n": "line 2",
    "url": "line 1|its end",
    "[project]\nurl = 'https://example.com'\n": 'sets "project", which is no setting',
    "uri = 'https://example.com'\n": 'sets "uri", which is no setting',
    "key = 5\n": "key must be text in quotes",
    "url = ['https://example.com']\n": "url must be text in quotes",
    f"{SECRET} = 'key'\n": "sets something",
    "a = 1\na = 2\n": "line 2",
}


@pytest.mark.parametrize("text", TOML)
def test_a_file_that_cannot_be_used_is_explained(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(ConfigError, match=TOML[text]) as caught:
        read_config({}, {}, tmp_path)
    assert SECRET not in str(caught.value)


def test_a_file_that_is_no_text_or_no_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"url = '\xff'")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_config({}, {}, tmp_path)
    (tmp_path / "other" / "config.toml").mkdir(parents=True)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config({}, {}, tmp_path / "other")


def test_a_file_written_on_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b'\xef\xbb\xbfurl = "%s"\r\nkey = "%s"\r\n' % (URL.encode(), KEY.encode()))
    assert read_config({}, {}, tmp_path).url == URL


@pytest.mark.parametrize("store", ["", "disk", "AUTO"])
def test_an_unknown_store_is_refused(store: str) -> None:
    with pytest.raises(ConfigError, match="auto, keyring, memory"):
        Config(url=URL, key=KEY, store=store)


@pytest.mark.parametrize("app_id", ["", "../x", "a b", "/x", ".x", "a" * 65])
def test_an_app_id_that_is_no_file_name_is_refused(app_id: str) -> None:
    with pytest.raises(ConfigError, match="app id"):
        Config(url=URL, key=KEY, app_id=app_id)


def test_a_key_is_in_no_repr() -> None:
    assert KEY not in repr(Config(url=URL, key=KEY))
