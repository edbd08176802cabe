"""A claude that is spoken to turn by turn: one process, JSON lines in and out."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from typing import TYPE_CHECKING, Any, Final, Self

from running import script

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from sandbox import Sandbox

SECONDS: Final = 60.0
"""How long one turn may take."""

FLAGS: Final = (
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
    "--verbose",
)


class Talk:
    """`ccwrap -p` with streamed input, under the command `inside`; a context manager that ends it."""

    def __init__(
        self, sandbox: Sandbox, *arguments: str, command: str = "", inside: Sequence[str] = ()
    ) -> None:
        self._errors = sandbox.home / "talk-errors"
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                (*inside, command or script("ccwrap"), *FLAGS, *arguments),
                cwd=sandbox.project,
                env=sandbox.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()

    @property
    def err(self) -> str:
        """All of standard error so far."""
        return self._errors.read_text(errors="replace")

    def say(self, words: str) -> dict[str, Any]:
        """One turn: what claude says of it when it is over."""
        assert self.process.stdin
        message = {"type": "user", "message": {"role": "user", "content": words}}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        while True:
            try:
                line = self._lines.get(timeout=SECONDS)
            except queue.Empty:
                raise AssertionError(f"no answer in {SECONDS} s\n{self.err}") from None
            said: dict[str, Any] = json.loads(line) if line else {"type": "end"}
            if said["type"] in ("result", "end"):
                return said

    def end(self) -> int:
        """Close its input; its exit status."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(SECONDS)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.decode())
        self._lines.put("")
