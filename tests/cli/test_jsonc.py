"""One key put into JSON with comments, or taken out: every other byte stays."""

from __future__ import annotations

import json

import pytest

from ccwrap.cli import jsonc
from ccwrap.cli.splices import applied, inverse

VALUES: dict[str, object] = {"our.path": "/x/ccwrap", "our.flag": True}
TEXTS = {
    "no byte": "",
    "blank": " \n",
    "byte order mark alone": "\ufeff",
    "comment alone": "// mine",
    "comment and line end": "/* mine */\n",
    "empty object": "{}",
    "blank in it": "{ }\n",
    "line in it": "{\n}\n",
    "comment in it": "{\n  // mine\n}\n",
    "comment behind its brace": "{ // mine\n}",
    "one line": '{"a":1}',
    "one line, trailing comma": '{"a":1,}\n',
    "two blanks": '{\n  "a": {"our.path": 1}\n}\n',
    "tabs": '{\n\t"a": [\n\t\t1\n\t]\n}',
    "carriage returns": '{\r\n    "a": 1,\r\n    "b": 2\r\n}\r\n',
    "old Mac": '{\r  "a": 1\r}\r',
    "byte order mark": '\ufeff{\n  "a": 1\n}\n',
    "trailing comma": '{\n  "a": 1,\n}\n',
    "comment behind a trailing comma": '{\n  "a": 1, // mine\n  // too\n}\n',
    "comment behind the last": '{\n  "a": 1 // mine, "b"\n}\n',
    "comment between all": '/*1*/{/*2*/"a"/*3*/:/*4*/1/*5*/,/*6*/"b":2/*7*/}/*8*/',
    "comment before the comma": '{\n  "a": 1 // mine\n  , "b": 2\n}\n',
    "key in a comment": '{\n  // "our.path": "/y",\n  /* "our.flag": false */\n  "a": 1\n}\n',
    "key in a string": '{"a": "\\"our.path\\": 1, // no comment", "b": "/* nor this"}',
    "nested keys": '{\n  "a": {"our.path": "/y", "our.flag": [{"our.flag": 1}],},\n}\n',
    "another value": '{\n  "our.path": "/y", // mine\n  "a": 1\n}\n',
    "another type": '{"our.flag": {"a": [1, /* mine */ 2,],},}',
    "not quite true": '{"our.flag": 1}',
    "written in escapes": '{\n  "\\u006fur.path": "/y"\n}\n',
    "twins": '{"our.path": "/1", "our.path": "/2", "our.path": "/3"}',
    "all there": '{"our.path": "/x/ccwrap", "our.flag": true}',
    "all there, in escapes": '{"our.path": "\\/x\\u002fccwrap", "our.flag":\ttrue /**/,}',
    "foreign letters": '{\n  "é": "ü\\u00e9😀"\n}\n',
    "half a letter": '{"a": "\udcff"}',
}
WRONG = {
    "list": "[]",
    "number": "1",
    "text": "settings",
    "no end": "{",
    "no value": '{"a":}',
    "two objects": "{} {}",
    "something behind": '{"a":1} x',
    "comma alone": "{,}",
    "two commas": '{"a":1,,}',
    "no comma": '{"a":1 "b":2}',
    "single quotes": "{'a':1}",
    "bare key": "{a:1}",
    "leading nought": '{"a":01}',
    "not a number": '{"a":NaN}',
    "line end in a string": '{"a":"\n"}',
    "strange escape": '{"a":"\\x41"}',
    "comment without an end": "{/*}",
    "strange blank": '{\u00a0"a":1}',
    "line separator in a comment": '{// a\u2028"our.path": 1}',
    "wrong brace": '{"a":[1}]',
}


def put(text: str, values: dict[str, object] | None = None) -> str:
    document = jsonc.read(text)
    return applied(text, jsonc.put(document, VALUES if values is None else values))


def meaning(text: str) -> dict[str, object]:
    return {entry.name: entry.data() for entry in jsonc.read(text).entries}


def comments(text: str) -> list[str]:
    return [token.text for token in jsonc.read(text).tokens if token.kind == "COMMENT"]


each_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


@each_text
def test_put_says_what_it_should_and_all_else_as_before(text: str) -> None:
    after = put(text)
    assert meaning(after) == meaning(text) | VALUES
    replaced = "".join(old for _, old, _ in jsonc.put(jsonc.read(text), VALUES))
    assert comments(after) == [word for word in comments(text) if word not in replaced]


@each_text
def test_put_again_changes_nothing(text: str) -> None:
    after = put(text)
    assert put(after) == after


@each_text
def test_every_change_knows_its_way_back(text: str) -> None:
    splices = jsonc.put(jsonc.read(text), VALUES)
    assert applied(applied(text, splices), inverse(splices)) == text


@each_text
def test_only_values_of_ours_are_replaced(text: str) -> None:
    document = jsonc.read(text)
    values = [
        text[entry.value_at : entry.end] for entry in document.entries if entry.name in VALUES
    ]
    replaced = [old for _, old, _ in jsonc.put(document, VALUES) if old]
    assert set(replaced) <= set(values)


@each_text
def test_take_leaves_all_else(text: str) -> None:
    after = put(text)
    for name in VALUES:
        while jsonc.read(after).get(name):
            after = applied(after, jsonc.take(jsonc.read(after), name))
    rest = {name: value for name, value in meaning(text).items() if name not in VALUES}
    assert meaning(after) == rest


@pytest.mark.parametrize(
    "text",
    [
        '{\n  "a": 1\n}\n',
        '{\n\t"a": 1, // mine\n\t// too\n}\n',
        '{\r\n    "a": {"b": 2,},\r\n}\r\n',
        '\ufeff{"a":1}',
        '{"a":1 /* mine */}',
    ],
)
def test_take_finds_back_by_structure_alone(text: str) -> None:
    after = put(text)
    for name in VALUES:
        after = applied(after, jsonc.take(jsonc.read(after), name))
    assert after == text


def test_take_of_what_is_not_there_is_nothing() -> None:
    assert jsonc.take(jsonc.read('{"a": {"our.path": 1}} // "our.path"'), "our.path") == ()


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", '{\n    "k": 1\n}\n'),
        ('{"a":1}', '{"a":1, "k": 1}'),
        ('{\n\t"a": 1, // mine\n}', '{\n\t"a": 1, // mine\n\t"k": 1,\n}'),
        ('{\r\n  "a": 1 // mine\r\n}', '{\r\n  "a": 1, // mine\r\n  "k": 1\r\n}'),
        ("{ // mine\n}", '{ // mine\n    "k": 1\n}'),
    ],
)
def test_it_writes_as_the_file_is_written(text: str, after: str) -> None:
    assert put(text, {"k": 1}) == after


def test_of_twins_the_last_counts_and_is_changed() -> None:
    text = '{"k": 1, "k": 2}'
    assert json.loads(text) == {"k": 2}
    assert put(text, {"k": 3}) == '{"k": 1, "k": 3}'
    assert put(text, {"k": 2}) == text


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_two_readers_could_take_differently_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no JSON|ends too early") as caught:
        jsonc.read(text)
    assert "our.path" not in str(caught.value)


def test_a_fault_is_named_by_its_line() -> None:
    with pytest.raises(ValueError, match=r"^line 3 is no JSON$"):
        jsonc.read('{\n  "a": 1,\n  b\n}')


def test_what_is_nested_deep_is_passed_over() -> None:
    deep = "[" * 20_000 + "]" * 20_000
    assert put(f'{{"a": {deep}}}', {"k": 1}) == f'{{"a": {deep}, "k": 1}}'


def test_a_number_that_is_too_long_is_passed_over() -> None:
    text = f'{{"a": {"1" * 5000}, "our.flag": {"1" * 5000}}}'
    assert meaning(text) == {"a": None, "our.flag": None}
    assert meaning(put(text)) == {"a": None} | VALUES


def test_a_veiled_text_shows_our_values_and_no_other() -> None:
    text = (
        '{\n  // secret-1\n  "a.token": "secret-2", /* secret-3\n  secret-4 */\n'
        '  "b": [\n    "secret-5"\n  ],\n  "our.path": "/x" // secret-6\n}\n'
    )
    shown = jsonc.veiled(jsonc.read(text), VALUES)
    assert "secret" not in shown
    assert '"a.token": …,' in shown
    assert '"our.path": "/x" …' in shown
    assert len(shown.splitlines()) == len(text.splitlines())
