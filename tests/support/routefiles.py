"""A project with route files, and what ccwrap reads from them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ccwrap.errors import RouteFileError
from ccwrap.gateways import kinds
from ccwrap.places import Places
from ccwrap.routes import files

if TYPE_CHECKING:
    from pathlib import Path

    from ccwrap.errors import Problem
    from ccwrap.gateways.kinds import Catalogue
    from ccwrap.routes.schema import Route, RouteFile

HEAD = '[[route]]\nurl = "https://llm.example.com"\nauth_token = "${LLM_KEY}"\n'
"""The least that a route with a URL of its own says."""


@lru_cache
def catalogue() -> Catalogue:
    return kinds.load()


class Project:
    """A folder in somebody's home, with the layers that a test writes."""

    def __init__(self, tmp_path: Path) -> None:
        self.home = tmp_path / "home"
        self.folder = self.home / "acme"
        self.folder.mkdir(parents=True)
        self.places = Places(
            self.home,
            self.home / "config.toml",
            tmp_path / "machine" / "config.toml",
            self.home / "state",
        )
        self.environment: dict[str, str] = {}

    @property
    def file(self) -> Path:
        return self.folder / ".ccroute"

    def write(self, text: str | bytes, name: str = ".ccroute") -> Path:
        data = text if isinstance(text, bytes) else text.encode()
        path = self.folder / name
        path.write_bytes(data)
        return path

    def config(self, text: str) -> None:
        self.places.config.write_text(text)

    def machine(self, text: str) -> None:
        self.places.machine.parent.mkdir(exist_ok=True)
        self.places.machine.write_text(text)

    def found(self) -> RouteFile | None:
        return files.load(self.folder, self.environment, self.places, catalogue())

    def load(self) -> RouteFile:
        found = self.found()
        assert found is not None
        return found

    def names(self) -> list[str]:
        return [route.name for route in self.load().routes]

    def route(self) -> Route:
        (route,) = self.load().routes
        return route

    def problems(self) -> tuple[Problem, ...]:
        """The mistakes that `load` names."""
        try:
            found = self.found()
        except RouteFileError as error:
            return error.problems
        raise AssertionError(f"no mistake found: {found}")
