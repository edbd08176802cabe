"""An empty, read-only home: the launch works, says nothing, and its trust comes from the image.

The example's own environment, trust and route file hold here, with the real claude, in a
mount namespace: `/etc` is a copy with the image's config.toml, home is mounted read-only.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ccwrap.gateways.simulated import Setup
from needing import missing
from routing import KEY
from running import script
from sandbox import Sandbox

if TYPE_CHECKING:
    from running import Ran
    from starting import StartGateway

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "container"
HOST: Final = "https://llm.eu.example.com"
TEXT: Final = "contained"
NEEDED: Final = ("ssl", "passwd", "group", "hosts", "nsswitch.conf", "resolv.conf", "ld.so.cache")
NAMESPACE: Final = ("unshare", "--user", "--map-root-user", "--mount")
CLOSED: Final = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift'
INSIDE: Final = f'mount --bind "$1" /etc && shift && {CLOSED} && {CLOSED}; exec "$@"'


class Container:
    """What the example's image makes of a project; `home` is read-only, `/etc` is the image's.

    closed   one more folder that can't be written
    state    the folder that stands for /state
    """

    def __init__(self, root: Path, claude: Path, url: str) -> None:
        self.sandbox = Sandbox(root / "world", claude)
        self.home, self.state, self.closed = root / "home", root / "state", root / "closed"
        self.tmp, self.etc, project = root / "tmp", root / "etc", root / "work"
        for folder in (self.home, self.state, self.closed, self.tmp, project):
            folder.mkdir()
        self._image(url)
        self.sandbox.project = project
        self.sandbox.git("init", "-q", "-b", "main")
        self.sandbox.ccroute((EXAMPLE / ".ccroute").read_text().replace(HOST, url))
        image = dict(
            re.findall(r"^ENV (\w+)=(.*)$", (EXAMPLE / "Dockerfile").read_text(), re.MULTILINE)
        )
        assert set(image) == {"HOME", "XDG_STATE_HOME", "CLAUDE_CONFIG_DIR", "DISABLE_AUTOUPDATER"}
        places = {"/home/agent": self.home, "/state": self.state}
        for name, value in image.items():
            for inside, outside in places.items():
                image[name] = re.sub(f"^{inside}(?=/|$)", str(outside), image[name])
            assert image[name] != value or name == "DISABLE_AUTOUPDATER"
        self.sandbox.environment |= image | {"LLM_KEY": KEY, "TMPDIR": str(self.tmp)}

    def _image(self, url: str) -> None:
        (self.etc / "ccwrap").mkdir(parents=True)
        config = (EXAMPLE / "config.toml").read_text().replace(HOST, url)
        trust = self.etc / "ccwrap" / "config.toml"
        trust.write_text(config)
        trust.chmod(0o664)  # as a checkout of umask 002 brings it
        recipe = (EXAMPLE / "Dockerfile").read_text()
        (mode,) = re.findall(r"^RUN chmod (0\d+) /etc/ccwrap/config.toml$", recipe, re.MULTILINE)
        trust.chmod(int(mode, 8))
        for name in NEEDED:
            real = Path("/etc", name)
            if real.is_dir():
                shutil.copytree(real, self.etc / name, ignore=shutil.ignore_patterns("private"))
            elif real.exists():
                shutil.copy(real, self.etc / name)

    def run(self, program: str, *arguments: str) -> Ran:
        folders = (self.etc, self.home, self.closed)
        return self.sandbox.run(
            *NAMESPACE, "sh", "-c", INSIDE, "sh", *folders, script(program), *arguments
        )

    def without_state(self) -> None:
        """Nobody thought of a place for state or for claude's own folder."""
        for name in ("XDG_STATE_HOME", "CLAUDE_CONFIG_DIR"):
            del self.sandbox.environment[name]


@pytest.fixture
def container(tmp_path: Path, gateway: StartGateway, claude: Path) -> Container:
    tried = subprocess.run([*NAMESPACE, "mount", "--bind", "/etc", "/etc"], check=False)
    if tried.returncode:
        missing("mount namespaces for those who aren't root")
    root = tmp_path / "container"
    (root / "world").mkdir(parents=True)
    well = gateway(Setup(keys=(KEY,), text=TEXT))
    return Container(root, claude, well.url)


def answered(ran: Ran) -> None:
    assert (ran.expect().out.strip(), ran.err) == (TEXT, "")


def forgets(ran: Ran) -> None:
    assert ran.expect().out.strip() == TEXT
    (line,) = ran.err.splitlines()
    assert line.endswith("Read-only file system; nothing is remembered")


def test_home_is_read_only_here(container: Container) -> None:
    ran = container.sandbox.run(
        *NAMESPACE, "sh", "-c", INSIDE, "sh", container.etc, container.home, container.closed,
        "touch", container.home / "x", container.closed / "x",
    )  # fmt: skip
    assert ran.err.count("Read-only file system") == 2


def test_the_image_s_trust_and_state_are_enough(container: Container) -> None:
    answered(container.run("ccwrap", "-p", "hello"))
    answered(container.run("ccwrap", "-p", "hello"))
    assert (container.state / "ccwrap" / "health.db").exists()
    assert list((container.state / "claude").iterdir())
    assert list(container.home.iterdir()) == []
    assert list(container.tmp.glob("ccwrap-*")) == []


def test_without_a_place_for_state_every_launch_works_and_says_one_line(
    container: Container,
) -> None:
    container.without_state()
    forgets(container.run("ccwrap", "-p", "hello"))
    forgets(container.run("ccwrap", "-p", "hello"))
    (ours,) = container.tmp.glob("ccwrap-*")
    assert ours.stat().st_mode & 0o777 == 0o700
    checks = container.run("ccroute", "doctor", "--json").expect().json["checks"]
    (state,) = [one for one in checks if one["check"] == "state"]
    assert (state["level"], state["text"]) == (
        "note",
        "~/.local/state/ccwrap can't be made: nothing is remembered",
    )


def test_without_any_place_there_is_no_launch_and_the_reason(container: Container) -> None:
    container.without_state()
    container.sandbox.environment["TMPDIR"] = str(container.closed)
    ran = container.run("ccwrap", "-p", "hello").expect(78)
    assert "ccwrap: the settings overlay can't be written: " in ran.err
    assert "set XDG_STATE_HOME" in ran.err
    assert "nothing can be routed" in container.run("ccroute", "doctor").expect(1).out


def test_without_the_image_s_trust_nothing_is_sent(
    container: Container, gateway: StartGateway
) -> None:
    stranger = gateway(Setup(keys=(KEY,)))
    container.sandbox.ccroute((EXAMPLE / ".ccroute").read_text().replace(HOST, stranger.url))
    container.run("ccwrap", "-p", "hello").expect(77)
    assert stranger.connections == 0
    container.sandbox.environment["CCWRAP_TRUST"] = f"LLM_KEY@{stranger.url}/"
    container.run("ccwrap", "-p", "hello").expect()
    assert {one.bearer for one in stranger.prompts} == {KEY}


def test_a_home_that_can_not_be_made_is_no_matter_either(container: Container) -> None:
    """A user id of no account's, whose home is nowhere."""
    container.without_state()
    container.sandbox.environment["HOME"] = str(container.closed / "nowhere")
    forgets(container.run("ccwrap", "-p", "hello"))


def test_the_dev_container_is_json_once_its_comments_are_gone() -> None:
    text = re.sub(r"^\s*//.*$", "", (EXAMPLE / "devcontainer.json").read_text(), flags=re.MULTILINE)
    found = json.loads(text)
    assert found["remoteUser"] == "node"
    assert found["containerEnv"] == {
        name: f"${{localEnv:{name}}}" for name in ("CCWRAP_TRUST", "LLM_KEY")
    }
    settings = found["customizations"]["vscode"]["settings"]
    assert settings == {"claudeCode.claudeProcessWrapper": "/usr/local/bin/ccwrap"}
