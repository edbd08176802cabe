"""Whatever a body holds, there is a verdict, and it can be shown."""

from __future__ import annotations

import pytest

from asking import KINDS, MODEL
from ccwrap.gateways.answer import Answer
from ccwrap.gateways.classify import Asked, classify
from ccwrap.gateways.verdict import ASKED

HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "nested": b"[" * 60000,
    "nested objects": b'{"error":' * 7000,
    "nested errors": b'{"error":' * 300 + b"1" + b"}" * 300,
    "a list": b"[1, 2]",
    "null": b"null",
    "wrong types": b'{"error": {"type": 1, "message": ["x"], "code": {}}, "data": {"id": 1}}',
    "more wrong types": b'{"error": [1], "detail": 5, "id": 7, "type": [], "input_tokens": {}}',
    "a huge number": b'{"input_tokens": ' + b"9" * 5000 + b"}",
    "infinity": b'{"input_tokens": Infinity, "error": {"code": NaN}}',
    "twins": b'{"error": {"message": "a"}, "error": 1}',
    "broken UTF-8": b'{"error": {"message": "\xff\xfe\x80"}}',
    "lone surrogates": b'{"error": {"message": "\\ud800 model"}}',
    "UTF-16": '{"error": {}}'.encode("utf-16"),
    "zeros": bytes(60000),
    "a long message": b'{"error": {"message": "' + b"model " * 10000 + b'"}}',
    "placeholders": b'{"error": {"message": "{status} {0} {model.__class__}"}}',
}


@pytest.mark.parametrize("status", [200, 307, 400, 401, 404, 429, 500])
@pytest.mark.parametrize("step", ["reach", "count_tokens", "model", "models", "messages", "paid"])
@pytest.mark.parametrize("body", HOSTILE)
def test_no_body_breaks_the_verdict(body: str, step: str, status: int) -> None:
    answer = Answer(status, {"retry-after": "x", "location": "\x1b[2J"}, HOSTILE[body])
    asked = Asked(step, "https://llm.example.com", KINDS.get("generic"), last=True, model=MODEL)
    verdict = classify(asked, answer)
    assert verdict is not None
    assert verdict.name in ASKED
    assert verdict.detail.isprintable()
    assert len(verdict.detail) <= 200
    assert len(verdict.hint) <= 200
