"""One candidate's connection: every wait under one deadline, every failure named.

httpcore speaks the protocol; it gets its sockets from here. A socket that knows the
deadline and counts its bytes holds the time limit against a slow drip, a flood of
1xx answers and headers without end, which no timeout for a single read does.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import httpcore

from ccwrap.gateways.answer import Answer
from ccwrap.gateways.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BODY: Final = 64 << 10
"""Bytes of a body that are read at most."""

WIRE: Final = 512 << 10
"""Bytes that one connection may bring at most, whatever they are."""


NETWORK: Final = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    OSError,
    UnicodeError,
)
"""What the network, and a header that can't be sent, may raise."""

HUNG_UP: Final = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)


class Resolve(Protocol):
    """`socket.getaddrinfo`, as far as it is used."""

    def __call__(self, host: str, port: int, *, type: int) -> Sequence[tuple[Any, ...]]: ...  # noqa: A002


class Failed(Exception):
    """The answer never came; `verdict` says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.detail)
        self.verdict = verdict


class Where(NamedTuple):
    """The candidate, in words for a failure. `proxy` is "" where there is none."""

    host: str
    proxy: str = ""
    fix: str = ""

    @property
    def peer(self) -> str:
        return f"the proxy {self.proxy}" if self.proxy else self.host


class Watch:
    """How far a candidate has come, for whoever gives up waiting; times in monotonic seconds."""

    def __init__(self, where: Where, deadline: float) -> None:
        self.where = where
        self.deadline = deadline
        self.phase = "dns"
        self.step = "reach"
        self.trips: list[float] = []
        self._sent = 0.0

    def left(self) -> float:
        """Seconds until the deadline. Raises Failed when it has passed."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Failed(self.late())
        return left

    def sent(self) -> None:
        self.phase = self.step
        self._sent = self._sent or time.monotonic()

    def heard(self) -> None:
        """The first bytes after something was sent: one warm round trip."""
        if self._sent:
            self.trips.append((time.monotonic() - self._sent) * 1000)
            self._sent = 0.0

    def late(self) -> Verdict:
        waited = {
            "dns": f"no answer to the name lookup of {self.where.peer}",
            "connect": f"{self.where.peer}: no connection",
            "tls": f"{self.where.peer}: no answer to the TLS handshake",
        }.get(self.phase, f"{self.where.peer}: connected, no answer")
        hint = _MENDS["dns" if self.phase == "dns" else "late"]
        return Verdict("unreachable", f"{waited} in time", hint, phase=self.phase)


class Network(httpcore.NetworkBackend):
    """Opens sockets for httpcore, names first."""

    def __init__(self, watch: Watch, resolve: Resolve) -> None:
        self._watch = watch
        self._resolve = resolve
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        del timeout, local_address, socket_options
        watch = self._watch
        watch.phase = "dns"
        try:
            found = self._resolve(host, port, type=socket.SOCK_STREAM)
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        except (OSError, UnicodeError):
            raise Failed(_no_name(watch.where)) from None
        watch.phase = "connect"
        for rest, address in enumerate(addresses, 1 - len(addresses)):
            # A dead address may take its share of the time, not all of it.
            share = watch.left() / (1 - rest) if rest else watch.left()
            try:
                return Stream(self._plain.connect_tcp(address, port, timeout=share), watch)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
                if not rest:
                    raise Failed(failure(last, watch)) from None
        raise Failed(_no_name(watch.where))


class Stream(httpcore.NetworkStream):
    """A socket under the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, watch: Watch) -> None:
        self._inner = inner
        self._watch = watch
        self._room = WIRE

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        data = self._inner.read(max_bytes, timeout=self._watch.left())
        self._watch.heard()
        self._room -= len(data)
        if self._room < 0:
            raise Failed(Verdict("not_a_gateway", "answers without end", phase=self._watch.phase))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._inner.write(buffer, timeout=self._watch.left())
        self._watch.sent()

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        del timeout
        self._watch.phase = "tls"
        self._watch.trips.clear()  # what came before was a proxy's word
        left = self._watch.left()
        return Stream(
            self._inner.start_tls(ssl_context, server_hostname, timeout=left), self._watch
        )

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Connection:
    """Asks one candidate, on one kept-alive connection where the gateway keeps it."""

    def __init__(
        self,
        watch: Watch,
        context: ssl.SSLContext | None,
        proxy: str = "",
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        self._watch = watch
        self._kept = False
        network = Network(watch, resolve)
        if proxy:
            address, auth = split_user(proxy)
            self._pool: httpcore.ConnectionPool = httpcore.HTTPProxy(
                address,
                proxy_auth=auth,
                ssl_context=context,
                proxy_ssl_context=context if address.startswith("https:") else None,
                network_backend=network,
            )
        else:
            self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=network)

    def ask(
        self, phase: str, method: str, url: str, headers: list[tuple[str, str]], body: bytes = b""
    ) -> Answer:
        """One request. Raises Failed when no answer came."""
        self._watch.step = phase
        kept, self._kept = self._kept and phase != "paid", True
        try:
            wire = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
            with self._pool.stream(method, url, headers=wire, content=body or None) as response:
                return self._answer(response)
        except NETWORK as error:
            if kept and isinstance(error, HUNG_UP):
                # It may have hung up on the kept connection before it heard this request.
                self._kept = False
                return self.ask(phase, method, url, headers, body)
            if isinstance(error, httpcore.ProxyError) and str(error).startswith("407"):
                return Answer(407)
            raise Failed(failure(error, self._watch)) from None

    def _answer(self, response: httpcore.Response) -> Answer:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers
        }
        body = bytearray()
        with contextlib.suppress(httpcore.NetworkError, httpcore.ProtocolError):
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > BODY:
                    return Answer(response.status, headers, bytes(body[:BODY]), cut=True)
        return Answer(response.status, headers, bytes(body))

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._pool.close()


def split_user(proxy: str) -> tuple[str, tuple[str, str] | None]:
    """A proxy's address, and its user and password as they are sent."""
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - only behind a proxy

    parts = urlsplit(proxy)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if parts.username is None:
        return address, None
    return address, (unquote(parts.username), unquote(parts.password or ""))


def failure(error: BaseException, watch: Watch) -> Verdict:
    """The verdict on an answer that never came."""
    where, phase = watch.where, watch.phase
    reasons: list[BaseException] = [error]
    while (before := reasons[-1].__cause__ or reasons[-1].__context__) and len(reasons) < 10:
        reasons.append(before)
    for reason in reasons:
        if isinstance(reason, ssl.SSLError):
            return tls_failure(reason, where, phase)
    if any(isinstance(reason, httpcore.TimeoutException) for reason in reasons):
        return watch.late()
    if any(isinstance(reason, (UnicodeError, httpcore.LocalProtocolError)) for reason in reasons):
        return Verdict("auth_failed", *_UNSENDABLE, phase="auth")
    if any(isinstance(reason, ConnectionRefusedError) for reason in reasons):
        fix = (not where.proxy and where.fix) or _MENDS["refused"]
        return Verdict("unreachable", f"{where.peer} refused the connection", fix, phase=phase)
    words = next((said for kind, said in _WORDS.items() if isinstance(error, kind)), "no way there")
    return Verdict("unreachable", f"{where.peer}: {words}", _MENDS["cut"], phase=phase)


_MENDS: Final = {
    "dns": "is the host in `url` right, and this machine online?",
    "late": "is it up, and does the way there lead through a proxy (HTTPS_PROXY)?",
    "refused": "is it running, and on that port?",
    "cut": "is it up, and is it http:// or https://?",
}
_UNSENDABLE: Final = (
    "the key or a header has characters that no header can carry",
    "is there a line end or a quote at its end?",
)
_WORDS: Final[dict[type[BaseException], str]] = {
    httpcore.RemoteProtocolError: "connection cut, or no HTTP there",
    httpcore.ProxyError: "no tunnel to the gateway",
    httpcore.ReadError: "connection cut",
    httpcore.WriteError: "connection cut",
}


def _no_name(where: Where) -> Verdict:
    return Verdict("unreachable", f"{where.peer}: no DNS answer", _MENDS["dns"], phase="dns")


def tls_failure(error: ssl.SSLError, where: Where, phase: str) -> Verdict:
    """What is wrong about the certificate, or about the handshake."""
    said = getattr(error, "verify_message", "") or ""
    for part, words, hint in _CERTIFICATES:
        if part in said:
            return Verdict("tls_error", f"{where.host}: {words}", hint, phase="tls")
    if said:
        return Verdict("tls_error", f"{where.host}: certificate refused: {said}", _ADD, phase="tls")
    reason = (error.reason or "").replace("_", " ").lower()
    if isinstance(error, ssl.SSLEOFError) or "eof" in reason:
        words = f"{where.peer}: connection cut in the TLS handshake"
        return Verdict("unreachable", words, _MENDS["cut"], phase="tls")
    if "wrong version" in reason or "http request" in reason or "record layer" in reason:
        return Verdict("tls_error", f"{where.host}: no TLS there", "is it http://?", phase="tls")
    wanted = "certificate" in reason or "handshake failure" in reason
    hint = "it may want CLAUDE_CODE_CLIENT_CERT and _KEY" if wanted else _MENDS["cut"]
    return Verdict("tls_error", f"{where.host}: {reason or 'TLS failed'}", hint, phase=phase)


_ADD: Final = "add its CA: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem"
_CERTIFICATES: Final = (
    ("expired", "its certificate has expired", "tell its operator to renew it"),
    ("not yet valid", "its certificate is not valid yet", "is this machine's clock right?"),
    ("self-signed certificate in", "its certificate comes from an unknown authority", _ADD),
    ("self signed certificate in", "its certificate comes from an unknown authority", _ADD),
    ("self-signed", "its certificate is self-signed", _ADD),
    ("self signed", "its certificate is self-signed", _ADD),
    ("unable to get", "its certificate comes from an unknown authority", _ADD),
    ("mismatch", "its certificate is for another host", "is the host in `url` right?"),
    ("not valid for", "its certificate is for another host", "is the host in `url` right?"),
)
