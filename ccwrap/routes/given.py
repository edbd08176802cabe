"""What the environment says about routes, and what `[trust]` says about grants.

The environment's own words need no approval: whoever sets them could run anything.
"""

from __future__ import annotations

from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING
from ccwrap.routes import project, urls
from ccwrap.routes.readers import Wrong
from ccwrap.routes.schema import Place, Route, RouteFile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ccwrap.routes.schema import Kinds
    from ccwrap.routes.validation import Values

CREDENTIALS = {"ANTHROPIC_AUTH_TOKEN": "auth_token", "ANTHROPIC_API_KEY": "api_key"}


def alone(cwd: Path, environment: Mapping[str, str], kinds: Kinds) -> RouteFile | None:
    """What the environment says where no file says anything; None where it doesn't either.

    Raises SettingError.
    """
    found = routes(environment, kinds)
    if not found:
        return None
    name = project.name(project.root(cwd, None))
    return RouteFile(found, None, cwd, name, policy(environment) or "ordered")


def routes(environment: Mapping[str, str], kinds: Kinds) -> tuple[Route, ...]:
    """The routes of CCWRAP_URLS; () where it is unset. Raises SettingError."""
    written = [one.strip() for one in environment.get("CCWRAP_URLS", "").split(",")]
    found = list(dict.fromkeys(_url(one) for one in written if one))
    if not found:
        return ()
    variable = _credential(environment)
    hosts = [urls.host(url) for url in found]
    return tuple(
        Route(
            name=host if hosts.count(host) == 1 else urls.host_and_port(url),
            kind=kinds.of_host(host) or "generic",
            url=url,
            auth=CREDENTIALS[variable],
            credential=variable,
            own=True,
            place=Place("CCWRAP_URLS", 0),
        )
        for url, host in zip(found, hosts, strict=True)
    )


def policy(environment: Mapping[str, str]) -> str:
    """The policy of CCWRAP_POLICY; "" where it is unset. Raises SettingError."""
    value = environment.get("CCWRAP_POLICY", "")
    if not value:
        return ""
    from ccwrap.routes import keys  # noqa: PLC0415 - few launches say it

    try:
        return str(keys.TOP["policy"].read(value))
    except Wrong as wrong:
        fault = wrong.faults[0]
        raise SettingError(f"CCWRAP_POLICY {fault.what}", fault.mend) from None


def trusted(values: Values) -> dict[str, tuple[str, ...]]:
    """`[trust]` by normal URL."""
    return {path[1]: said.value for path, said in values.items() if path[0] == "trust"}


def _url(written: str) -> str:
    try:
        return urls.normal(written)
    except Wrong as wrong:
        fault = wrong.faults[0]
        raise SettingError(f"CCWRAP_URLS: a URL {fault.what}", fault.mend) from None


def _credential(environment: Mapping[str, str]) -> str:
    said = [name for name in CREDENTIALS if environment.get(name)]
    if len(said) == 1:
        return said[0]
    both = " and ".join(CREDENTIALS)
    if said:
        raise SettingError(
            f"CCWRAP_URLS: {both} are both set", "unset one: a route has one credential"
        )
    raise SettingError(f"CCWRAP_URLS: neither of {both} is set", "set the one that the URLs take")
