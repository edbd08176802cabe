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
}
"""Each costs more than the interpreter itself; see the imports at their place of use."""


def loaded(statement: str) -> set[str]:
    """Every module that `statement` loads in a fresh interpreter."""
    code = f"import sys; {statement}; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["ccwrap.launcher", "ccwrap.pipeline", "ccwrap.report"])
def test_importing_the_launch_path_loads_nothing_heavy(module: str) -> None:
    before = loaded("pass")
    assert not (loaded(f"import {module}") - before) & HEAVY


def test_a_pass_through_loads_neither_the_pipeline_nor_a_parser() -> None:
    extra = loaded("import ccwrap.launcher") - loaded("pass")
    assert not extra & {"ccwrap.pipeline", "ccwrap.candidates", "tomllib", "json", "sqlite3", "ssl"}


def test_the_probe_loads_httpcore_alone() -> None:
    extra = loaded("import ccwrap.gateways.probe")
    assert "httpcore" in extra
    assert not extra & {"click", "rich", "httpx", "asyncio", "email", "http.client", "_hashlib"}
