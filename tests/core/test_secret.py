"""A secret is shown by nothing but `reveal`."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from ccwrap.secret import Secret

CANARY = "canary-value-1234"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format, "%s".__mod__, ascii])
def test_whatever_prints_a_secret_prints_its_mask(show: object) -> None:
    assert callable(show)
    assert show(Secret(CANARY)) == "Secret(***)"
    assert CANARY not in show([Secret(CANARY)])


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps, copy.copy])
def test_a_secret_is_written_nowhere(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError):
        write(Secret(CANARY))


def test_its_value_is_there_for_who_asks() -> None:
    assert Secret(CANARY).reveal() == CANARY
    assert Secret(CANARY) == Secret(CANARY) != Secret("other")
    assert not Secret("")
