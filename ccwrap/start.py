"""Where both commands begin: Ctrl-C is exit 130 from here on, while modules load as well.

So nothing is imported above; what a command needs is imported by its own module.
"""

INTERRUPTED = 130


def ccwrap() -> int:
    """`ccwrap`; returns the exit code where claude is not started."""
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
