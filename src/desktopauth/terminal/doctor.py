"""``doctor``: look at everything the app needs of this machine and of its project, and say what to do about it."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Callable, Iterator

from desktopauth.adapters.config import Config, ConfigError
from desktopauth.adapters.paths import NoProfileError, Profile, ProfileError
from desktopauth.terminal.examination import examine_machine, examine_profile
from desktopauth.terminal.findings import Finding, Verdict, fail, note, ok, warn
from desktopauth.terminal.project import examine_project, kind_of_key
from desktopauth.terminal.services import examine_services
from desktopauth.terminal.target import config_of, profile_of

_WIDTH = 14  # of the longest subject, and a space


def doctor(options: Namespace, say: Callable[[str], None]) -> int:
    """Say each finding as it comes; 0 unless something fails. Raises ConfigError for what was asked wrongly."""
    found: list[Finding] = []
    for finding in _examine(options):
        found.append(finding)
        if not options.json:
            for line in _lines(finding):
                say(line)
    failed = any(finding.verdict is Verdict.FAIL for finding in found)
    if options.json:
        say(json.dumps({"ok": not failed, "checks": [_facts(finding) for finding in found]}, indent=2))
    return 1 if failed else 0


def _examine(options: Namespace) -> Iterator[Finding]:
    try:
        profile: Profile | None = profile_of(options)
    except NoProfileError:  # the app makes it at its first start
        profile = Profile(options.profile_dir.expanduser().absolute(), "")
    except ProfileError as error:
        yield fail("profile", str(error), "Name another folder with --profile-dir, or mend this one.")
        profile = None
    yield from _examine_project(options, profile)
    yield from examine_machine()
    if profile is not None:
        yield from examine_profile(profile)


def _examine_project(options: Namespace, profile: Profile | None) -> Iterator[Finding]:
    if getattr(options, "demo", False):
        yield note("project", "the demo's own server, which runs while the demo is open; it was not asked")
        return
    if profile is None:
        return
    try:
        config = config_of(options, os.environ, profile.folder, profile.id)
    except ConfigError as error:
        yield _unconfigured(error)
        return
    yield from _examine_configured(config)


def _unconfigured(error: ConfigError) -> Finding:
    sentence, _, advice = str(error).partition(". ")
    none = sentence.startswith("No Supabase project")
    return (warn if none else fail)("project", f"{sentence.rstrip('.')}.", advice)


def _examine_configured(config: Config) -> Iterator[Finding]:
    yield ok("project", config.url)
    yield kind_of_key(config.key)
    yield from examine_project(config)
    yield from examine_services(config)


def _lines(finding: Finding) -> list[str]:
    first = f"{finding.verdict:<5}{finding.subject:<{_WIDTH}}{finding.text}"
    return [first, f"{'':<{5 + _WIDTH}}{finding.advice}"] if finding.advice else [first]


def _facts(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.subject,
        "result": finding.verdict,
        "text": finding.text,
        "advice": finding.advice,
    }
