"""What the world offers: gateway kinds, the road to them, the probe and its verdicts."""

import sys

# httpx loads a command line of its own where click is installed, and rich and pygments
# with it: twice its price. httpcore loads anyio for an event loop that ccwrap doesn't
# have. This is the language's way to say "not that one".
for unwanted in ("httpx._main", "anyio"):
    sys.modules.setdefault(unwanted, None)  # type: ignore[arg-type]
