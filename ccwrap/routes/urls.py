"""Base URLs: one spelling for each, so that two can be compared as text.

A grant is bound to a URL. Whatever a server, a proxy or a resolver could read in
two ways (escapes, dot segments, users, odd numbers) is refused instead of guessed.
"""

from __future__ import annotations

import re

from ccwrap.light import Final
from ccwrap.routes.readers import Wrong, text
from ccwrap.text import shown_url

LONGEST: Final = 200
_LABEL: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_PATH: Final = r"[A-Za-z0-9._~:@+=-]+"
_ENDPOINT: Final = (
    r"(?i)/v1(/messages(/count_tokens)?|/models|/chat/completions|/complete)?/?$"
    r"|/chat/completions/?$"
)
_PORTS: Final = {"https": 443, "http": 80}


def normal(value: object) -> str:
    """The one spelling of a base URL, without a trailing slash. Raises Wrong."""
    url = text(value)
    _plain(url)
    scheme, mark, rest = url.partition("://")
    scheme = scheme.lower()
    if not mark or scheme not in _PORTS:
        raise Wrong("is no URL", "write the base URL whole, like https://llm.example.com")
    authority, _, path = rest.partition("/")
    host, port = _host_and_port(authority, _PORTS[scheme])
    if scheme == "http" and not is_loopback(host):
        raise Wrong(
            "http:// to another machine: key and prompts would travel in the clear",
            "write https:// (http:// is for localhost, 127.0.0.0/8 and ::1)",
        )
    return f"{scheme}://{host}{port}{_path(path, url)}"


def host(url: str) -> str:
    """The host of a normal URL, an IPv6 address without its brackets."""
    authority = url.partition("://")[2].partition("/")[0]
    if authority.startswith("["):
        return authority[1:].partition("]")[0]
    return authority.partition(":")[0]


def host_and_port(url: str) -> str:
    """The authority of a normal URL."""
    return url.partition("://")[2].partition("/")[0]


def is_loopback(host: str) -> bool:
    """Whether a normal host can only be this machine."""
    return host in ("localhost", "::1", "[::1]") or (host.startswith("127.") and _is_ipv4(host))


def _plain(url: str) -> None:
    """Refuse what no base URL needs. Users and queries often carry keys: never quoted."""
    if len(url) > LONGEST:
        raise Wrong(f"is longer than {LONGEST} characters", "write the base URL alone")
    if "${" in url:
        raise Wrong("has a ${NAME} in it", "write the URL out: what is approved must be readable")
    if "\\" in url or any(char.isspace() for char in url):
        raise Wrong("has a space or a backslash in it", "remove it")
    if "?" in url or "#" in url:
        raise Wrong(
            "has a query or a fragment", "write the base URL alone; headers go in `headers`"
        )
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise Wrong("has a user or password in it", 'use auth_token = "${NAME}"')
    if "%" in url:
        raise Wrong("has a percent-escape", "write the plain character, or ask for a plain path")


def _host_and_port(authority: str, default: int) -> tuple[str, str]:
    host, colon, digits = authority.rpartition(":")
    if not colon or (host.startswith("[") and digits.endswith("]")):
        host, colon, digits = authority, "", ""  # no port: the colons are an IPv6 address's
    whole = (
        "]" not in host[:-1] if host[:1] == "[" and host[-1] == "]" else not set(host) & {*":[]"}
    )
    if not whole or (colon and not (_is_number(digits) and len(digits) <= 6)):
        raise Wrong("has no valid host and port", "write it like https://llm.example.com:8443")
    host = _host(host)
    port = int(digits) if colon else default
    if not 0 < port < 65536:
        raise Wrong("has no valid port", "use a port from 1 to 65535")
    return host, "" if port == default else f":{port}"


def _host(written: str) -> str:
    if not written.isascii():
        raise Wrong("has a host outside ASCII", _punycode(written))
    host = written.lower()
    if host.startswith("["):
        return _ipv6(host)
    labels = host.split(".")
    if len(host) > 253 or not all(_is_label(label) for label in labels):
        raise Wrong("has no valid host", "write it like https://llm.example.com")
    last = labels[-1]
    hexadecimal = last.startswith("0x") and not last[2:].strip("0123456789abcdef")
    if (_is_number(last) or hexadecimal) and not _is_ipv4(host):
        raise Wrong("has an address in an unusual spelling", "write it like 127.0.0.1")
    return host


def _is_ipv4(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and all(
        _is_number(part) and len(part) < 4 and str(int(part)) == part and int(part) < 256
        for part in parts
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _is_label(text: str) -> bool:
    return 0 < len(text) < 64 and "-" not in (text[0], text[-1]) and _LABEL.issuperset(text)


def _ipv6(host: str) -> str:
    from ipaddress import IPv6Address  # noqa: PLC0415 - few base URLs are IPv6 addresses

    try:
        return f"[{IPv6Address(host[1:-1])}]"
    except ValueError:
        raise Wrong("has no valid IPv6 address", "write it like https://[::1]:4000") from None


def _punycode(host: str) -> str:
    try:
        return f"if you mean that host, write it as {host.encode('idna').decode()}"
    except UnicodeError:
        return "write the host in ASCII"


def _path(path: str, url: str) -> str:
    path = path.removesuffix("/")
    if not path:
        return ""
    if match := re.search(_ENDPOINT, f"/{path}"):
        shorter = url.rstrip("/")[: -len(match.group().rstrip("/"))]
        raise Wrong(
            f"ends in {match.group().rstrip('/')}, which claude adds by itself",
            f"write {shown_url(shorter)}",
        )
    segments = path.split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        raise Wrong("has an empty or a dot segment in its path", "write the path that is meant")
    if not all(re.fullmatch(_PATH, segment) for segment in segments):
        raise Wrong(
            "has an unusual character in its path", "use letters, digits and - . _ ~ : @ + ="
        )
    return "/" + path
