"""Cost tags, in the way each gateway kind wants them (pure)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from ccwrap.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ccwrap.gateways.kinds import Kind


def headers(kind: Kind, tags: Mapping[str, str]) -> dict[str, str]:
    """The headers that carry `tags`; the tag `user` goes to the kind's own user field.

    Where a kind takes only so many tags, the first ones go.
    """
    tags = {name: value for name, value in tags.items() if value}
    user = tags.pop("user", "") if kind.user_header or kind.user_key else ""
    out = {kind.user_header: _plain(user)} if user and kind.user_header else {}
    if user and kind.user_key:
        tags = {kind.user_key: user, **tags}
    if kind.tag_limit:
        tags = dict(list(tags.items())[: kind.tag_limit])
    return out | (_FORMATS[kind.tag_format](kind.tag_header, tags) if tags else {})


def _none(_header: str, _tags: Mapping[str, str]) -> dict[str, str]:
    return {}


def _pairs(header: str, tags: Mapping[str, str]) -> dict[str, str]:
    """`team:core,project:acme`; a comma within a tag would make two of it."""
    pairs = (f"{name}:{value}".replace(",", " ") for name, value in tags.items())
    return {header: ",".join(_plain(pair) for pair in pairs)}


def _json(header: str, tags: Mapping[str, str]) -> dict[str, str]:
    import json  # noqa: PLC0415 - only some kinds want it

    return {header: json.dumps(dict(tags))}


def _values(header: str, tags: Mapping[str, str]) -> dict[str, str]:
    """One header a tag: `{}` in the header's name stands for the tag's, as `Cost-Center`."""
    out = {}
    for name, value in tags.items():
        words = [word.capitalize() for word in re.split(r"[^A-Za-z0-9]+", name) if word]
        out[header.replace("{}", "-".join(words) or "Tag")] = _plain(value)
    return out


_FORMATS = {"": _none, "pairs": _pairs, "json": _json, "value": _values}


def _plain(value: str) -> str:
    """`value` as a header may carry it: Claude Code refuses others than ASCII."""
    return "".join(char if " " <= char <= "~" else "?" for char in value).strip()


def resource_attributes(existing: str, tags: Mapping[str, str], fixed: Collection[str] = ()) -> str:
    """OTEL_RESOURCE_ATTRIBUTES with `tags` added; what the user already set stays.

    But for `fixed`, which are the tags' own. Percent-encoded as the OpenTelemetry
    specification has it.
    """
    named = {pair.strip(): _attribute(pair) for pair in existing.split(",") if pair.strip()}
    pairs = [pair for pair, name in named.items() if name not in fixed]
    taken = {named[pair] for pair in pairs}
    new = (
        f"{quote(name, safe='.-_')}={quote(value, safe='.-_')}"
        for name, value in tags.items()
        if value and name not in taken
    )
    return ",".join([*pairs, *new])


def _attribute(pair: str) -> str:
    """The name of `name=value`."""
    return unquote(pair.partition("=")[0].strip())
