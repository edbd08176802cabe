"""Start-up is a feature: what a launch must not load, by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "click",
    "rich",
    "httpx",
    "httpcore",
    "psutil",
    "asyncio",
    "dataclasses",
    "inspect",
    "lark",
    "dotenv",
    "tomllib",
    "tomlkit",
    "typing",
    "hashlib",
    "threading",
    "subprocess",
    "ssl",
    "ccwrap.refusal",
    "ccwrap.routes.layers",
    "ccwrap.routes.consent",
    "ccwrap.gateways.probe",
}
"""What no launch needs that knows its gateways; see the imports at their place of use."""


def loaded(statement: str) -> set[str]:
    """Every module that `statement` loads in a fresh interpreter."""
    code = f"import sys; {statement}; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["ccwrap.launcher", "ccwrap.pipeline", "ccwrap.routing", "ccwrap.history"]
)
def test_importing_the_launch_path_loads_nothing_heavy(module: str) -> None:
    before = loaded("pass")
    assert not (loaded(f"import {module}") - before) & HEAVY


def test_a_pass_through_loads_neither_the_pipeline_nor_a_parser() -> None:
    extra = loaded("import ccwrap.launcher") - loaded("pass")
    assert not extra & {"ccwrap.pipeline", "ccwrap.candidates", "tomllib", "json", "sqlite3", "ssl"}


def test_where_nothing_is_routed_nothing_is_loaded_that_routes() -> None:
    extra = loaded("import ccwrap.pipeline, ccwrap.report, ccwrap.world") - loaded("pass")
    assert not extra & {
        "ccwrap.routing",
        "ccwrap.choosing",
        "ccwrap.candidates",
        "ccwrap.routes.given",
        "sqlite3",
    }


def test_the_probe_loads_httpx_without_its_command_line() -> None:
    extra = loaded("import ccwrap.gateways.probe")
    assert "httpx" in extra
    assert not extra & {"click", "rich", "pygments", "asyncio", "trio"}
