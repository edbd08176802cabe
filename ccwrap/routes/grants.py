"""What a route asks leave for: to send this, there.

A URL that carries a key is bound by a digest of its path, so that records and
printed grants hold no secret.
"""

from __future__ import annotations

from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple
from ccwrap.routes import allowed, references, urls
from ccwrap.routes.readers import Wrong, is_variable
from ccwrap.text import shown_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccwrap.routes.schema import Route

PROVIDERS: Final = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}
PROVIDER_URLS: Final = ("bedrock:", "vertex:", "foundry:")
"""What stands for a URL where a provider's own endpoint is meant."""


class Grant(NamedTuple):
    """Leave to send one thing to one base URL.

    url    normal base URL, or `bedrock:` and its like
    what   NAME of a variable | none | login | aws | gcp | azure | header:Name | env:NAME
    value  a header's literal or reference, a provider's variable; else ""
    """

    url: str
    what: str
    value: str = ""

    def key(self) -> tuple[str, str, str]:
        """For comparing: header names differ in case without meaning it."""
        what = self.what.lower() if self.what.startswith("header:") else self.what
        return (self.url, what, self.value)

    def pin(self) -> tuple[str, str]:
        """For comparing with CCWRAP_TRUST and `[trust]`, which say no values."""
        return self.key()[:2]


def wanted(route: Route) -> tuple[Grant, ...]:
    """Every grant that `route` needs, each once.

    A variable outside the common list comes from a provider's kind and chooses
    whose account answers, so it is part of what is allowed.
    """
    url = url_of(route)
    found = [Grant(url, _credential(route))]
    for header in route.headers:
        found += [Grant(url, name) for name in header.references]
        found.append(Grant(url, f"header:{header.name}", header.value))
    found += [Grant(url, f"env:{n}", value) for n, value in route.env if n not in allowed.ENV]
    return tuple(dict.fromkeys(found))


def url_of(route: Route) -> str:
    """The URL that a route's grants are bound to."""
    if not route.url:
        return f"{route.kind}:"
    if not route.secret_path:
        return route.url
    from hashlib import sha256  # noqa: PLC0415 - few URLs carry a key

    origin = "/".join(route.url.split("/")[:3])
    return f"{origin}/sha256:{sha256(route.url.encode()).hexdigest()[:32]}"


def _credential(route: Route) -> str:
    if route.auth == "login":
        return "login"
    if route.auth == "ambient":
        return route.provider
    return route.credential or "none"


def plain(grant: Grant) -> str:
    """A grant in plain words."""
    return f"{thing(grant)} to {place(grant.url)}"


def thing(grant: Grant) -> str:
    """What a grant lets out, in plain words."""
    kind, mark, name = grant.what.partition(":")
    if mark:
        return (
            f"{'the header' if kind == 'header' else 'the setting'} {name}: {grant.value}".rstrip(
                ": "
            )
        )
    if grant.what in PROVIDERS:
        return f"your {PROVIDERS[grant.what]} credentials"
    return {"none": "no key", "login": "your claude.ai login"}.get(grant.what, grant.what)


def place(url: str) -> str:
    """A grant's URL as a person reads it: a host alone ends in a slash."""
    if url in PROVIDER_URLS:
        return url.rstrip(":")
    return shown_url(url) + ("/" if url.count("/") == 2 else "")


def as_variable(grants: Iterable[Grant]) -> str:
    """The text of CCWRAP_TRUST that allows `grants`."""
    return ", ".join(dict.fromkeys(f"{grant.what}@{_written(grant.url)}" for grant in grants))


def _written(url: str) -> str:
    if url in PROVIDER_URLS:
        return url.rstrip(":")
    return url + ("/" if url.count("/") == 2 else "")


def parse(text: str) -> tuple[Grant, ...]:
    """The grants of a CCWRAP_TRUST; a header's holds for any value. Raises SettingError."""
    parts = [part.strip() for part in text.split(",")]
    return tuple(_grant(part) for part in parts if part)


def _grant(part: str) -> Grant:
    what, mark, url = part.partition("@")
    if not mark:
        raise SettingError(
            "CCWRAP_TRUST: an entry without @", "write it like LLM_KEY@https://llm.example.com/"
        )
    return Grant(url_from(url, "CCWRAP_TRUST"), what_from(what, "CCWRAP_TRUST"))


def what_from(what: str, where: str) -> str:
    """`what` where it is the first half of a grant. Raises SettingError."""
    kind, mark, name = what.partition(":")
    if not mark and (what in references.RESERVED or is_variable(what)):
        return what
    if kind == "env" and is_variable(name):
        return what
    if kind == "header":
        try:
            return f"header:{allowed.header_name(name)}"
        except Wrong as wrong:
            raise SettingError(f"{where}: a header {wrong.faults[0].what}", _HOW) from None
    raise SettingError(f"{where}: an entry that names nothing to send", _HOW)


def url_from(url: str, where: str) -> str:
    """The normal URL of a grant. Raises SettingError."""
    if f"{url.rstrip(':')}:" in PROVIDER_URLS:
        return f"{url.rstrip(':')}:"
    try:
        return urls.normal(url)
    except Wrong as wrong:
        raise SettingError(f"{where}: a URL {wrong.faults[0].what}", wrong.faults[0].mend) from None


_HOW: Final = "use a variable's NAME, none, login, aws, gcp, azure, header:Name or env:NAME"
