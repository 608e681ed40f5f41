"""Wait for something that may block for ever, but not for ever: a keyring behind a prompt, a dead network folder."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def in_time(job: Callable[[], T], seconds: float) -> T:
    """What ``job`` returns or raises, from a daemon thread that exit does not wait for. Raises TimeoutError."""
    answers: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((job(), None))
        except Exception as error:  # noqa: BLE001 - it is raised again where it is waited for
            answers.put((None, error))

    threading.Thread(target=work, name="desktopauth-job", daemon=True).start()
    try:
        result, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]
