"""What the world offers: gateway kinds, the road to them, the probe and its verdicts."""

import sys

# httpx loads a command line of its own where click is installed, and rich and pygments
# with it: twice its price. This is the language's way to say "not that one".
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
