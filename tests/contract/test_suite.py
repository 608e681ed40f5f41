"""The contract suite itself: it finds a wrong server out, its table is true, and it goes wherever it is sent."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.inboxes import Mailpit
from tests.contract.lacks import LITE_LACKS
from tests.contract.suite import cases, failing
from tests.contract.targets import MISSING, complaint
from tests.double.mutants import MUTANTS
from tests.double.server import double
from tests.double.settings import Settings
from tests.scripted_server import Reply, Seen, scripted_server

ROOT = Path(__file__).parents[2]
# What each wrong server is caught by: all of it, and of the last one, which no refusal escapes, a few.
_REUSE = {
    "test_a_token_two_steps_old_is_refused_later",
    "test_after_reuse_the_newest_token_is_honoured_for_one_more_moment",
    "test_reuse_ends_one_session_and_no_other",
    "test_reuse_leaves_the_session_until_its_access_token_expires",
    "test_reuse_of_a_counted_token_destroys_the_session",
}
_ROTATION = _REUSE | {
    "test_a_refresh_gives_new_tokens_for_the_same_session",
    "test_many_refreshes_go_on_and_on",
    "test_the_refresh_token_from_before_the_code_gives_the_one_after_it",
}
_COUNTED = {"test_a_counted_refresh_token_from_before_the_code_destroys_the_session"}
_STATUS = {
    "test_a_token_of_nobody_is_not_found",
    "test_a_wrong_password_and_an_unknown_address_are_one_answer",
    "test_an_old_client_gets_the_status_as_code",
    "test_signing_out_here_leaves_the_other_sessions",
    "test_who_was_banned_is_told_so",
}


def in_a_child(*arguments: str, **told: str) -> subprocess.CompletedProcess[str]:
    """Run the suite in a process of its own, where the environment says no more than ``told``."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DESKTOPAUTH_CONTRACT_")}
    environment = inherited | {f"DESKTOPAUTH_CONTRACT_{name}": value for name, value in told.items()}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)


def suite_at(*names: str, **told: str) -> subprocess.CompletedProcess[str]:
    """Run the cases of some files against what the environment says."""
    files = [f"tests/contract/test_{name}.py" for name in names]
    return in_a_child("-m", "pytest", "-q", "-p", "no:cacheprovider", *files, "--target", "env", **told)


def test_a_server_that_does_not_rotate_is_found_out() -> None:
    assert failing(**MUTANTS["no_rotation"]) == _ROTATION


def test_a_server_that_forgives_every_reuse_is_found_out() -> None:
    assert failing(**MUTANTS["reuse_always_fine"]) == _REUSE | _COUNTED


def test_a_server_that_says_403_for_400_is_found_out() -> None:
    found = failing(**MUTANTS["403_for_400"])
    assert found >= _STATUS
    assert len(found) >= 40


def test_the_suite_is_as_large_as_it_has_to_be_and_no_name_is_used_twice() -> None:
    names = [name for name, _ in cases()]
    assert len(names) == len(set(names))
    assert len(names) >= 50


def test_what_lite_lacks_is_named_by_cases_that_are_there() -> None:
    assert sorted(set(LITE_LACKS) - {name for name, _ in cases()}) == []


def test_without_a_server_the_run_stops_with_a_sentence() -> None:
    ended = suite_at("password")
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert MISSING in ended.stderr


def test_a_feature_that_no_case_knows_is_complained_of() -> None:
    told = {"DESKTOPAUTH_CONTRACT_URL": "http://127.0.0.1:1", "DESKTOPAUTH_CONTRACT_KEY": "key"}
    assert complaint(told) is None
    said = complaint(told | {"DESKTOPAUTH_CONTRACT_FEATURES": "mfa, telepathy"})
    assert said
    assert "has telepathy;" in said


def test_a_server_that_is_only_named_is_held_to_the_same_cases(tmp_path_factory: pytest.TempPathFactory) -> None:
    mailbox = tmp_path_factory.mktemp("named") / "mails.jsonl"
    with double(Settings(confirm_both=False)) as server:
        server.project.outbox = mailbox
        features = "mfa,anonymous,linking,reuse,oauth,rotation-1"
        told = {"URL": server.project.url, "KEY": server.project.settings.key, "MAILBOX": str(mailbox)}
        ended = suite_at("password", "codes", "mfa", "linking", FEATURES=features, **told)
    assert ended.returncode == 0, ended.stdout[-2000:]
    found = re.search(r"(\d+) passed, (\d+) skipped", ended.stdout)
    assert found, ended.stdout[-2000:]
    assert int(found.group(1)) > 2 * int(found.group(2))


def test_mails_are_read_from_a_mailpit() -> None:
    mails = {"2": {"Subject": "Second", "Text": "Your code is 222222"}, "1": {"Subject": "First", "Text": "no code"}}

    def answer(seen: Seen) -> Reply:
        listed = {"messages": [{"ID": name} for name in mails]}
        return Reply(200, listed if seen.path.startswith("/api/v1/search?") else mails[seen.path[-1]])

    with scripted_server() as server:
        server.always = answer
        first, second = Mailpit(server.url).mails("ada@example.com")
    assert (first.subject, second.subject, second.code) == ("First", "Second", "222222")


def test_a_line_of_the_table_that_is_no_longer_true_fails_the_run(demo_modules: Path) -> None:
    case = "test_what_is_no_address_is_refused"
    lie = f"from tests.contract.lacks import LITE_LACKS; LITE_LACKS[{case!r}] = 'it is said to take anything'"
    ended = in_a_child("-c", f"{lie}; import pytest; raise SystemExit(pytest.main({['-k', case, *_ON_LITE]!r}))")
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout[-2000:]
    assert "[XPASS(strict)] it is said to take anything" in ended.stdout


_ON_LITE = ["-q", "-p", "no:cacheprovider", "tests/contract/test_password.py", "--target", "lite"]
