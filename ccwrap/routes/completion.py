"""A route as the layers say it, completed by what its kind knows."""

from __future__ import annotations

from ccwrap.errors import RouteFileError
from ccwrap.light import TYPE_CHECKING, Any
from ccwrap.routes import allowed, keys, merge, references, urls
from ccwrap.routes.keys import Auth
from ccwrap.routes.schema import Header, Models, Place, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccwrap.errors import Problem
    from ccwrap.routes.schema import KindFacts, Kinds
    from ccwrap.routes.validation import Said, Values


def complete(routes: Mapping[str, Values], kinds: Kinds) -> tuple[Route, ...]:
    """Every route, whole. Raises RouteFileError with what is missing in any of them."""
    found: list[Route] = []
    problems: list[Problem] = []
    for name, values in routes.items():
        try:
            found.append(route(name, values, kinds))
        except RouteFileError as error:
            problems += error.problems
    if problems:
        raise RouteFileError(tuple(problems))
    return tuple(found)


def route(name: str, values: Values, kinds: Kinds) -> Route:
    """One route, whole. Raises RouteFileError."""
    kind = _kind(values, kinds)
    url = _url(values, kind)
    auth = _auth(values, kind, url)
    anywhere = values[("",)]
    return Route(
        name=name,
        kind=kind.name,
        url=url,
        auth=auth.how,
        credential=auth.name,
        placeholder=auth.literal,
        headers=_headers(values),
        models=Models(**_entries(values, "models")),
        env=_env(values, kind),
        weight=_plain(values, "weight", 1.0),
        disabled=_plain(values, "disabled", False),
        own=_own(values),
        provider=kind.provider,
        secret_path=kind.secret_path and url != kind.url,
        place=Place(anywhere.document.label, anywhere.value),
    )


def _kind(values: Values, kinds: Kinds) -> KindFacts:
    name = merge.kind_of(values, kinds)
    if name in kinds.names():
        return kinds.get(name)
    from ccwrap.routes import guesses  # noqa: PLC0415 - only for errors

    guess = guesses.close(name, kinds.names())
    mend = f'did you mean kind = "{guess}"?' if guess else 'for any other gateway: kind = "generic"'
    raise values[("kind",)].fault("is no kind of gateway that ccwrap knows", mend)


def _url(values: Values, kind: KindFacts) -> str:
    said = values.get(("url",))
    if said is None:
        if kind.url or kind.provider:
            return urls.normal(kind.url) if kind.url else ""
        raise values[("",)].fault("is missing", 'write url = "https://…"', "url")
    if kind.secret_path and said.value != kind.url and said.document.layer == keys.PROJECT:
        raise said.fault(
            f"the path of a {kind.name} URL is a key, and this file is committed",
            "put the route in .ccroute.local or in config.toml",
        )
    return str(said.value)


def _auth(values: Values, kind: KindFacts, url: str) -> Auth:
    """What the route says, else what its kind says; a placeholder only on this machine."""
    here = urls.is_loopback(urls.host(url))
    said = values.get(("auth",))
    if said is not None:
        return _said_auth(said, kind, here=here)
    if kind.provider:
        return Auth("ambient")
    if kind.placeholder and here:
        return Auth(kind.auth or "auth_token", literal=kind.placeholder)
    if kind.auth and kind.key:
        return Auth(kind.auth, kind.key)
    raise values[("",)].fault(
        "names no credential: claude would send the user's claude.ai login there",
        'write auth_token = "${NAME}", api_key = "${NAME}" or login = true',
    )


def _said_auth(said: Said, kind: KindFacts, *, here: bool) -> Auth:
    auth: Auth = said.value
    if kind.provider:
        raise said.fault(f"kind {kind.name} brings its own credential", "remove it")
    if auth.literal and not (here and auth.literal == kind.placeholder):
        raise said.fault(
            "a placeholder is for servers on this machine", 'write it like "${LLM_KEY}"'
        )
    return auth


def _headers(values: Values) -> tuple[Header, ...]:
    """Headers of all layers; of two that differ in case alone the nearer."""
    found = {
        name.lower(): Header(name, value, references.names_in(value))
        for name, value in _entries(values, "headers").items()
    }
    return tuple(found.values())


def _env(values: Values, kind: KindFacts) -> tuple[tuple[str, str], ...]:
    for path, said in values.items():
        if path[0] != "env":
            continue
        fault = allowed.env_fault(path[1], said.value, kind.allows)
        if fault:
            raise said.fault(*fault)
    return tuple(_entries(values, "env").items())


def _entries(values: Values, table: str) -> dict[str, Any]:
    return {path[1]: said.value for path, said in values.items() if path[0] == table}


def _plain(values: Values, key: str, default: Any) -> Any:
    said = values.get((key,))
    return default if said is None else said.value


def _own(values: Values) -> bool:
    """Whether no project had a say in it: a model, too, decides who gets to see a prompt."""
    naming = ("", "name")
    return all(
        said.document.layer in keys.OWN for path, said in values.items() if path[0] not in naming
    )
