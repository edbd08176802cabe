"""Which model a session on a route will ask for."""

from __future__ import annotations

from ccwrap.claude import settings
from ccwrap.light import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ccwrap.claude.settings import Settings
    from ccwrap.routes.schema import Route
    from ccwrap.world import World

ROLES: Final = ("opus", "sonnet", "haiku", "fable")
"""The aliases that Claude Code resolves through ANTHROPIC_DEFAULT_<ROLE>_MODEL."""


def model(world: World, layers: Settings, route: Route) -> str:
    """The model that the session will ask for; "" where only claude knows it.

    `--model`, else the route's models, else a model variable that will hold.
    Claude Code strips a `[1m]` suffix before it sends a name.
    """
    asked = world.invocation.model
    if any(route.models):
        asked = (
            asked or route.models.default or route.models.sonnet or next(filter(None, route.models))
        )
        alias = {role: getattr(route.models, role) for role in ROLES}
    else:
        asked = asked or settings.effective(layers, world.before, "ANTHROPIC_MODEL")
        alias = {
            role: settings.effective(
                layers, world.before, f"ANTHROPIC_DEFAULT_{role.upper()}_MODEL"
            )
            for role in ROLES
        }
    name = _without_suffix(asked)
    if name in alias:
        return _without_suffix(alias[name])
    return "" if name in ("default", "opusplan", "best", "inherit") else name


def _without_suffix(name: str) -> str:
    start, bracket, suffix = name.removesuffix("]").rpartition("[")
    return start if bracket and name.endswith("]") and suffix else name
