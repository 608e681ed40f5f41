"""Turn npm's output into one sentence: npm prints pages, a person needs what happened and what to do."""

from __future__ import annotations

import re
from pathlib import Path

# (what npm says, what it means and what to do), the particular before the general: the first that matches wins.
_CAUSES = (
    (r"ENOSPC|EDQUOT", "the disk is full. Make room (about 80 MB) and try again"),
    (
        r"EINTEGRITY",
        "a download is not what was expected. Check what stands between you and the network, and try again",
    ),
    (
        r"CERT_|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)_",
        "the package registry's certificate is not trusted here. Set NODE_EXTRA_CA_CERTS and try again",
    ),
    (
        r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET|EPIPE",
        "the package registry cannot be reached. Connect to the internet (only this once) and try again",
    ),
    (
        r"\bE40[137]\b|ENEEDAUTH",
        "the package registry refused the download. Check the proxy and npm's settings (.npmrc), and try again",
    ),
    (
        r"\bE404\b|ETARGET|ENOVERSIONS",
        "the package registry in npm's settings (.npmrc) does not have it. Check that setting and try again",
    ),
    (r"\bE5\d\d\b", "the package registry has trouble of its own. Wait a little and try again"),
    (r"EACCES|EPERM|EROFS", "the folder cannot be written to. Check that it belongs to you and try again"),
)
_UNKNOWN = "npm failed. Try again, and report it if it happens once more"


def sentence_for(log: Path, called: str) -> str:
    """What a person is told about the failed installation of what is ``called`` so; its output is in ``log``."""
    try:
        output = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        output = ""
    cause = next((words for pattern, words in _CAUSES if re.search(pattern, output)), _UNKNOWN)
    return f"The {called} could not be installed: {cause}. Details are in {log}"
