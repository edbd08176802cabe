"""What not every machine allows: passed over on a person's, a failure in CI."""

from __future__ import annotations

import os
from typing import Final, NoReturn

import pytest

IN_CI: Final = bool(os.environ.get("CI"))
"""Read before a test's isolation takes the variable away."""


def missing(what: str) -> NoReturn:
    """End the test, because this machine has or allows no `what`."""
    if IN_CI:
        pytest.fail(f"CI needs {what}")
    pytest.skip(f"this machine has no {what}")
