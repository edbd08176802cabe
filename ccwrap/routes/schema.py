"""What a `.ccroute` becomes: the records that all else is given."""

from __future__ import annotations

from ccwrap.light import TYPE_CHECKING, NamedTuple, Protocol
from ccwrap.text import shown_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class KindFacts(Protocol):
    """What a gateway kind fills in for a route that leaves it out.

    Declared here because `routes` knows nothing of `gateways`; `gateways.kinds.Kind`
    satisfies it. An empty string means that the kind does not say.
    """

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def auth(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def placeholder(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def allows(self) -> tuple[str, ...]: ...
    @property
    def secret_path(self) -> bool: ...


class Kinds(Protocol):
    """The gateway kinds, as the route file needs them."""

    def names(self) -> tuple[str, ...]: ...
    def get(self, name: str) -> KindFacts: ...
    def of_host(self, host: str) -> str:
        """The kind that an exactly known host implies; "" for any other."""


class Place(NamedTuple):
    """Where something was written; `line` counts from 1, 0 where there is none."""

    file: str
    line: int


class Header(NamedTuple):
    """A header of a route. `value` is as written, `${NAME}` and all."""

    name: str
    value: str
    references: tuple[str, ...]


class Models(NamedTuple):
    """Model ids by role; "" where the route names none for it."""

    default: str = ""
    opus: str = ""
    sonnet: str = ""
    haiku: str = ""
    fable: str = ""
    subagent: str = ""


class Route(NamedTuple):
    """One candidate, complete: what its kind says is filled in.

    name        unique in its file
    kind        a name of kinds.toml
    url         base URL without trailing slash; "" for a provider's own endpoint
    auth        auth_token | api_key | login | ambient
    credential  NAME of the variable; "" for login, ambient and placeholders
    placeholder literal that a server on this machine wants instead of a key
    headers     in file order, without the kind's own
    models      by role; all "" when the user's own model choice holds
    env         variables of the route's own, all from the allow-list
    own         written by the user, the machine or the environment alone: no
                project had a say in it, so it needs no grant
    provider    aws | gcp | azure where the credential is ambient
    secret_path its URL's path is a key
    """

    name: str
    kind: str
    url: str
    auth: str
    credential: str = ""
    placeholder: str = ""
    headers: tuple[Header, ...] = ()
    models: Models = Models()
    env: tuple[tuple[str, str], ...] = ()
    weight: float = 1
    disabled: bool = False
    own: bool = False
    provider: str = ""
    secret_path: bool = False
    place: Place = Place("", 0)

    @property
    def shown(self) -> str:
        """The URL as it may be shown."""
        return shown_url(self.url, self.secret_path) if self.url else self.kind

    def names(self) -> tuple[str, ...]:
        """Every variable that this route wants resolved, each once."""
        wanted = [self.credential] if self.credential else []
        wanted += [name for header in self.headers for name in header.references]
        return tuple(dict.fromkeys(wanted))


class ProbeSettings(NamedTuple):
    """`[probe]`. depth: off | reach | free | paid; timeout and fresh_for in seconds."""

    depth: str = "free"
    timeout: float = 2.5
    fresh_for: float = 60.0


class Ignored(NamedTuple):
    """What was said in vain: a file or a variable, and the locked keys that it is about."""

    where: str
    keys: tuple[str, ...]


class Locks(NamedTuple):
    """What the machine's config.toml keeps for itself.

    file     that file; None where nothing is locked
    ignored  what others say about these keys
    """

    file: Path | None = None
    keys: tuple[str, ...] = ()
    ignored: tuple[Ignored, ...] = ()

    def by(self, key: str) -> str:
        """The file that locks `key`; "" where none does."""
        return str(self.file) if key in self.keys else ""


class RouteFile(NamedTuple):
    """Everything that the layers say together, valid and merged.

    file      the project's route file, None when none was found
    folder    where `.env` files are looked for: the route file's folder, else the
              working directory
    project   the name for cost tags
    hooks     sessions tell through hooks of ours how their route fares
    sources   every file that had a say, nearest first
    locks     what the machine's administrator alone decides
    """

    routes: tuple[Route, ...]
    file: Path | None
    folder: Path
    project: str
    policy: str = "ordered"
    tags: tuple[tuple[str, str], ...] = ()
    require_route: bool = False
    hooks: bool = True
    probe: ProbeSettings = ProbeSettings()
    keep_headers: tuple[str, ...] = ()
    secrets: Mapping[str, object] = {}
    trusted: Mapping[str, tuple[str, ...]] = {}
    sources: tuple[Path, ...] = ()
    locks: Locks = Locks()

    @property
    def fixed(self) -> tuple[str, ...]:
        """The variables whose source nothing outranks."""
        return tuple(self.secrets) if "secrets" in self.locks.keys else ()


def json_schema(kinds: Kinds, *, config: bool = False) -> dict[str, object]:
    """The JSON Schema of a project's `.ccroute`, or of config.toml."""
    from ccwrap.routes import jsonschema, keys  # noqa: PLC0415 - no launch needs it

    return jsonschema.json_schema(kinds, keys.MACHINE if config else keys.PROJECT)
