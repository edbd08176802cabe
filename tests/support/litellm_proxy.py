"""A real LiteLLM proxy: the one that is named, or a pinned one from PyPI."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VERSION = "1.106.2"
MASTER_KEY = "sk-made-up-master-0123456789"
START_SECONDS = 90


def binary(environment: Mapping[str, str]) -> Path:
    """CCWRAP_TEST_LITELLM, else a virtual environment made once per machine.

    `environment` is the one that the tests were started with. Parallel workers
    wait for the first one's download.
    """
    named = environment.get("CCWRAP_TEST_LITELLM", "")
    if named:
        return Path(named).resolve(strict=True)
    folder = Path(environment["HOME"]) / ".cache" / "ccwrap-tests"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "litellm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _installed(folder / f"litellm-{VERSION}", environment)


def _installed(folder: Path, environment: Mapping[str, str]) -> Path:
    program, done = folder / "bin" / "litellm", folder / "complete"
    if not done.exists():
        package = f"litellm[proxy]=={VERSION}"
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", package],
        ):
            subprocess.run(command, env=dict(environment), check=True, timeout=900)
        done.touch()
    return program


class LiteLLM:
    """A running proxy; `stop` leaves its port without a listener."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def litellm_proxy(
    program: Path, folder: Path, models: Sequence[Mapping[str, object]]
) -> Iterator[LiteLLM]:
    """A proxy that offers `models` (its `model_list`), with a master key and no database."""
    config = folder / "config.yaml"  # JSON is YAML too
    config.write_text(
        json.dumps({"model_list": models, "general_settings": {"master_key": MASTER_KEY}})
    )
    port = _free_port()
    where = ["--host", "127.0.0.1", "--port", str(port)]
    environment = {
        "HOME": str(folder),
        "PATH": f"{program.parent}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_TELEMETRY": "False",
    }
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [str(program), "--config", str(config), *where],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    proxy = LiteLLM(process, port)
    try:
        _wait_until_alive(process, port, folder / "output")
        yield proxy
    finally:
        proxy.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_until_alive(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            with contextlib.closing(connection):
                connection.request("GET", "/health/liveliness")
                if connection.getresponse().status == 200:
                    return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.25)
    raise RuntimeError(f"LiteLLM does not start:\n{output.read_text(errors='replace')[-3000:]}")
