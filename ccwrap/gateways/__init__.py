"""What the world offers: gateway kinds, the road to them, the probe and its verdicts."""

import sys

# httpcore loads anyio where it is installed, for an event loop that ccwrap doesn't have, at a
# fifth of its own price. This is the language's way to say "not that one".
sys.modules.setdefault("anyio", None)  # type: ignore[arg-type]
