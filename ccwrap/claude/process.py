"""Leave: become claude (exec), or run it where there is no exec."""

from __future__ import annotations
