"""What claude runs to get a credential that expires: the overlay's `apiKeyHelper`.

`python -I refresh.py NAME HOME PATH CONFIG MACHINE`, each argument as it is or as `hex:…`.
It runs the command that `[secrets]` names for NAME in the user's or the machine's
config.toml, as a launch does, and prints the value alone. Where there is none, standard
error says what, where and what to type next, and the exit code is 1.

The environment is claude's by then, and a project's settings may have changed it: NAME is
not looked up there, and HOME and PATH are those of the launch.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS: Final = 10.0
"""How long the command may take, as at a launch."""

ENCODED: Final = "hex:"
"""As in `ccwrap.claude.helper`."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The value. Raises CcwrapError."""
    from ccwrap.errors import SettingError  # noqa: PLC0415 - found by `run`
    from ccwrap.gateways import kinds  # noqa: PLC0415
    from ccwrap.places import Places  # noqa: PLC0415
    from ccwrap.routes import credentials, layers  # noqa: PLC0415

    name, home, search, config, machine = map(decoded, arguments)
    places = Places(Path(home), Path(config), Path(machine), Path(config).parent)
    said = layers.secret(name, places, kinds.load())
    if said is None:
        what = f"{name} is no longer in [secrets] of {config} or {machine}"
        raise SettingError(what, "name its command there again")
    own = {"PATH": search, **({"HOME": home} if os.name == "posix" else {})}
    found = credentials.again(name, said.value, {**environment, **own}, Path(home), SECONDS)
    if isinstance(found, credentials.Missing):
        raise SettingError(f"{found.why} ([secrets] of {said.document.label})", found.fix)
    return found.secret.reveal()


def decoded(argument: str) -> str:
    """An argument as it was meant."""
    if not argument.startswith(ENCODED):
        return argument
    return os.fsdecode(bytes.fromhex(argument.removeprefix(ENCODED)))


def run() -> int:
    """Print the value, or why there is none; the exit code."""
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from ccwrap.errors import CcwrapError  # noqa: PLC0415 - ccwrap is the one this file belongs to

    try:
        print(main(sys.argv[1:], os.environ))  # noqa: T201 - what it is for
    except CcwrapError as error:
        print(f"ccwrap: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(run())
