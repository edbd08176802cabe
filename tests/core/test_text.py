"""Foreign words: shown without secrets, escapes or tricks, and never at length."""

from __future__ import annotations

import pytest

from ccwrap.text import SHOWN, clean, shown_url


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain words", "plain words"),
        ("two\n  lines\t", "two lines"),
        ("\x1b[31mred\x1b[0m", "\\u001b[31mred\\u001b[0m"),
        ("abc\u202ecba", "abc\\u202ecba"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("bell\x07 and \x9b31m", "bell\\u0007 and \\u009b31m"),
        ("caf\u00e9 余额不足", "caf\u00e9 余额不足"),
        ("a\n::stop-commands::b std::c [::1] ::1", "a : :stop-commands::b std::c [::1] ::1"),
        ("a##[add-path]b", "a## [add-path]b"),
    ],
    ids=[
        "plain",
        "lines",
        "escape",
        "bidi",
        "zero-width",
        "c1",
        "letters",
        "a job's command",
        "an old job's command",
    ],
)
def test_control_characters_are_spelt_out(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown


def test_long_texts_are_cut() -> None:
    assert len(clean("x y " * 1_000_000)) == SHOWN


@pytest.mark.parametrize(
    "quoted",
    [
        "you sent canary-0123456789-abcdef",
        "you sent canary-012345… and more",
        "starts with 456789-abcdef",
        "canary-0123456789-abcdefcanary-0123456789-abcdef",
    ],
    ids=["whole", "first half", "second half", "twice"],
)
def test_a_known_secret_is_masked_also_in_part(quoted: str) -> None:
    shown = clean(quoted, ["canary-0123456789-abcdef"])
    assert "***" in shown
    assert "456789" not in shown
    assert "012345" not in shown


def test_a_secret_split_by_white_space_is_masked_before_the_text_is_folded() -> None:
    assert "secret-part" not in clean("key secret-part-one", ["secret-part-one"])


@pytest.mark.parametrize("token", ["sk-ant-api03-AAAABBBBCCCC", "Bearer abcdefgh12345678"])
def test_what_looks_like_a_token_is_masked_although_it_is_none_of_ours(token: str) -> None:
    assert token.rpartition(" ")[2] not in clean(f"got {token} from you")


@pytest.mark.parametrize(
    ("url", "secret_path", "shown"),
    [
        ("https://h.example/a/b", False, "https://h.example/a/b"),
        ("https://user:pw@h.example/a?key=1#f", False, "https://h.example/a"),
        ("https://h.example/sk-helicone-0123456789abc", True, "https://h.example/***"),
        ("https://h.example/sk-0123456789abcdef/x", False, "https://h.example/***/x"),
        ("https://tok-gateway.evil.example/a", False, "https://tok-gateway.evil.example/a"),
        ("https://a\u202eb\n.example", False, "https://a\\u202eb\\n.example"),
    ],
    ids=["plain", "user and query", "kind says so", "looks like a key", "host", "strange host"],
)
def test_a_url_is_shown_without_its_secret_part(url: str, secret_path: bool, shown: str) -> None:
    assert shown_url(url, secret_path) == shown
