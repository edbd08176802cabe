"""Where both commands begin: Ctrl-C is exit 130 from here on, while modules load as well.

So nothing of ours is imported above; what a command needs is imported by its own module.
"""

import gc

INTERRUPTED = 130


def ccwrap() -> int:
    """`ccwrap`; returns the exit code where claude is not started."""
    gc.disable()  # a launch lives for milliseconds, and looking for garbage would take two
    try:
        from ccwrap import launcher  # noqa: PLC0415 - see above

        return launcher.main()
    except KeyboardInterrupt:
        return INTERRUPTED


def ccroute() -> int:
    """`ccroute`; returns its exit code."""
    try:
        from ccwrap.cli import main  # noqa: PLC0415 - see above

        return main.main()
    except KeyboardInterrupt:
        return INTERRUPTED
