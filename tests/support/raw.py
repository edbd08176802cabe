"""A server that sends any bytes at all."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def raw_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The base URL of a server that reads a request's head and leaves the rest to `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, answer), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _serve(listener: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_talk, args=(connection, answer), daemon=True).start()


def _talk(connection: socket.socket, answer: Callable[[socket.socket], None]) -> None:
    with contextlib.suppress(OSError), connection:
        connection.settimeout(5)
        while head(connection):
            answer(connection)


def head(connection: socket.socket) -> bytes:
    """One request's head and the part of its body that came along; b"" at the end."""
    read = b""
    while b"\r\n\r\n" not in read:
        piece = connection.recv(65536)
        if not piece:
            return b""
        read += piece
    return read


def send(*pieces: bytes, repeat: int = 1) -> Callable[[socket.socket], None]:
    """Sends the pieces."""

    def answer(connection: socket.socket) -> None:
        for _ in range(repeat):
            for piece in pieces:
                connection.sendall(piece)

    return answer


def send_and_close(data: bytes) -> Callable[[socket.socket], None]:
    """Sends the data, and no more after it."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)

    return answer
