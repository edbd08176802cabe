"""What a route says about a provider's region can't lead its credential elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ccwrap.errors import RouteFileError
from ccwrap.gateways import kinds
from ccwrap.routes import layers

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = {"bedrock": "AWS_REGION", "vertex": "CLOUD_ML_REGION"}


def check(folder: Path, kind: str, name: str, value: str) -> None:
    file = folder / ".ccroute"
    file.write_text(f"[[route]]\nkind = '{kind}'\nenv = {{ {name} = '{value}' }}\n")
    layers.check(file, kinds.load())


@pytest.mark.parametrize("kind", VARIABLES)
@pytest.mark.parametrize(
    "value", ["evil.example/#", "evil.example", "a@evil", "x:1", "-x", "", "a b", "a" * 64, "é"]
)
def test_a_region_that_is_no_host_label_is_refused(tmp_path: Path, kind: str, value: str) -> None:
    with pytest.raises(RouteFileError):
        check(tmp_path, kind, VARIABLES[kind], value)


@pytest.mark.parametrize("kind", VARIABLES)
@pytest.mark.parametrize("value", ["us-east-1", "global"])
def test_a_region_is_taken(tmp_path: Path, kind: str, value: str) -> None:
    check(tmp_path, kind, VARIABLES[kind], value)


def test_another_foundry_resource_needs_its_url(tmp_path: Path) -> None:
    with pytest.raises(RouteFileError):
        check(tmp_path, "foundry", "ANTHROPIC_FOUNDRY_RESOURCE", "strangers")
