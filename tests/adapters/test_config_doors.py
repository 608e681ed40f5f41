"""Providers, their scopes and pictures: read from file and environment alike, and checked before they are used."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktopauth.adapters.config import Config, ConfigError, NotConfiguredError, read_config
from tests.adapters.test_config import KEY, SECRET, URL

PROJECT = f'url = "{URL}"\nkey = "{KEY}"\n'
GIVEN: dict[str, str | None] = {"url": URL, "key": KEY}


def read(folder: Path, text: str, **environment: str) -> Config:
    (folder / "config.toml").write_text(PROJECT + text)
    return read_config({}, {f"DESKTOPAUTH_{name.upper()}": value for name, value in environment.items()}, folder)


def test_without_a_word_it_is_what_the_server_offers_and_no_picture_is_fetched(tmp_path: Path) -> None:
    found = read(tmp_path, "")
    assert (found.providers, dict(found.provider_scopes)) == ((), {})
    assert (found.avatars, found.mail_links) == (False, False)


def test_they_are_read_from_a_file(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        'providers = ["github", "custom:acme", "github"]\navatars = true\nmail_links = true\n'
        '[provider_scopes]\ngithub = "read:user  user:email"\n"custom:acme" = "https://acme.test/all"\n',
    )
    assert found.providers == ("github", "custom:acme")
    assert found.provider_scopes == {"github": "read:user user:email", "custom:acme": "https://acme.test/all"}
    assert found.avatars is True
    assert found.mail_links is True


def test_the_environment_says_the_same_and_comes_first(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        'providers = ["github"]\navatars = true\n',
        providers="kakao, linkedin_oidc",
        provider_scopes="kakao = account_email profile_nickname; linkedin_oidc=openid",
        avatars="off",
        mail_links="on",
    )
    assert found.providers == ("kakao", "linkedin_oidc")
    assert found.provider_scopes == {"kakao": "account_email profile_nickname", "linkedin_oidc": "openid"}
    assert (found.avatars, found.mail_links) == (False, True)
    assert read(tmp_path, 'providers = ["github"]\n', providers="none").providers == ()


def test_a_configuration_stays_a_value() -> None:
    one, other = (Config(url=URL, key=KEY, provider_scopes={"github": "a"}, providers=("github",)) for _ in range(2))
    assert one == other
    assert len({one, other}) == 1


WRONG = {
    "providers = 'GitHub'": "A provider is called as its server calls it",
    "providers = ['git/hub']": "A provider is called as its server calls it",
    f"providers = ['{SECRET.upper()}']": "A provider is called as its server calls it",
    "providers = [1]": 'providers must be text in quotes: providers = \\["github", "custom:acme"\\]',
    "providers = true": "providers must be text in quotes",
    "avatars = 'perhaps'": "The setting avatars is on or off",
    "avatars = 1": "avatars must be true or false, without quotes",
    "provider_scopes = 'github'": "The setting provider_scopes reads: github = read:user",
    "provider_scopes = ['github']": "provider_scopes must be text in quotes: provider_scopes = { github",
    "[provider_scopes]\ngithub = ['read:user']": "provider_scopes must be text in quotes",
    "[provider_scopes]\nGitHub = 'read:user'": "A provider is called as its server calls it",
    "[provider_scopes]\ngithub = ''": "The scopes of github are words",
    "[provider_scopes]\ngithub = 'read\\user'": "The scopes of github are words",
    "[providers]\ngithub = 'x'": "providers must be text in quotes",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_used_is_told_with_its_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=WRONG[text]) as caught:
        read(tmp_path, text)
    assert "config.toml" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_what_comes_with_the_app_gives_way_to_the_persons_own(tmp_path: Path) -> None:
    packaged = tmp_path / "packaged.toml"
    packaged.write_text(PROJECT + 'app_name = "Notes"\nstore = "memory"\n')
    assert read_config({}, {}, tmp_path, packaged=packaged).app_name == "Notes"
    (tmp_path / "config.toml").write_text('store = "keyring"\n')
    found = read_config({}, {"DESKTOPAUTH_APP_NAME": "Mine"}, tmp_path, packaged=packaged)
    assert (found.url, found.app_name, found.store) == (URL, "Mine", "keyring")
    packaged.write_text("url = 5")
    with pytest.raises(ConfigError, match=r"packaged\.toml: url must be text"):
        read_config({}, {}, tmp_path, packaged=packaged)


def test_a_project_that_is_not_named_is_told_apart_from_a_wrong_one(tmp_path: Path) -> None:
    with pytest.raises(NotConfiguredError) as caught:
        read_config({}, {"DESKTOPAUTH_URL": URL}, tmp_path)
    assert (caught.value.url, caught.value.key) == (URL, "")
    with pytest.raises(ConfigError) as wrong:
        read_config(GIVEN | {"url": "http://example.com"}, {}, tmp_path)
    assert not isinstance(wrong.value, NotConfiguredError)
