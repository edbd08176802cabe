"""The launch's own NamedTuple does what typing's does."""

from __future__ import annotations

import copy
import typing

import pytest

from ccwrap import light


class Theirs(typing.NamedTuple):
    name: str
    status: int = 200
    tags: tuple[str, ...] = ()


class Ours(light.NamedTuple):
    name: str
    status: int = 200
    tags: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        return self.status < 400

    @classmethod
    def failed(cls, name: str) -> Ours:
        return cls(name, 500)


def both(*values: typing.Any, **named: typing.Any) -> tuple[tuple[object, ...], tuple[object, ...]]:
    return Theirs(*values, **named), Ours(*values, **named)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (("a",), {}),
        (("a", 404), {}),
        (("a",), {"tags": ("x",)}),
        ((), {"tags": (), "name": "a"}),
        (("a", 1, ("t",)), {}),
    ],
    ids=["defaults", "by place", "by name", "names alone", "all"],
)
def test_it_is_made_alike(values: tuple[object, ...], named: dict[str, object]) -> None:
    theirs, ours = both(*values, **named)
    assert tuple(theirs) == tuple(ours)
    assert theirs == ours
    assert hash(theirs) == hash(ours)
    assert repr(theirs).removeprefix("Theirs") == repr(ours).removeprefix("Ours")


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), (("a", 1, (), 4), {}), (("a",), {"name": "b"}), (("a",), {"other": 1})],
    ids=["too few", "too many", "twice", "unknown"],
)
def test_what_is_no_field_is_refused_alike(
    values: tuple[object, ...], named: dict[str, object]
) -> None:
    for made in (Theirs, Ours):
        with pytest.raises(TypeError):
            typing.cast("typing.Any", made)(*values, **named)


def test_it_is_read_and_changed_alike() -> None:
    theirs, ours = Theirs("a"), Ours("a")
    assert (ours.name, ours.status, ours[2]) == ("a", 200, ())
    assert ours._asdict() == theirs._asdict()
    assert ours._fields == theirs._fields
    assert tuple(ours._replace(status=404)) == tuple(theirs._replace(status=404))
    assert isinstance(ours._replace(status=404), Ours)
    with pytest.raises((TypeError, ValueError)):
        ours._replace(other=1)  # type: ignore[call-arg]
    with pytest.raises(AttributeError):
        ours.name = "b"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        ours.other = "b"  # type: ignore[attr-defined]
    assert copy.copy(ours) == copy.deepcopy(ours) == ours
    match ours:
        case Ours(name, 200, ()):
            assert name == "a"
        case _:
            pytest.fail("matches nothing")


def test_it_may_have_methods() -> None:
    assert Ours("a").well
    assert not Ours.failed("a").well
