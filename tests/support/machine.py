"""An /etc of a test's own: a mount namespace in which a copy lies over the real one.

What the machine's administrator says stands there, and no variable leads elsewhere.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from needing import missing
from running import script

if TYPE_CHECKING:
    from collections.abc import Mapping

    from running import Ran
    from sandbox import Sandbox

NEEDED: Final = (
    "ssl", "passwd", "group", "hosts", "nsswitch.conf", "resolv.conf", "ld.so.cache"
)  # fmt: skip
INSIDE: Final = 'mount --bind "$1" /etc && shift && exec "$@"'
ISOLATED: Final = ("unshare", "--map-root-user", "--mount", "sh", "-c", INSIDE, "sh")


class Machine:
    """An /etc in `folder`, without a word to claude or to ccwrap.

    Passed over where a machine forbids namespaces.
    """

    def __init__(self, folder: Path) -> None:
        self.etc = folder
        folder.mkdir()
        for name in NEEDED:
            real = Path("/etc", name)
            if real.is_dir():
                shutil.copytree(real, folder / name, ignore=shutil.ignore_patterns("private"))
            elif real.exists():
                shutil.copy(real, folder / name)
        tried = subprocess.run([*ISOLATED, folder, "true"], capture_output=True, check=False)
        if tried.returncode:
            missing(f"namespaces for those who aren't root: {tried.stderr!r}")

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        """Write a file of /etc, its folders made."""
        file = self.etc / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def config(self, text: str) -> None:
        """Write the machine's config.toml."""
        self.write("ccwrap/config.toml", text)

    @property
    def command(self) -> tuple[str, ...]:
        """What runs the words behind it with this /etc."""
        return (*ISOLATED, str(self.etc))

    def run(
        self,
        sandbox: Sandbox,
        program: str,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        input: str = "",  # noqa: A002 - as subprocess calls it
    ) -> Ran:
        """Run a program with this /etc; "ccwrap" and "ccroute" are the real scripts."""
        command = script(program) if program in {"ccwrap", "ccroute"} else program
        return sandbox.run(*self.command, command, *arguments, env=env, input=input)
