"""What a simulated gateway has received."""

from __future__ import annotations

import json
from typing import NamedTuple


class Received(NamedTuple):
    """One request, as it came.

    path        with its query
    headers     in their order, names as they were written
    connection  which of the gateway's connections it came on, from 1
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    connection: int = 0

    def header(self, name: str) -> str:
        """The values of one header, joined by a comma; "" where it is absent."""
        return ", ".join(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def route(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]

    @property
    def bearer(self) -> str:
        scheme, _, token = self.header("authorization").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    @property
    def key(self) -> str:
        return self.header("x-api-key")

    @property
    def credentialed(self) -> bool:
        return bool(self.header("authorization") or self.key)

    @property
    def data(self) -> dict[str, object]:
        """The body's JSON object; empty where it is none."""
        try:
            parsed = json.loads(self.body)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @property
    def model(self) -> str:
        name = self.data.get("model", "")
        return name if isinstance(name, str) else ""

    @property
    def is_prompt(self) -> bool:
        """A request for a real message, as opposed to a probe or a count."""
        wanted = self.method == "POST" and self.route.endswith("/v1/messages")
        return wanted and bool(self.data.get("messages"))
