"""Gateway kinds: `kinds.toml`, read table by table.

A launch needs two or three of the thirty tables, and parsing all of them takes
seven times as long: the text is cut at its table headers first.
"""

from __future__ import annotations

from pathlib import Path

from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = Path(__file__).with_name("kinds.toml")


class Kind(NamedTuple):
    """What is known about one kind of gateway; "" or () where nothing is.

    name, title     the table's name and how a person calls it
    url             base URL where it is fixed, else a usual local one
    hosts           exact hosts that imply this kind
    auth            auth_token | api_key | ambient; "" where the route must say
    key             usual name of the variable that holds the key
    placeholder     literal that stands for a key on this machine
    loopback        only meant for this machine: a placeholder may be used
    provider        aws | gcp | azure for the ambient-credential kinds
    probe           steps after reach, in order: count_tokens, model, models, messages
    checks_model    it looks the model up before it looks at an empty `messages`
    own_keys        it holds keys of its own upstream, so a refused x-api-key there
                    is its operator's
    tag_header      header that carries cost tags, with {} for a tag's name where
                    there is one header a tag
    tag_format      pairs (a:b,c:d) | json | value (one header a tag)
    tag_limit       how many tags it takes at most, 0 for any number
    user_header     header for the tag `user`; user_key its key inside a JSON tag header
    headers         literal headers that its users send
    credential_headers  headers that carry the same key once more, `{}` for the key
    env             variables that its users set
    allows          further variables that a route of this kind may set
    mode            variables that select it (provider kinds)
    url_variable    where claude looks for its base URL
    secret_path     its URL carries a key
    fix             what to type when it refuses the connection
    """

    name: str
    title: str = "any Anthropic-compatible gateway"
    url: str = ""
    hosts: tuple[str, ...] = ()
    auth: str = ""
    key: str = ""
    placeholder: str = ""
    loopback: bool = False
    provider: str = ""
    probe: tuple[str, ...] = ("count_tokens", "messages")
    checks_model: bool = False
    own_keys: bool = False
    tag_header: str = ""
    tag_format: str = ""
    tag_limit: int = 0
    user_header: str = ""
    user_key: str = ""
    headers: Mapping[str, str] = {}
    credential_headers: Mapping[str, str] = {}
    env: Mapping[str, str] = {}
    allows: tuple[str, ...] = ()
    mode: Mapping[str, str] = {}
    url_variable: str = "ANTHROPIC_BASE_URL"
    secret_path: bool = False
    fix: str = ""


class Catalogue:
    """All kinds; each is parsed when it is first asked for."""

    def __init__(self, text: str) -> None:
        tables = (table.partition("]\n") for table in text.split("\n[")[1:])
        self._texts = {name: text for name, _, text in tables}
        self._read: dict[str, Kind] = {}

    def names(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def get(self, name: str) -> Kind:
        """The kind of that name. Raises KeyError for an unknown one."""
        if name not in self._read:
            self._read[name] = _kind(name, self._texts[name])
        return self._read[name]

    def of_host(self, host: str) -> str:
        """The kind that `host` implies, by its exact name; "" for any other host."""
        wanted = f'"{host.lower().rstrip(".")}"'
        for name, text in self._texts.items():
            if any(line.startswith("hosts = ") and wanted in line for line in text.splitlines()):
                return name
        return ""


def load() -> Catalogue:
    return Catalogue(FILE.read_text(encoding="utf-8"))


def _kind(name: str, text: str) -> Kind:
    if not text.strip():
        return Kind(name)
    import tomllib  # noqa: PLC0415 - a launch without a route file never gets here

    table = tomllib.loads(text)
    arrays = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return Kind(name, **(table | arrays))
