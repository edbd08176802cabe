"""The JSON Schemas of `.ccroute` and config.toml, for editors; made from the table of keys.

Draft 7, because that is what TOML editors (taplo, Even Better TOML) read.
"""

from __future__ import annotations

from ccwrap.light import TYPE_CHECKING, Any, Final
from ccwrap.routes import allowed, keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccwrap.routes.keys import Key
    from ccwrap.routes.schema import Kinds


def json_schema(kinds: Kinds, layer: str = keys.PROJECT) -> dict[str, object]:
    """The schema of `layer`'s file, with the kinds and variables by name."""
    known = [kinds.get(name) for name in kinds.names()]
    route = _table(keys.ROUTE, layer)
    properties = route["properties"]
    properties["kind"] = {**properties["kind"], "enum": [kind.name for kind in known]}
    variables = sorted({*allowed.ENV, *(name for kind in known for name in kind.allows)})
    properties["env"] = {
        "description": properties["env"]["description"],
        "type": "object",
        "properties": {name: {"type": "string"} for name in variables},
        "additionalProperties": False,
    }
    placeholders = sorted({kind.placeholder for kind in known if kind.placeholder})
    for how in ("auth_token", "api_key"):
        pattern = {"type": "string", "pattern": properties[how].pop("pattern")}
        properties[how].pop("type")
        properties[how]["anyOf"] = [pattern, {"enum": placeholders}]
    top = _table(keys.TOP, layer)
    top["properties"]["probe"] = _table(keys.PROBE, layer)
    top["properties"]["route"] = {"type": "array", "items": route}
    title = {"$schema": "http://json-schema.org/draft-07/schema#", "title": _TITLES[layer]}
    return {**title, **top}


_TITLES: Final = {keys.PROJECT: ".ccroute", keys.MACHINE: "config.toml"}


def _table(known: Mapping[str, Key], layer: str) -> dict[str, Any]:
    """A table with exactly these keys, and any that begin with `x-`."""
    return {
        "type": "object",
        "properties": {
            name: {"description": key.about, **key.schema}
            for name, key in known.items()
            if layer in key.layers
        },
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
    }
