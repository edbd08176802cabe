"""What `[secrets]` of config.toml may say: a command, a keyring entry, a file."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from threading import Condition

from ccwrap.light import TYPE_CHECKING, Any, Final
from ccwrap.routes.document import read_bytes
from ccwrap.text import clean

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping
    from types import FrameType

    from ccwrap.secret import Secret

LIMIT: Final = 64 * 1024
COMMAND_SECONDS: Final = 10.0
REAPING: Final = 0.5
"""Seconds that a killed command gets to be gone; one that hangs in the system is left behind."""

DRAINING: Final = 0.3
"""Seconds for the end of its output, once a command is over and has written some."""

POLLING: Final = 0.05
"""Seconds between two looks at whether a command is over whose output has no end."""

ENDING: Final = ("SIGTERM", "SIGHUP", "SIGQUIT") if os.name == "posix" else ()


class NoValue(Exception):
    """A source that gave nothing: why, and what to do about it."""

    def __init__(self, why: str, fix: str) -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


class Sources:
    """Reads sources until a deadline; `stop` ends every command that still runs."""

    def __init__(self, environment: Mapping[str, str], home: Path, deadline: float) -> None:
        self.environment = environment
        self.home = home
        self.deadline = deadline
        self._running: list[subprocess.Popen[bytes]] = []
        self._starting = 0
        self._settled = Condition()
        self._stopped = False

    def read(self, source: Mapping[str, Any]) -> tuple[str, str]:
        """The value and a word for where it came from. Raises NoValue."""
        how, what = next(iter(source.items()))
        if how == "command":
            return self._command(what), f"command {what[0]}"
        if how == "keyring":
            return keyring(what), "keyring"
        return self._file(what), what

    @contextlib.contextmanager
    def stopping(self) -> Iterator[None]:
        """Let no command outlive the block, also where a signal ends this process in it."""
        import signal  # noqa: PLC0415 - only where a source is named
        from threading import current_thread, main_thread  # noqa: PLC0415

        def end(number: int, _frame: FrameType | None) -> None:
            self.stop()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

        numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
        if current_thread() is not main_thread():
            numbers = []  # Python lets nobody else handle signals
        deadly = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
        try:
            for number in deadly:
                signal.signal(number, end)
            yield
        finally:
            for number in deadly:
                signal.signal(number, signal.SIG_DFL)
            self.stop()

    def stop(self) -> None:
        """Kill the process groups of commands that still run, and leave no zombie."""
        self._stopped = True
        with self._settled:  # a command may run already that its Popen hasn't returned yet
            self._settled.wait_for(lambda: not self._starting, REAPING)
            running = list(self._running)
        for process in running:
            _kill(process)
        for process in running:
            _wait(process, REAPING)

    def _file(self, written: str) -> str:
        path = Path(str(self.home) + written[1:] if written.startswith("~") else written)
        try:
            return read_bytes(path, LIMIT).decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise NoValue(f"{written} is not UTF-8", "mend the file") from None
        except OSError as error:
            raise NoValue(f"{written}: {error.strerror}", f"look at: ls -l {written}") from None

    def _command(self, words: tuple[str, ...]) -> str:
        process = self._started(words)
        seconds = max(0.0, min(COMMAND_SECONDS, self.deadline - time.monotonic()))
        try:
            output, errors = _outputs(process, seconds)
            return _secret(words[0], process.returncode, output, errors)
        finally:
            _end(process)

    def _started(self, words: tuple[str, ...]) -> subprocess.Popen[bytes]:
        """The command, started at home and not in the project, with its own process group."""
        import subprocess  # noqa: PLC0415 - only where a command is named

        group: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
        with self._settled:
            self._starting += 1
        try:
            process = subprocess.Popen(
                words,
                cwd=self.home if self.home.is_dir() else os.sep,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                **group,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", "") or "can't be started"
            raise NoValue(f"{words[0]}: {why}", "install it, or correct config.toml") from None
        else:
            self._running.append(process)
        finally:
            with self._settled:
                self._starting -= 1
                self._settled.notify_all()
        if self._stopped:
            _kill(process)
        return process


def _secret(program: str, code: int | None, output: bytes, errors: bytes) -> str:
    """What a command wrote, without the line end behind it. Raises NoValue."""
    shown = clean(errors.decode(errors="replace"), (output.decode(errors="replace").strip(),))
    why = ""
    if len(output) > LIMIT or len(errors) > LIMIT:
        why = f"wrote more than {LIMIT // 1024} KiB"
    elif code is None:
        why = "took too long"
    elif code != 0:
        why = f"failed with {code}"
    if why:
        said = f": {shown}" if shown else ""
        raise NoValue(f"{program} {why}{said}", f"run {program} by hand")
    try:
        return output.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise NoValue(f"{program} wrote no UTF-8", f"run {program} by hand") from None


def keyring(entry: str) -> str:
    """The keyring's value for `service/user`. Raises NoValue."""
    service, _, user = entry.rpartition("/")
    module, refused = _keyring_module()
    try:
        value = module.get_password(service, user)
    except refused as error:
        raise NoValue(f"the keyring can't be used ({type(error).__name__})", _ELSEWHERE) from None
    if value is None:
        raise NoValue(f"the keyring has no {clean(entry)}", "ccroute secret set NAME")
    return str(value)


def keep(service: str, user: str, secret: Secret) -> None:
    """Put `secret` into the keyring. Raises NoValue where there is none."""
    module, refused = _keyring_module()
    try:
        module.set_password(service, user, secret.reveal())
        kept = module.get_password(service, user)
    except refused as error:
        raise NoValue(f"the keyring can't be used ({type(error).__name__})", _ELSEWHERE) from None
    if kept != secret.reveal():
        raise NoValue("the keyring doesn't keep what it is given", _ELSEWHERE)


def _keyring_module() -> tuple[Any, tuple[type[Exception], ...]]:
    """The module, and what its backends raise (the null one keeps nothing, silently)."""
    try:
        import keyring as module  # noqa: PLC0415 - an extra, and heavy
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        fix = "pipx inject ccwrap keyring (or pip install keyring); .env.local needs neither"
        raise NoValue("keyring isn't installed", fix) from None
    return module, (KeyringError, RuntimeError)


_ELSEWHERE: Final = "put it in .env.local, or name a command or file in [secrets] of config.toml"


def _outputs(process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, bytes]:
    """Both streams, at most LIMIT + 1 bytes of each, until they end or time is up.

    An endless writer is stopped at the limit. What a command leaves running (an agent, a
    cache) may keep them open: its own output is complete all the same.
    """
    from threading import Thread  # noqa: PLC0415 - only where a command is named

    streams = [stream for stream in (process.stdout, process.stderr) if stream is not None]
    found: list[bytes] = [b"", b""]

    def read(index: int) -> None:
        with streams[index] as stream:
            while len(found[index]) <= LIMIT and (block := os.read(stream.fileno(), LIMIT)):
                found[index] += block
        if len(found[index]) > LIMIT:
            _kill(process)

    end = time.monotonic() + seconds
    readers = [Thread(target=read, args=(index,), daemon=True) for index in range(len(streams))]
    for reader in readers:
        reader.start()
    over = 0.0
    while any(reader.is_alive() for reader in readers) and (now := time.monotonic()) < end:
        next(filter(Thread.is_alive, readers), readers[0]).join(min(POLLING, end - now))
        over = over or (now if process.poll() is not None else 0.0)
        if over and (found[0] or process.returncode) and now - over > DRAINING:
            return found[0], found[1]
    if not any(reader.is_alive() for reader in readers):
        _wait(process, max(0.0, end - time.monotonic()))
    return found[0], found[1]


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    from subprocess import TimeoutExpired  # noqa: PLC0415

    try:
        process.wait(seconds)
    except TimeoutExpired:
        return


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process, unless it is over and its number may be another's, and its group."""
    import signal  # noqa: PLC0415
    from contextlib import suppress  # noqa: PLC0415

    if process.returncode is not None:
        return
    with suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing of the process behind."""
    _kill(process)
    process.wait()
