"""What the end-to-end tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from disturbed import Disturbed
from machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from proxy import ListeningProxy
    from sandbox import Sandbox
    from starting import StartGateway


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """An /etc of this test's own."""
    return Machine(tmp_path / "etc")


@pytest.fixture
def disturbed(
    sandbox: Sandbox, gateway: StartGateway, proxy: ListeningProxy
) -> Iterator[Disturbed]:
    """A world to disturb; claude's background service ends with the test."""
    yield Disturbed(sandbox, gateway, proxy)
    if (sandbox.home / ".claude" / "daemon").exists():
        sandbox.run(sandbox.claude, "daemon", "stop", "--any")
