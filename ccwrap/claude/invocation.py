"""What claude's arguments mean to us (pure)."""

from __future__ import annotations

from typing import NamedTuple


class Invocation(NamedTuple):
    """One claude run, read from its arguments.

    arguments    claude's own arguments, byte for byte, the wrapped binary removed
    wrapped      the claude that a caller put first in the wrapper form
                 (("/x/claude",) or ("/x/node", "/x/cli.js")), else ()
    action       route | pass | cold (a spare that must start cold: exit 1)
    reason       why it is passed through
    printing     -p or --print is given
    background   --bg or --background is given
    model        the value of --model, "" when not given
    settings     the value of the last --settings, None when not given
    settings_at  index ranges [start, end) of every --settings in `arguments`
    sources      the value of --setting-sources, None when not given
    resumes      -c, --continue, -r or --resume is given
    """

    arguments: tuple[str, ...]
    wrapped: tuple[str, ...] = ()
    action: str = "route"
    reason: str = ""
    printing: bool = False
    background: bool = False
    model: str = ""
    settings: str | None = None
    settings_at: tuple[tuple[int, int], ...] = ()
    sources: str | None = None
    resumes: bool = False
