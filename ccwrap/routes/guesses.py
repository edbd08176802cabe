"""What somebody may have meant by a key that `.ccroute` doesn't have."""

from __future__ import annotations

from ccwrap.light import TYPE_CHECKING, Final
from ccwrap.routes import keys
from ccwrap.routes.readers import Fault
from ccwrap.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

_LATER: Final = {
    "": ("failover", "budget"),
    "route": ("price", "auth_tokens", "api_keys", "keys"),
}
"""Names that are known and whose time has not come, by the table they stand in."""

_BROUGHT_ALONG: Final = {
    "base_url": "url",
    "baseurl": "url",
    "api_base": "url",
    "apibase": "url",
    "endpoint": "url",
    "host": "url",
    "anthropic_base_url": "url",
    "type": "kind",
    "provider": "kind",
    "id": "name",
    "model_name": "name",
    "token": "auth_token",
    "key": "auth_token",
    "apikey": "api_key",
    "bearer": "auth_token",
    "anthropic_auth_token": "auth_token",
    "anthropic_api_key": "api_key",
    "model": "models",
    "extra_headers": "headers",
    "custom_headers": "headers",
    "environment": "env",
    "enabled": "disabled",
    "tag": "tags",
    "metadata": "tags",
    "routes": "[[route]]",
    "gateway": "[[route]]",
    "gateways": "[[route]]",
    "model_list": "[[route]]",
    "strategy": "policy",
    "routing_strategy": "policy",
    "ttl": "fresh_for",
    "version": "min_version",
}


def unknown(key: str, table: str, known: Iterable[str]) -> Fault:
    """The fault for `key` in `table` ("" above the routes, else route or probe)."""
    if key in _LATER.get(table, ()):
        return Fault("is not in this version of ccwrap", "remove it for now")
    if table == "route" and (key in keys.TOP or key == "probe"):
        shown = f"[{key}]" if key == "probe" else f"`{key}`"
        return Fault("is no key of a route", f"{shown} belongs above the first [[route]]")
    if table == "" and key in keys.ROUTE:
        return Fault("is a key of a route", "write it below a [[route]]")
    if guess := _guess(key, known):
        shown = guess if guess.startswith("[") else f"`{guess}`"
        return Fault("is not a known key", f"did you mean {shown}?")
    return Fault("is not a known key", "remove it; `ccroute schema` prints the keys")


def close(word: str, known: Iterable[str]) -> str:
    """The known word that is nearest to `word`; "" where none is."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for errors

    return next(iter(get_close_matches(clean(word, limit=64), list(known), 1, 0.7)), "")


def _guess(key: str, known: Iterable[str]) -> str:
    known = tuple(known)
    brought = _BROUGHT_ALONG.get(key.lower().replace("-", "_"), "")
    if brought and (brought in known or brought == "[[route]]"):
        return brought
    return close(key, known)
