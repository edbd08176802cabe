"""Custom headers: whose are sent, and what may not stand in one."""

from __future__ import annotations

import pytest

from ccwrap.claude import headers
from ccwrap.errors import SettingError

OWN = "X-Org: acme\r\nX-Trace:on\nAuthorization: Bearer own\nx-api-key: own\nno colon\n: empty"


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        ((), {}),
        (("x-org",), {"X-Org": "acme"}),
        (("X-TRACE", "X-Org"), {"X-Org": "acme", "X-Trace": "on"}),
        (("authorization", "X-Api-Key", ""), {}),
    ],
)
def test_only_named_headers_are_kept_and_never_a_credentials(
    names: tuple[str, ...], kept: dict[str, str]
) -> None:
    assert headers.kept(OWN, names) == kept


def test_of_two_with_one_name_the_later_is_sent() -> None:
    assert headers.merged({"X-A": "1", "X-B": "2"}, {"x-a": "3"}) == {"x-a": "3", "X-B": "2"}


def test_one_a_line_and_an_empty_one_without_a_blank() -> None:
    assert headers.composed({"X-A": "1", "x-api-key": ""}) == "X-A: 1\nx-api-key:"


@pytest.mark.parametrize("value", ["a\nX-Api-Key: b", "a\rb", "a\0b", "a\x7fb", "a\u2028b"])
def test_a_value_with_a_line_end_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(SettingError, match="X-A") as refused:
        headers.composed({"X-A": value})
    assert value not in str(refused.value)
