"""Everything in one run: `python tests/bench [CLAUDE]`.

What a launch costs against the bare interpreter, two hundred launches at once, and with
CLAUDE, a real one, whole prompts, also behind a dead gateway.
"""

from __future__ import annotations

import sys

import crowd
import dead_gateway
import start

if __name__ == "__main__":
    claude = sys.argv[1] if len(sys.argv) > 1 else ""
    start.main(20, claude)
    print()
    crowd.main(200)
    if claude:
        print()
        dead_gateway.main(claude, 60.0)
