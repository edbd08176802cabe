"""Claude Code is installed once, from npm, into a folder of its own."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ccwrap.claude import versions
from ccwrap.claude.install import install, installed
from ccwrap.errors import ClaudeNotFound, ClaudeNotRunnable

BINARY = "node_modules/@anthropic-ai/claude-code-linux-x64/claude"
NPM = f"""#!/bin/sh
echo "$@" >> "$NPM_LOG"
pwd >> "$NPM_LOG"
mkdir -p {BINARY.rpartition("/")[0]}
printf '#!/bin/sh\\n' > {BINARY}
chmod +x {BINARY}
"""


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """A machine with an npm that does as told by the script at PATH's first place."""
    (tmp_path / "bin").mkdir()
    return {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "NPM_LOG": str(tmp_path / "npm.log"),
        "HOME": str(tmp_path),
    }


def give_npm(machine: dict[str, str], script: str = NPM) -> None:
    npm = Path(machine["PATH"].partition(":")[0]) / "npm"
    npm.write_text(script)
    npm.chmod(0o755)


def test_it_installs_the_version_asked_for_and_once_only(
    machine: dict[str, str], tmp_path: Path
) -> None:
    give_npm(machine)
    binary = install("1.2.3", tmp_path / "cache", machine)
    assert binary == tmp_path / "cache" / "1.2.3" / BINARY
    assert install("1.2.3", tmp_path / "cache", {"PATH": ""}) == binary
    asked, _ = Path(machine["NPM_LOG"]).read_text().splitlines()
    assert asked.endswith("--ignore-scripts --include=optional --loglevel=error "
                          "@anthropic-ai/claude-code@1.2.3")  # fmt: skip


def test_npm_runs_where_no_project_can_configure_it(
    machine: dict[str, str], tmp_path: Path
) -> None:
    give_npm(machine)
    install("1.2.3", tmp_path / "cache", machine)
    _, folder = Path(machine["NPM_LOG"]).read_text().splitlines()
    assert Path(folder).parent == tmp_path / "cache"


def test_many_at_once_end_with_one_installation(machine: dict[str, str], tmp_path: Path) -> None:
    give_npm(machine)
    found: list[Path] = []
    threads = [
        threading.Thread(target=lambda: found.append(install("1.2.3", tmp_path / "cache", machine)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {tmp_path / "cache" / "1.2.3" / BINARY}
    assert len(found) == 6
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["1.2.3"]


def test_without_npm_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ClaudeNotFound, match="npm is not on PATH"):
        install("1.2.3", tmp_path / "cache", {"PATH": str(tmp_path)})


def test_a_failing_npm_is_quoted_and_leaves_nothing(
    machine: dict[str, str], tmp_path: Path
) -> None:
    give_npm(machine, "#!/bin/sh\nmkdir half; echo 'npm error: no \x1b[31mnetwork' >&2; exit 1\n")
    with pytest.raises(ClaudeNotRunnable, match=r"npm error: no \\u001b\[31mnetwork"):
        install("1.2.3", tmp_path / "cache", machine)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_machine_without_a_native_binary_is_told_so(
    machine: dict[str, str], tmp_path: Path
) -> None:
    give_npm(machine, "#!/bin/sh\nmkdir -p node_modules/@anthropic-ai/claude-code\n")
    with pytest.raises(ClaudeNotRunnable, match="without a binary for this machine"):
        install("1.2.3", tmp_path / "cache", machine)
    assert installed("1.2.3", tmp_path / "cache") is None


@pytest.mark.parametrize(
    ("version", "standing"),
    [
        (versions.PINNED, "green"),
        (f"{versions.PINNED} (Claude Code)", "green"),
        ("1.0.0", "older"),
        ("99.0.0", "newer"),
        ("nonsense", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_version_is_compared_with_the_green_ones(version: str, standing: str) -> None:
    assert versions.standing(version) == standing
