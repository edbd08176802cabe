"""One candidate's connection: every wait under one deadline, every failure named.

httpx speaks the protocol; the pool beneath it gets its sockets from here. A socket that
knows the deadline and counts its bytes holds the time limit against a slow drip, a
flood of 1xx answers and headers without end, which no timeout for a single read does.
"""

from __future__ import annotations

import contextlib
import socket

import httpcore
import httpx

from ccwrap.gateways.answer import Answer
from ccwrap.gateways.failures import Failed, Watch, failure, no_name
from ccwrap.gateways.verdict import Verdict
from ccwrap.light import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator, Sequence

BODY: Final = 64 << 10
"""Bytes of a body that are read at most."""

WIRE: Final = 512 << 10
"""Bytes that one connection may bring at most, whatever they are."""


NETWORK: Final = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpx.TransportError,
    httpx.InvalidURL,
    OSError,
    UnicodeError,
)
"""What the network, and a header that can't be sent, may raise."""

HUNG_UP: Final = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)


class Resolve(Protocol):
    """`socket.getaddrinfo`, as far as it is used."""

    def __call__(self, host: str, port: int, *, type: int) -> Sequence[tuple[Any, ...]]: ...  # noqa: A002


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
            raise Failed(no_name(watch.where)) from None
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
        raise Failed(no_name(watch.where))


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


class Raw(httpx.SyncByteStream):
    """An answer's body as it comes."""

    def __init__(self, chunks: Iterable[bytes], close: Callable[[], None]) -> None:
        self._chunks = chunks
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks

    def close(self) -> None:
        self._close()


class Pooled(httpx.BaseTransport):
    """Lets httpx use a pool whose sockets are ours; its errors come through as they are."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.read(),
            )
        )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=Raw(answer.iter_stream(), answer.close)
        )

    def close(self) -> None:
        self._pool.close()


def pool(
    context: ssl.SSLContext | None, proxy: str, network: httpcore.NetworkBackend
) -> httpcore.ConnectionPool:
    """Connections to the gateway, or through the proxy to it."""
    if not proxy:
        return httpcore.ConnectionPool(ssl_context=context, network_backend=network)
    address, auth = split_user(proxy)
    return httpcore.HTTPProxy(
        address,
        proxy_auth=auth,
        ssl_context=context,
        proxy_ssl_context=context if address.startswith("https:") else None,
        network_backend=network,
    )


class Connection:
    """Asks one candidate, on one kept-alive connection where the gateway keeps it.

    Each request is sent as it stands here: nothing is read from the environment or
    `.netrc`, no cookie is kept, no redirect is followed.
    """

    def __init__(
        self,
        watch: Watch,
        context: ssl.SSLContext | None,
        proxy: str = "",
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        self._watch = watch
        self._kept = False
        transport = Pooled(pool(context, proxy, Network(watch, resolve)))
        self._client = httpx.Client(transport=transport, trust_env=False, follow_redirects=False)

    def ask(
        self, phase: str, method: str, url: str, headers: list[tuple[str, str]], body: bytes = b""
    ) -> Answer:
        """One request. Raises Failed when no answer came."""
        self._watch.step = phase
        kept, self._kept = self._kept and phase != "paid", True
        try:
            wire = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
            request = httpx.Request(method, url, headers=wire, content=body or None)
            with contextlib.closing(self._client.send(request, stream=True)) as response:
                return _answer(response)
        except NETWORK as error:
            if kept and isinstance(error, HUNG_UP):
                # It may have hung up on the kept connection before it heard this request.
                self._kept = False
                return self.ask(phase, method, url, headers, body)
            if isinstance(error, httpcore.ProxyError) and str(error).startswith("407"):
                return Answer(407)
            raise Failed(failure(error, self._watch)) from None

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._client.close()


def _answer(response: httpx.Response) -> Answer:
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1")
        for name, value in response.headers.raw
    }
    body = bytearray()
    with contextlib.suppress(httpcore.NetworkError, httpcore.ProtocolError):
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > BODY:
                return Answer(response.status_code, headers, bytes(body[:BODY]), cut=True)
    return Answer(response.status_code, headers, bytes(body))


def split_user(proxy: str) -> tuple[str, tuple[bytes, bytes] | None]:
    """A proxy's address, and its user and password as they are sent (UTF-8, as claude does)."""
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415 - only behind a proxy

    parts = urlsplit(proxy)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if parts.username is None:
        return address, None
    return address, (unquote(parts.username).encode(), unquote(parts.password or "").encode())
