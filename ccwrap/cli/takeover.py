"""What Claude Code is told about gateways today, as a route would say it (pure)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ccwrap.routes import allowed, references, urls
from ccwrap.routes.readers import Wrong
from ccwrap.secret import Secret
from ccwrap.text import clean, shown_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ccwrap.claude.settings import Layer
    from ccwrap.gateways.kinds import Catalogue, Kind

FIRST_PARTY: Final = "https://api.anthropic.com"
"""Where Claude Code goes when no base URL is set."""

PLAIN_KEY: Final = "LLM_KEY"
"""The variable that a new route names where neither its kind nor this machine does."""

CREDENTIALS: Final = {"ANTHROPIC_AUTH_TOKEN": "auth_token", "ANTHROPIC_API_KEY": "api_key"}
"""The variable to the route key that sends the same header; the first one is primary."""

MODELS: Final = {
    "ANTHROPIC_MODEL": "default",
    "ANTHROPIC_DEFAULT_OPUS_MODEL": "opus",
    "ANTHROPIC_DEFAULT_SONNET_MODEL": "sonnet",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL": "haiku",
    "ANTHROPIC_DEFAULT_FABLE_MODEL": "fable",
    "CLAUDE_CODE_SUBAGENT_MODEL": "subagent",
}
_SECRET_NAME = re.compile(r"(?i)key|token|secret|passw|credential|auth|session")


class Said(NamedTuple):
    """A variable's value and where it stands; `file` is None for the environment."""

    value: str
    file: Path | None = None

    @property
    def where(self) -> str:
        return str(self.file) if self.file else "the environment"


class Loose(NamedTuple):
    """A secret as it was found, and the name that the route gives it."""

    name: str
    secret: Secret
    variable: str
    file: Path | None


class Draft(NamedTuple):
    """A route to write; headers and models as they go into the file."""

    kind: str
    url: str = ""
    auth: str = ""
    credential: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    models: tuple[tuple[str, str], ...] = ()
    loose: tuple[Loose, ...] = ()
    notes: tuple[str, ...] = ()


def said(
    environment: Mapping[str, str], layers: Iterable[Layer], *, project: bool
) -> dict[str, Said]:
    """The routing variables as claude would see them, strongest place first.

    Managed settings hold anyway and are left where they are. `project` says whether
    the repository's own settings files count: they are a stranger's words.
    """
    wanted = ("ANTHROPIC_BASE_URL", *CREDENTIALS, *MODELS, "ANTHROPIC_CUSTOM_HEADERS")
    counted = ("user", "project", "local") if project else ("user",)
    found: dict[str, Said] = {}
    for layer in layers:
        variables = layer.variables() if layer.name in counted else {}
        for name in wanted:
            if value := variables.get(name):
                found.setdefault(name, Said(value, layer.file))
    for name in wanted:
        if value := environment.get(name):
            found.setdefault(name, Said(value))
    return found


def draft(found: Mapping[str, Said], catalogue: Catalogue, kind: str = "", url: str = "") -> Draft:
    """The route for `kind` and `url`, with what was found for the same host.

    A key belongs to the base URL that it was found with: another host gets none.
    Raises Wrong where `url` is no base URL.
    """
    there, notes = _found_url(found, catalogue)
    facts = catalogue.get(kind or kind_of(url or there, catalogue))
    fits = not facts.hosts or urls.host(there) in facts.hosts
    movable = "ANTHROPIC_BASE_URL" in found and fits
    target = urls.normal(url) if url else there if not kind or movable else facts.url
    route = Draft(facts.name, "" if target == facts.url else target, notes=notes)
    route = with_key(route, facts)
    if not there or not target or urls.host_and_port(target) != urls.host_and_port(there):
        return route
    route = _with_credential(route, found, facts)
    route = _with_headers(route, found.get("ANTHROPIC_CUSTOM_HEADERS"))
    models = tuple((role, found[name].value) for name, role in MODELS.items() if name in found)
    return route._replace(models=models)


def with_key(route: Draft, kind: Kind) -> Draft:
    """`route` with a name for its key, where its kind doesn't bring one."""
    here = urls.is_loopback(urls.host(route.url or kind.url))
    if kind.provider or (kind.placeholder and here) or (kind.auth and kind.key):
        return route
    plain = kind.name in ("generic", "local")
    name = PLAIN_KEY if plain else re.sub(r"\W", "_", kind.name).upper() + "_API_KEY"
    return route._replace(auth=kind.auth or "auth_token", credential=kind.key or name)


def _found_url(found: Mapping[str, Said], catalogue: Catalogue) -> tuple[str, tuple[str, ...]]:
    """The base URL that claude uses today; "" and a note where no route may have it."""
    if "ANTHROPIC_BASE_URL" not in found:
        return FIRST_PARTY, ()
    place = found["ANTHROPIC_BASE_URL"]
    try:
        url = urls.normal(place.value)
    except Wrong as wrong:
        fault = wrong.faults[0]
        return "", (f"ANTHROPIC_BASE_URL in {place.where} {fault.what}: {fault.mend}",)
    if shown_url(url, catalogue.get(kind_of(url, catalogue)).secret_path) == url:
        return url, ()
    note = (
        f"ANTHROPIC_BASE_URL in {place.where} carries a key: write that route into .ccroute.local"
    )
    return "", (note,)


def kind_of(url: str, catalogue: Catalogue) -> str:
    """The kind that `url` looks like: its host's, one for this machine, or any gateway."""
    host = urls.host(url)
    return catalogue.of_host(host) or ("local" if urls.is_loopback(host) else "generic")


def _with_credential(route: Draft, found: Mapping[str, Said], kind: Kind) -> Draft:
    """`route` with the credential that claude would send first, by reference."""
    names = [name for name in CREDENTIALS if name in found]
    if not names:
        return route
    first, rest = names[0], names[1:]
    place = found[first]
    name = (kind.key or first) if place.file else first
    loose = Loose(name, Secret(place.value), first, place.file)
    notes = tuple(f"{other} was left out: one credential a route" for other in rest)
    return route._replace(
        auth=CREDENTIALS[first], credential=name, loose=(loose,), notes=route.notes + notes
    )


def _with_headers(route: Draft, custom: Said | None) -> Draft:
    """`route` with the custom headers; a value that may be a secret becomes a reference."""
    for line in custom.value.splitlines() if custom else ():
        name, mark, value = (part.strip() for part in line.partition(":"))
        if not mark or not value:
            continue
        try:
            allowed.header_name(name)
        except Wrong as wrong:
            note = f"the custom header {clean(name)} was left out: it {wrong.faults[0].what}"
            route = route._replace(notes=(*route.notes, note))
            continue
        if _may_be_secret(name, value):
            variable = re.sub(r"\W", "_", name).upper()
            loose = Loose(
                variable, Secret(value), "ANTHROPIC_CUSTOM_HEADERS", custom and custom.file
            )
            route = route._replace(loose=(*route.loose, loose))
            value = f"${{{variable}}}"
        route = route._replace(headers=(*route.headers, (name, value)))
    return route


def _may_be_secret(name: str, value: str) -> bool:
    try:
        references.header_value(value)
    except Wrong:
        return True
    return bool(_SECRET_NAME.search(name)) or len(value) >= 20
