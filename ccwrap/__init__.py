"""ccwrap: start Claude Code on the healthiest gateway that a project allows."""

__version__ = "0.1.0"
