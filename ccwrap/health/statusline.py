"""What Claude Code's status line shows of the route: `python -I -S statusline.py STATE`.

Claude Code runs this after every answer, with the session as JSON on standard input.
It is a program of its own, not a part of the package: the interpreter without `site`,
sqlite3, and one look into the store in the folder STATE. Where nothing is known it
prints an empty line; it never fails.

https://code.claude.com/docs/en/statusline
"""

from __future__ import annotations

import os
import sqlite3
import sys

LAST = (
    "SELECT route, fallback, question FROM launch WHERE fault = ''"
    " AND (session = ? OR (session = '' AND pid = ?)) ORDER BY session = '', id DESC LIMIT 1"
)
"""By the session, else by claude's process: the hook that ties the two may be late, or off."""

TROUBLE = "SELECT name FROM verdict WHERE question = ? AND name NOT IN ('ok', 'inconclusive')"


def session(event: str) -> str:
    """The value of `session_id` in the event; the json module costs as much as all else."""
    _, mark, rest = event.partition('"session_id"')
    value = rest.partition(":")[2].lstrip()
    return value[1:].partition('"')[0] if mark and value.startswith('"') else ""


def line(state: str, session: str, pid: str) -> str:
    """The session's route, as "ollama · fallback". Raises sqlite3.Error."""
    path = state.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    store = sqlite3.connect(f"file:{path}/health.db?mode=rw", timeout=0.05, uri=True)
    store.execute("PRAGMA query_only = 1")
    launch = store.execute(LAST, (session, pid)).fetchone()
    if launch is None:
        return ""
    words = [launch[0]] + ["fallback"] * bool(launch[1])
    words += [name for (name,) in store.execute(TROUBLE, (launch[2],))]
    return " · ".join("".join(filter(str.isprintable, str(word))) for word in words)


def main() -> None:
    try:
        event = sys.stdin.buffer.read(1 << 20).decode("utf-8", "replace")
        words = line(sys.argv[1], session(event), os.environ.get("CLAUDE_PID", ""))
    except Exception:  # noqa: BLE001 - a status line is no place for a traceback
        words = ""
    sys.stdout.buffer.write(f"{words}\n".encode())


if __name__ == "__main__":
    main()
