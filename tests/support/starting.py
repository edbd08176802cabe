"""Start simulated gateways that end with the test."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from ccwrap.gateways.simulated import WELL, Behaviour, Setup, SimulatedGateway

if TYPE_CHECKING:
    import ssl
    from types import TracebackType


class StartGateway:
    """Called, it starts one more gateway; as a context manager, it ends all of them."""

    def __init__(self) -> None:
        self._started = ExitStack()

    def __call__(
        self,
        setup: Setup | None = None,
        behaviour: Behaviour = WELL,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> SimulatedGateway:
        return self._started.enter_context(SimulatedGateway(setup, behaviour, tls=tls))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._started.close()
