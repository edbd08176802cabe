"""An organisation's managed settings that choose the gateway win, and ccwrap says so.

They stand in /etc/claude-code, so each launch gets an /etc of its own: a mount
namespace in which a copy that has them lies over the real one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ccwrap.gateways.simulated import Setup
from needing import missing
from routing import KEY, routed
from running import Ran, script

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway

NEEDED = ("ssl", "passwd", "group", "hosts", "nsswitch.conf", "resolv.conf", "ld.so.cache")
INSIDE = 'mount --bind "$1" /etc && shift && exec "$@"'
ISOLATED = ("unshare", "--map-root-user", "--mount", "sh", "-c", INSIDE, "sh")


@pytest.fixture
def namespaces(tmp_path: Path) -> Path:
    """An /etc without managed settings; passed over where a machine forbids namespaces."""
    etc = tmp_path / "etc"
    (etc / "claude-code").mkdir(parents=True)
    for name in NEEDED:
        real = Path("/etc", name)
        if real.is_dir():
            shutil.copytree(real, etc / name, ignore=shutil.ignore_patterns("private"))
        elif real.exists():
            shutil.copy(real, etc / name)
    tried = subprocess.run([*ISOLATED, etc, "true"], capture_output=True, check=False)
    if tried.returncode:
        missing(f"namespaces for those who aren't root: {tried.stderr!r}")
    return etc


def launch(sandbox: Sandbox, etc: Path, settings: dict[str, Any], program: str = "ccwrap") -> Ran:
    """`ccwrap -p` or `ccroute explain` under these managed settings."""
    (etc / "claude-code" / "managed-settings.json").write_text(json.dumps(settings))
    arguments = ("-p", "hello") if program == "ccwrap" else ("explain", "--json")
    return sandbox.run(*ISOLATED, etc, script(program), *arguments)


@pytest.mark.parametrize("program", ["ccwrap", "ccroute"])
def test_a_managed_base_url_is_the_only_one_that_is_used(
    sandbox: Sandbox, gateway: StartGateway, namespaces: Path, program: str
) -> None:
    ours, theirs = gateway(Setup(text="ours")), gateway(Setup(text="theirs"))
    routed(sandbox, {"ours": ours.url})
    env = {"ANTHROPIC_BASE_URL": theirs.url, "ANTHROPIC_AUTH_TOKEN": "theirs-0123456789"}
    ran = launch(sandbox, namespaces, {"env": env}, program).expect()
    assert ours.connections == 0
    if program == "ccroute":
        assert (ran.json["action"], ran.json["route"]) == ("unrouted", None)
        assert "ANTHROPIC_BASE_URL" in ran.json["reason"]
        return
    assert ran.out.strip() == "theirs"
    assert "managed settings choose the gateway" in ran.err
    assert {request.bearer for request in theirs.prompts} == {"theirs-0123456789"}
    assert KEY not in str(theirs.log)


def test_managed_settings_that_leave_the_gateway_alone_leave_the_route(
    sandbox: Sandbox, gateway: StartGateway, namespaces: Path
) -> None:
    ours = gateway(Setup(text="ours"))
    routed(sandbox, {"ours": ours.url})
    ran = launch(sandbox, namespaces, {"permissions": {"deny": ["WebFetch"]}}).expect()
    assert (ran.out.strip(), ran.err) == ("ours", "")


def test_a_managed_login_is_claudes_to_enforce(
    sandbox: Sandbox, gateway: StartGateway, namespaces: Path
) -> None:
    ours = gateway()
    routed(sandbox, {"ours": ours.url})
    ran = launch(sandbox, namespaces, {"forceLoginMethod": "claudeai"})
    assert ran.status != 0
    assert "forceLoginMethod" in ran.err
    assert ours.connections == 0
