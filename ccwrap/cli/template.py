"""The text of a new `.ccroute` and of one more `[[route]]` (pure)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from ccwrap.routes import urls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccwrap.cli.takeover import Draft
    from ccwrap.gateways.kinds import Kind

SCHEMA_FILE: Final = ".ccroute.schema.json"

HEAD: Final = f"""\
#:schema ./{SCHEMA_FILE}
#
# Gateways that `ccwrap` may start Claude Code on, best first. Commit this file:
# keys stand here by name only. One person's own changes go into .ccroute.local.
#
#   ccroute check      which of these work  ccroute explain   which would run
#   ccroute add KIND   one more gateway     ccroute validate  is this file right

# policy = "ordered"           # the first healthy route; or fastest, balanced
# tags = {{ team = "core" }}     # cost tags, sent in each gateway's own way
# require_route = true         # nested repositories may not run unrouted
"""

IGNORED: Final = (".ccroute.local", ".env.local", ".env")
"""What `.gitignore` should name: one person's routes, and keys."""


def whole(draft: Draft, kind: Kind) -> str:
    """A commented route file with `draft` as its one route."""
    return f"{HEAD}\n{route(draft, kind)}"


def route(draft: Draft, kind: Kind, name: str = "") -> str:
    """One `[[route]]` table; what the kind says by itself stands in a comment."""
    return "\n".join(["[[route]]", *_lines(draft, kind, name), ""])


def _lines(draft: Draft, kind: Kind, name: str) -> Iterator[str]:
    if name:
        yield f"name = {quoted(name)}"
    yield f"kind = {quoted(draft.kind)}"
    yield f"url = {quoted(draft.url)}" if draft.url else f"# url = {quoted(kind.url)}"
    yield _credential(draft, kind)
    if draft.headers:
        pairs = ", ".join(f"{_key(header)} = {quoted(value)}" for header, value in draft.headers)
        yield f"headers = {{ {pairs} }}"
    if draft.models:
        pairs = ", ".join(f"{role} = {quoted(model)}" for role, model in draft.models)
        yield f"models = {{ {pairs} }}"


def _credential(draft: Draft, kind: Kind) -> str:
    """The line that names the credential; a comment where the kind names it."""
    if draft.auth == "login":
        return "login = true           # your own claude.ai login"
    if draft.auth and (draft.auth, draft.credential) != (kind.auth, kind.key):
        return f"{draft.auth} = {quoted(f'${{{draft.credential}}}')}"
    if kind.provider:
        return f"# sends the {kind.provider} credential of this machine"
    if kind.placeholder and urls.is_loopback(urls.host(draft.url or kind.url)):
        return f"# sends the placeholder {quoted(kind.placeholder)}: no key"
    return f"# {kind.auth} = {quoted(f'${{{kind.key}}}')}"


def _key(name: str) -> str:
    bare = name.replace("-", "").replace("_", "")
    return name if bare.isascii() and bare.isalnum() else quoted(name)


def quoted(text: str) -> str:
    """`text` as a TOML basic string; JSON's escapes are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
