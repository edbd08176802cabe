"""What claude runs when a session starts, ends a turn, fails in one, or ends.

`python -I hook.py STATE QUESTION LAUNCH`, the event as JSON on standard input. It tells
the store in the folder STATE what became of the route whose verdict is about QUESTION;
LAUNCH is the store's id of the launch, 0 for the one that became this claude. It prints
nothing, ends with 0 whatever happens, and loads only what the store does: claude waits.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccwrap.health.store import Store

LIMIT: Final = 4 << 20
"""Bytes of an event that are read; the model's last words are in it."""


def main(arguments: Sequence[str]) -> None:
    """Hear one event. Raises whatever is wrong with it, or with the store."""
    from ccwrap.health.store import Store  # noqa: PLC0415 - found by `run`

    state, question, launch = arguments
    event = json.loads(sys.stdin.buffer.read(LIMIT))
    hear(Store.open(Path(state)), question, int(launch), event, time.time())


def hear(store: Store, question: str, launch: int, event: dict[str, object], now: float) -> None:
    """Tell `store` what `event` means. Raises StoreError, and ValueError for no session.

    A turn that ended, well or not, is kept once a session: a session that ends without
    one was given up, and its route is asked again. Where the shell can leave a mark, turns
    that end well don't come here, nor does the end of a session whose last turn did.
    """
    session = str(event.get("session_id", ""))
    if not re.fullmatch(r"[\w-]{1,128}", session, re.ASCII):
        raise ValueError("no session")
    name = event.get("hook_event_name")
    if name == "SessionStart":
        tie(store, launch, session)
    elif name == "StopFailure":
        store.report(question, str(event.get("error", ""))[:64], session, now)
    elif name == "Stop" and not store.heard(session):
        store.report(question, "", session, now)
    elif name == "SessionEnd" and not store.heard(session):
        store.stale(question)


def tie(store: Store, launch: int, session: str) -> None:
    """Keep that `session` runs in `launch`, else in the launch that became CLAUDE_PID."""
    if launch:
        store.session(launch, session)
    elif pid := int(os.environ.get("CLAUDE_PID", "0")):
        store.session_of(pid, session)


def run() -> None:
    """`main`, which may fail in silence; `ccwrap` is the one that this file belongs to."""
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    try:
        main(sys.argv[1:])
    except Exception:  # noqa: BLE001 - a session doesn't depend on it
        os._exit(0)


if __name__ == "__main__":
    run()
