"""The road to a gateway: proxy, certificate authorities, client certificate.

The probe takes the road that claude will take, so both are made from the same
variables: the process environment under the user's own settings, never a
project's. What each variable does was measured on Claude Code 2.1.330.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ccwrap.errors import SettingError
from ccwrap.light import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ssl
    import threading
    from collections.abc import Mapping

VARIABLES: Final = (
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "NODE_EXTRA_CA_CERTS",
    "NODE_TLS_REJECT_UNAUTHORIZED",
    "NODE_USE_SYSTEM_CA",
    "NODE_USE_ENV_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CLAUDE_CODE_CERT_STORE",
    "CLAUDE_CODE_CLIENT_CERT",
    "CLAUDE_CODE_CLIENT_KEY",
    "CLAUDE_CODE_CLIENT_KEY_PASSPHRASE",
    "CLAUDE_CODE_HTTPS_PROXY",
    "CLAUDE_CODE_HTTP_PROXY",
    "CLAUDE_CODE_PROXY_RESOLVES_HOSTS",
)
"""Every variable that bends the road; the overlay pins all of them."""

PROXIES: Final = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY")
"""The first that is set serves http and https URLs alike, loopback included."""

LAST_PROXIES: Final = ("all_proxy", "ALL_PROXY")
"""Serve where none of PROXIES is set; what can't be parsed here is passed over."""


class Road:
    """How to get to any gateway. Raises SettingError where a variable makes no sense."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = {name: value for name, value in variables.items() if value.strip()}
        self._proxy = self._chosen_proxy()
        self._context: ssl.SSLContext | None = None
        self._fault: SettingError | None = None
        self._making: threading.Thread | None = None

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> Road:
        return cls(variables)

    def proxy(self, url: str) -> str:
        """The proxy for `url`, "" for none; it may carry a password: not to be shown."""
        return "" if not self._proxy or self._excepted(url) else self._proxy

    def proxy_shown(self, url: str) -> str:
        """Host and port of the proxy for `url`, "" for none."""
        return urlsplit(self.proxy(url)).netloc.rpartition("@")[2]

    def _chosen_proxy(self) -> str:
        for name in PROXIES:
            if name in self._variables:
                proxy = _proxy_url(self._variables[name])
                if not proxy:
                    raise SettingError(
                        f"{name}: is not the URL of an http or https proxy (value not shown)",
                        f"export {name}=http://HOST:PORT",
                    )
                return proxy
        found = (_proxy_url(self._variables.get(name, "")) for name in LAST_PROXIES)
        return next(filter(None, found), "")

    def _excepted(self, url: str) -> bool:
        """Whether NO_PROXY names `url`; no_proxy, where it is set, stands in for it."""
        variables = self._variables
        entries = variables.get("no_proxy") or variables.get("NO_PROXY", "")
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return any(
            _names(entry, host, port) for entry in re.split(r"[,\s]+", entries.lower()) if entry
        )

    def needs_tls(self, url: str) -> bool:
        """Whether there is TLS on the way to `url`."""
        return url.startswith("https:") or self.proxy(url).startswith("https:")

    def prepare(self) -> None:
        """Begin to make the context, in a thread.

        Reading three hundred certificates takes as long as loading what asks, and goes on
        without the interpreter; loading ssl itself doesn't, so that comes first.
        """
        import ssl  # noqa: F401, PLC0415 - only where some gateway is https
        import threading  # noqa: PLC0415

        import certifi  # noqa: PLC0415

        certifi.where()

        self._making = threading.Thread(target=self._make, daemon=True)
        try:
            self._making.start()
        except RuntimeError:  # no more threads: then it is made when it is needed
            self._making = None

    def context(self) -> ssl.SSLContext:
        """Whom to believe and how to identify ourselves; made once. Raises SettingError."""
        if self._making is not None:
            self._making.join()
        elif self._context is None:
            self._make()
        if self._context is None:
            raise self._fault or RuntimeError("no TLS context could be made")
        return self._context

    def _make(self) -> None:
        try:
            self._context = self._make_context()
        except SettingError as fault:
            self._fault = fault

    def _make_context(self) -> ssl.SSLContext:
        import ssl  # noqa: PLC0415 - only where some gateway is https

        # Not create_default_context(): since Python 3.13 it is stricter than claude,
        # and would refuse authorities that claude accepts.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._identify(context)
        if self._variables.get("NODE_TLS_REJECT_UNAUTHORIZED") == "0":
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        self._believe(context)
        return context

    def _believe(self, context: ssl.SSLContext) -> None:
        known = {"bundled", "system"}
        wanted = re.split(r"[,\s]+", self._variables.get("CLAUDE_CODE_CERT_STORE", "").lower())
        stores = known & set(wanted) or known
        if "bundled" in stores:
            import certifi  # noqa: PLC0415 - only where some gateway is https

            context.load_verify_locations(certifi.where())
        if "system" in stores:
            context.load_default_certs()
            self._load(context, "SSL_CERT_FILE")
            self._load(context, "SSL_CERT_DIR")
        self._load(context, "NODE_EXTRA_CA_CERTS")

    def _load(self, context: ssl.SSLContext, name: str) -> None:
        path = self._variables.get(name)
        if path is None:
            return
        import ssl  # noqa: PLC0415 - only where some gateway is https

        try:
            if name == "SSL_CERT_DIR":
                context.load_verify_locations(capath=path)
            else:
                context.load_verify_locations(cafile=path)
            return
        except ssl.SSLError:
            why = "holds no certificates that can be read"
        except OSError as error:
            why = error.strerror or "can't be read"
        raise SettingError(f"{name}: {path}: {why}", f"put a PEM file there, or unset {name}")

    def _identify(self, context: ssl.SSLContext) -> None:
        certificate = self._variables.get("CLAUDE_CODE_CLIENT_CERT")
        if certificate is None:
            return
        key = self._variables.get("CLAUDE_CODE_CLIENT_KEY")
        phrase = self._variables.get("CLAUDE_CODE_CLIENT_KEY_PASSPHRASE", "")
        try:
            # A function, because OpenSSL would ask the terminal where there is no phrase.
            context.load_cert_chain(certificate, key, password=lambda: phrase)
        except (OSError, ValueError):
            raise SettingError(
                "CLAUDE_CODE_CLIENT_CERT: certificate, key and passphrase don't open together",
                "check CLAUDE_CODE_CLIENT_CERT, CLAUDE_CODE_CLIENT_KEY and its _PASSPHRASE",
            ) from None


def _proxy_url(value: str) -> str:
    """`value` as an http(s) URL, `http://` put before a bare host:port; "" where it is none."""
    value = value.strip()
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        return ""
    return url if good and not re.search(r"[\s\x00-\x1f\x7f]", url) else ""


def _names(entry: str, host: str, port: int) -> bool:
    """Whether one entry of NO_PROXY means this host.

    `*`, a network, an address, or a domain (with or without `.` or `*.` before it) and
    all below it, each of the last two with a port or without. Of an address's end only
    `.0.0.1` is taken for one.
    """
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(entry, host)
    bracketed = re.fullmatch(r"\[(.*)\](?::(\d{1,5}))?|([^:]*):(\d{1,5})", entry)
    name = entry
    if bracketed:
        name = bracketed[1] or bracketed[3] or ""
        wanted = bracketed[2] or bracketed[4]
        if wanted and int(wanted) != port:
            return False
    if ":" in host or re.fullmatch(r"[\d.]+", host):
        return _names_address(name.rstrip("."), host)
    name = name.removeprefix("*").removeprefix(".").rstrip(".")
    return bool(name) and (host == name or host.endswith("." + name))


def _names_address(name: str, host: str) -> bool:
    if name in (host, f".{host}"):
        return True
    if name.startswith("."):
        return len(name) > 1 and host.endswith(name)
    return name.removeprefix("::ffff:") == host


def _in_network(entry: str, host: str) -> bool:
    import ipaddress  # noqa: PLC0415 - only for the rare network in NO_PROXY

    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
