"""Route files for gateways that a test started."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox import Sandbox

KEY = "made-up-key-0123456789"


def table(name: str, url: str, more: str = "") -> str:
    """One route of the kind `generic` that sends LLM_KEY to `url`."""
    return (
        f'[[route]]\nname = "{name}"\nkind = "generic"\nurl = "{url}"\n'
        f'auth_token = "${{LLM_KEY}}"\n{more}\n'
    )


def routed(sandbox: Sandbox, urls: dict[str, str], top: str = "", more: str = "") -> None:
    """A `.ccroute` with these routes, in this order, allowed, its key in the environment."""
    tables = "".join(table(name, url, more) for name, url in urls.items())
    sandbox.ccroute(f"{top}\n{tables}")
    sandbox.allow(*(f"LLM_KEY@{url}" for url in urls.values()))
    sandbox.environment["LLM_KEY"] = KEY
