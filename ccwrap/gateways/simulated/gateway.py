"""The simulated gateway: a server on loopback with a log."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from typing import TYPE_CHECKING, Any, Self

from ccwrap.gateways.simulated.behaviour import WELL, Behaviour
from ccwrap.gateways.simulated.handler import Handler
from ccwrap.gateways.simulated.service import Setup

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    from ccwrap.gateways.simulated.received import Received


class SimulatedGateway:
    """A context manager: the gateway listens from `__enter__` to `__exit__`.

    `behaviour` and `setup` may be assigned while it runs; a request that `wait_for` has
    found keeps the behaviour that it came under. `tls` makes it https.
    """

    def __init__(
        self,
        setup: Setup | None = None,
        behaviour: Behaviour = WELL,
        *,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.setup = setup or Setup()
        self.behaviour = behaviour
        self.stopped = threading.Event()
        self._log: list[Received] = []
        self._news = threading.Condition()
        self._served = 0
        self._connections = 0
        handler = type("BoundHandler", (Handler,), {"gateway": self})
        self._server = _Server(("127.0.0.1", port), handler, tls)
        self._scheme = "https" if tls else "http"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base URL, as a route would name it."""
        return f"{self._scheme}://127.0.0.1:{self.port}{self.setup.prefix}"

    @property
    def log(self) -> tuple[Received, ...]:
        """Every request so far, in the order of arrival."""
        with self._news:
            return tuple(self._log)

    @property
    def prompts(self) -> tuple[Received, ...]:
        """The requests for a real message."""
        return tuple(request for request in self.log if request.is_prompt)

    @property
    def served(self) -> int:
        """How many answers of a model it began to send: what would be billed."""
        with self._news:
            return self._served

    @property
    def connections(self) -> int:
        """How many connections it accepted, whether a request came on them or not."""
        with self._news:
            return self._connections

    def clear(self) -> None:
        """Forget what was received and billed so far."""
        with self._news:
            self._log.clear()
            self._served = 0
            self._connections = 0

    def wait_for(self, wanted: Callable[[Received], bool], seconds: float = 10.0) -> Received:
        """The first request that is `wanted`, as soon as it is there.

        Raises TimeoutError, with what has come instead, after `seconds`.
        """

        def found() -> Received | None:
            return next((request for request in self._log if wanted(request)), None)

        with self._news:
            request = self._news.wait_for(found, seconds)
            if request is None:
                came = ", ".join(f"{other.method} {other.path}" for other in self._log)
                raise TimeoutError(f"not in {seconds} s; what came: {came or 'nothing'}")
            return request

    def record(self, request: Received) -> None:
        with self._news:
            self._log.append(request)
            self._news.notify_all()

    def bill(self) -> None:
        with self._news:
            self._served += 1
            self._news.notify_all()

    def connected(self) -> int:
        with self._news:
            self._connections += 1
            return self._connections


class _Server(socketserver.ThreadingTCPServer):
    """A thread a connection; not `HTTPServer`, which asks the resolver for its own name."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], handler: Callable[..., Any], tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(address, handler)
        self._tls = tls
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept; the TLS handshake waits for the connection's own thread."""
        connection, address = super().get_request()
        if self._tls:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left, or that refused our certificate, is no news."""

    def hang_up(self) -> None:
        """End the connections that keep-alive has left open."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
