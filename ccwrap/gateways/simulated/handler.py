"""One connection to a simulated gateway: read, log, answer or misbehave."""

from __future__ import annotations

import zlib
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final

from ccwrap.gateways.simulated.answers import REQUEST_ID, Answer, error
from ccwrap.gateways.simulated.received import Received
from ccwrap.gateways.simulated.service import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccwrap.gateways.simulated.behaviour import Behaviour
    from ccwrap.gateways.simulated.gateway import SimulatedGateway

BODY_LIMIT: Final = 64 << 20
"""Bytes of a request that are read at most."""


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive, as the gateway that it belongs to behaves just now."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    gateway: SimulatedGateway
    number: int
    received: Received
    behaviour: Behaviour

    def setup(self) -> None:
        super().setup()
        self.number = self.gateway.connected()

    def serve(self) -> None:
        request = self._read()
        if request is None:
            self._send(error(413))
            self.close_connection = True
            return
        self.received, self.behaviour = request, self.gateway.behaviour
        self.gateway.record(request)
        how = self.behaviour.how if _concerns(self.behaviour, request) else "well"
        BEHAVIOURS[how](self)

    def __getattr__(self, name: str) -> Any:
        """Every method of HTTP comes to `serve`: the base class looks for do_GET and its like."""
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def _read(self) -> Received | None:
        length = self.headers.get("content-length", "0")
        if (
            not length.isdecimal()
            or int(length) > BODY_LIMIT
            or "transfer-encoding" in self.headers
        ):
            return None
        body = self.rfile.read(int(length))
        headers = tuple((name, value) for name, value in self.headers.items())
        return Received(self.command, self.path, headers, body, self.number)

    def _send(self, reply: Answer) -> None:
        if reply.billed:
            self.gateway.bill()
        if reply.events:
            self._start(reply, ("transfer-encoding", "chunked"))
            for event in reply.events:
                self._chunk(event)
            self._chunk(b"")
            return
        self._start(reply, ("content-length", str(len(reply.body))))
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def _start(self, reply: Answer, *framing: tuple[str, str]) -> None:
        self.send_response(reply.status)
        own = (("content-type", reply.content_type), ("request-id", REQUEST_ID))
        for name, value in (*own, *reply.headers, *framing):
            self.send_header(name, value)
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def well(self) -> None:
        self._send(answer(self.gateway.setup, self.received))

    def as_told(self) -> None:
        self._send(self.behaviour.answer)

    def slow(self) -> None:
        if not self.gateway.stopped.wait(self.behaviour.seconds):
            self.well()

    def silent(self) -> None:
        self.gateway.stopped.wait()
        self.close_connection = True

    def cut(self) -> None:
        self.close_connection = True

    def cut_midway(self) -> None:
        """Half of the answer, then the end of the connection."""
        self.close_connection = True
        whole = answer(self.gateway.setup, self.received)
        if whole.events:
            self._start(whole, ("transfer-encoding", "chunked"))
            for event in whole.events[: len(whole.events) // 2]:
                self._chunk(event)
        else:
            self._start(whole, ("content-length", str(len(whole.body))))
            self.wfile.write(whole.body[: len(whole.body) // 2])

    def stall(self) -> None:
        """Half of the answer, then nothing."""
        self.cut_midway()
        self.gateway.stopped.wait()

    def echo_auth(self) -> None:
        credential = self.received.header("authorization") or self.received.key
        self._send(error(401, f"the credential {credential!r} is not known here"))

    def gzip_bomb(self) -> None:
        """Half a gigabyte of zeros in half a megabyte: one deflated block, repeated."""
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        first = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        again = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
        self._send(Answer(200, first + again * 511, headers=(("content-encoding", "gzip"),)))

    def endless(self) -> None:
        self._start(Answer(200), ("transfer-encoding", "chunked"))
        block = b'{"padding": "' + b"x" * 65536
        while not self.gateway.stopped.wait(0.01):
            self._chunk(block)

    def drip(self) -> None:
        """A byte now and then: no single read ever times out."""
        self._start(Answer(200), ("content-length", "100000"))
        while not self.gateway.stopped.wait(self.behaviour.seconds):
            self.wfile.write(b" ")
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing is printed: the gateway's log is there to be asked."""

    def version_string(self) -> str:
        return "simulated"


def _concerns(behaviour: Behaviour, request: Received) -> bool:
    return {
        "all": True,
        "credentialed": request.credentialed,
        "messages": request.is_prompt,
    }[behaviour.on]


BEHAVIOURS: Final[Mapping[str, Callable[[Handler], None]]] = {
    "well": Handler.well,
    "answer": Handler.as_told,
    "slow": Handler.slow,
    "silent": Handler.silent,
    "cut": Handler.cut,
    "cut_midway": Handler.cut_midway,
    "stall": Handler.stall,
    "echo_auth": Handler.echo_auth,
    "gzip_bomb": Handler.gzip_bomb,
    "endless": Handler.endless,
    "drip": Handler.drip,
}
