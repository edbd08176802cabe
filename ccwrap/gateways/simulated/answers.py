"""Bodies as Anthropic's Messages API sends them (pure).

Shapes: https://docs.claude.com/en/api/messages, …/streaming and …/errors.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ERROR_TYPES: Final = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
MESSAGES: Final = {
    401: "invalid x-api-key",
    402: "Your credit balance is too low to access the Anthropic API.",
    403: "Your API key does not have permission to use the specified resource.",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "This request would exceed your rate limit.",
    500: "Internal server error",
    503: "Service unavailable",
    529: "Overloaded",
}
REQUEST_ID: Final = "req_011CSimulated0000000000"
MESSAGE_ID: Final = "msg_01Simulated0000000000"


class Answer(NamedTuple):
    """One answer, ready to be sent.

    events  for a stream: its SSE events, sent in place of `body`, one chunk each
    billed  a model has worked for it
    """

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    events: tuple[bytes, ...] = ()
    billed: bool = False


def as_json(value: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(value).encode())


def error(status: int, message: str = "") -> Answer:
    """Anthropic's error object; an unknown status is an `api_error`."""
    kind = ERROR_TYPES.get(status, "api_error")
    said = {"type": kind, "message": message or MESSAGES.get(status, kind)}
    return as_json({"type": "error", "error": said, "request_id": REQUEST_ID}, status)


def models_page(ids: Iterable[str]) -> Answer:
    data = [model(name) for name in ids]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
    return as_json({"data": data, "has_more": False, **ends})


def model(name: str) -> dict[str, str]:
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": "2026-01-01T00:00:00Z",
    }


def message(name: str, text: str, tokens: int) -> Answer:
    """The whole message at once, `tokens` of input having been read."""
    whole = _message(name, tokens) | {
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "usage": _usage(tokens, len(text) // 4 + 1),
    }
    return as_json(whole)._replace(billed=True)


def stream(name: str, text: str, tokens: int) -> Answer:
    """The same message as server-sent events, a delta for each word."""
    words = text.split(" ")
    pieces = [word + " " for word in words[:-1]] + words[-1:]
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    return _streamed(name, tokens, {"type": "text", "text": ""}, deltas, "end_turn")


def tool_use(name: str, tool: str, given: Mapping[str, object], tokens: int, id: str) -> Answer:  # noqa: A002 - as the API calls it
    """A call of `tool`, streamed; `id` names the call."""
    block = {"type": "tool_use", "id": id, "name": tool, "input": {}}
    delta = {"type": "input_json_delta", "partial_json": json.dumps(given)}
    return _streamed(name, tokens, block, [delta], "tool_use")


def _streamed(
    name: str, tokens: int, block: object, deltas: Sequence[Mapping[str, str]], reason: str
) -> Answer:
    """A message of one content block."""
    events = (
        _event("message_start", message=_message(name, tokens)),
        _event("content_block_start", index=0, content_block=block),
        _event("ping"),
        *(_event("content_block_delta", index=0, delta=delta) for delta in deltas),
        _event("content_block_stop", index=0),
        _event(
            "message_delta",
            delta={"stop_reason": reason, "stop_sequence": None},
            usage={"output_tokens": len(json.dumps(deltas)) // 4 + 1},
        ),
        _event("message_stop"),
    )
    return Answer(200, b"", "text/event-stream; charset=utf-8", events=events, billed=True)


def _message(name: str, tokens: int) -> dict[str, object]:
    return {
        "id": MESSAGE_ID,
        "type": "message",
        "role": "assistant",
        "model": name,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(tokens, 1),
    }


def _usage(read: int, written: int) -> Mapping[str, int]:
    return {
        "input_tokens": read,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": written,
    }


def _event(kind: str, **data: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()
