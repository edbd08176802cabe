"""An HTTP proxy on loopback that remembers what it was asked, and can CONNECT."""

from __future__ import annotations

import base64
import contextlib
import http.client
import select
import socket
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType


class Asked(NamedTuple):
    """One request to the proxy; `target` is a whole URL, or host:port for CONNECT."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())


class ListeningProxy:
    """A context manager; `log` is what it was asked, `connections` how often it was called.

    `login`, "user:password", is what it wants to see first; "" lets everybody in.
    """

    def __init__(self, login: str = "") -> None:
        self.login = login
        self._lock = threading.Lock()
        self._log: list[Asked] = []
        self._connections = 0
        handler = type("BoundHandler", (_Handler,), {"proxy": self})
        self._server = _Server(("127.0.0.1", 0), handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def log(self) -> tuple[Asked, ...]:
        with self._lock:
            return tuple(self._log)

    @property
    def connections(self) -> int:
        with self._lock:
            return self._connections

    def connected(self) -> None:
        with self._lock:
            self._connections += 1

    def record(self, asked: Asked) -> None:
        with self._lock:
            self._log.append(asked)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: ListeningProxy

    def setup(self) -> None:
        super().setup()
        self.proxy.connected()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._forward
        raise AttributeError(name)

    def _record(self) -> None:
        headers = tuple((name, value) for name, value in self.headers.items())
        self.proxy.record(Asked(self.command, self.path, headers))

    def _let_in(self) -> bool:
        """Record the request; whether it brings the login. It is refused where it doesn't."""
        self._record()
        self.close_connection = True
        wanted = f"Basic {base64.b64encode(self.proxy.login.encode()).decode()}"
        if not self.proxy.login or self.headers.get("proxy-authorization") == wanted:
            return True
        self.send_response(407)
        self.send_header("proxy-authenticate", 'Basic realm="proxy"')
        self.send_header("content-length", "0")
        self.end_headers()
        return False

    def do_CONNECT(self) -> None:
        if not self._let_in():
            return
        host, _, port = self.path.rpartition(":")
        try:
            there = socket.create_connection((host.strip("[]"), int(port)), 5)
        except OSError:
            self.send_error(502)
            return
        self.send_response(200)
        self.end_headers()
        with there:
            _pump(self.connection, there)

    def _forward(self) -> None:
        """Ask the URL's own host, and hand its answer back whole."""
        if not self._let_in():
            return
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        hop = {"proxy-authorization", "proxy-connection", "connection"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in hop}
        there = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=10)
        with contextlib.closing(there):
            path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
            there.request(self.command, path, body, headers)
            answer = there.getresponse()
            data = answer.read()
        self.send_response(answer.status)
        framing = {"transfer-encoding", "content-length", "connection"}
        for name, value in answer.getheaders():
            if name.lower() not in framing:
                self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing is printed: the log is there to be asked."""


def _pump(left: socket.socket, right: socket.socket) -> None:
    """Carry bytes both ways until one side ends."""
    other = {left: right, right: left}
    while True:
        ready, _, _ = select.select([left, right], [], [], 30)
        for side in ready:
            data = side.recv(65536)
            if not data:
                return
            other[side].sendall(data)
        if not ready:
            return
