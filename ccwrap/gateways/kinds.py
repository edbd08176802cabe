"""Gateway kinds: `kinds.toml`, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    probe           steps after reach, in order: count_tokens, model, messages
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
    title: str = ""
    url: str = ""
    hosts: tuple[str, ...] = ()
    auth: str = ""
    key: str = ""
    placeholder: str = ""
    loopback: bool = False
    provider: str = ""
    probe: tuple[str, ...] = ("count_tokens", "messages")
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
