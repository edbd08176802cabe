"""What a gateway that is well answers to a request (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - a NamedTuple's types are looked up
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from ccwrap.gateways.simulated.answers import (
    Answer,
    as_json,
    error,
    message,
    model,
    models_page,
    stream,
    tool_use,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ccwrap.gateways.simulated.received import Received

MODELS: Final = ("claude-opus-5-5", "claude-sonnet-5", "claude-haiku-4-5")
"""What `GET /v1/models` lists where every model is accepted."""

_REQUIRED: Final = ("model", "max_tokens", "messages")


class Call(NamedTuple):
    """What the model does with a request that offers `tool`, and in whose last message of the
    user's `said` stands."""

    said: str
    tool: str
    given: Mapping[str, object]


class Setup(NamedTuple):
    """What a simulated gateway offers.

    keys          the credentials it accepts; None accepts all, and none at all
    accepts       where it looks for them: bearer, x-api-key
    models        the models it knows; None knows every one
    text          what its model says
    calls         when it calls a tool instead
    prefix        the path that its base URL ends in, such as "/api"
    counting      count_tokens: anthropic | provider | local_estimate (LiteLLM's two) | absent
    public_models `GET /v1/models` asks for no key (OpenRouter)
    model_first   an unknown model is found out before an empty `messages` (Anthropic, LiteLLM)
    """

    keys: Collection[str] | None = None
    accepts: tuple[str, ...] = ("bearer", "x-api-key")
    models: tuple[str, ...] | None = None
    text: str = "Hello from a simulated gateway."
    calls: tuple[Call, ...] = ()
    prefix: str = ""
    counting: str = "anthropic"
    public_models: bool = False
    model_first: bool = True


def answer(setup: Setup, request: Received) -> Answer:
    """Path, then method, then credential, then body: the order that Anthropic keeps."""
    route = request.route
    if not route.startswith(setup.prefix + "/"):
        return error(404)
    route = route.removeprefix(setup.prefix)
    if route.startswith("/v1/models/"):
        route = "/v1/models/{id}"
    methods = _ROUTES.get(route)
    if methods is None or (setup.counting == "absent" and route.endswith("count_tokens")):
        return error(404)
    if request.method not in methods:
        return error(405)._replace(headers=(("allow", ", ".join(methods)),))
    open_to_all = route == "/api/hello" or (setup.public_models and route.startswith("/v1/models"))
    refusal = None if open_to_all else _unauthorised(setup, request)
    return refusal or methods[request.method](setup, request)


def _unauthorised(setup: Setup, request: Received) -> Answer | None:
    if setup.keys is None:
        return None
    brought = {"bearer": request.bearer, "x-api-key": request.key}
    given = [brought[where] for where in setup.accepts if brought[where]]
    if not given:
        return error(401, "x-api-key header is required")
    if any(value not in setup.keys for value in given):
        return error(401, "invalid x-api-key" if request.key else "Invalid bearer token")
    return None


def _invalid(setup: Setup, request: Received, required: tuple[str, ...]) -> Answer | None:
    data = request.data
    if not data and request.body.strip() != b"{}":
        return error(400, "The request body is not valid JSON")
    for name in required:
        if name not in data:
            return error(400, f"{name}: Field required")
    if not isinstance(data["messages"], list):
        return error(400, "messages: Input should be a valid list")
    empty = None
    if not data["messages"]:
        empty = error(400, "messages: at least one message is required")
    unknown = _unknown(setup, request.model)
    return (unknown or empty) if setup.model_first else (empty or unknown)


def _unknown(setup: Setup, name: str) -> Answer | None:
    known = setup.models is None or name in setup.models
    return None if known else error(404, f"model: {name}")


def _messages(setup: Setup, request: Received) -> Answer:
    invalid = _invalid(setup, request, _REQUIRED)
    if invalid:
        return invalid
    streamed = request.data.get("stream") is True
    if streamed and (call := _call(setup, request)):
        name = f"toolu_{crc32(request.body):08x}"
        return tool_use(request.model, call.tool, call.given, _tokens(request), name)
    speak = stream if streamed else message
    return speak(request.model, setup.text, _tokens(request))


def _call(setup: Setup, request: Received) -> Call | None:
    messages, tools = request.data.get("messages"), request.data.get("tools")
    if not isinstance(messages, list) or not isinstance(tools, list):
        return None
    users = [
        json.dumps(one) for one in messages if isinstance(one, dict) and one.get("role") == "user"
    ]
    offered = [tool.get("name") for tool in tools if isinstance(tool, dict)]
    return next(
        (one for one in setup.calls if users and one.said in users[-1] and one.tool in offered),
        None,
    )


def _count(setup: Setup, request: Received) -> Answer:
    if setup.counting == "local_estimate":
        return as_json({"input_tokens": _tokens(request), "litellm_count_source": "local_estimate"})
    invalid = _invalid(setup, request, ("model", "messages"))
    if invalid:
        return invalid
    flag = {"litellm_count_source": "provider"} if setup.counting == "provider" else {}
    return as_json({"input_tokens": _tokens(request), **flag})


def _tokens(request: Received) -> int:
    return len(request.body) // 4 + 1


def _list(setup: Setup, _request: Received) -> Answer:
    return models_page(MODELS if setup.models is None else setup.models)


def _look_up(setup: Setup, request: Received) -> Answer:
    name = request.route.partition("/v1/models/")[2]
    return _unknown(setup, name) or as_json(model(name))


def _hello(_setup: Setup, _request: Received) -> Answer:
    return as_json({"message": "hello"})


_ROUTES: Final[Mapping[str, Mapping[str, Callable[[Setup, Received], Answer]]]] = {
    "/v1/messages": {"POST": _messages},
    "/v1/messages/count_tokens": {"POST": _count},
    "/v1/models": {"GET": _list},
    "/v1/models/{id}": {"GET": _look_up},
    "/api/hello": {"GET": _hello, "HEAD": _hello},
}
