"""The simulated gateway answers as Anthropic's API does, and misbehaves as told."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ccwrap.gateways import simulated
from ccwrap.gateways.simulated import Setup, SimulatedGateway

if TYPE_CHECKING:
    from collections.abc import Iterator

BEARER = {"authorization": "Bearer sk-made-up"}
PROMPT = {"model": "m", "max_tokens": 8, "messages": [{"role": "user", "content": "."}]}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield client


def ask(
    client: httpx.Client, setup: Setup, method: str, path: str, **more: Any
) -> tuple[int, Any, httpx.Response]:
    with SimulatedGateway(setup) as gateway:
        answer = client.request(method, gateway.url + path, **more)
        kind = answer.headers["content-type"]
        return (
            answer.status_code,
            answer.json() if "json" in kind and answer.content else "",
            answer,
        )


KEYED = Setup(keys={"sk-made-up"}, models=("m",))


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "message"),
    [
        ("GET", "/nowhere", {}, 404, "Not Found"),
        ("POST", "/v1/v1/messages", {"headers": BEARER}, 404, "Not Found"),
        ("GET", "/v1/messages", {}, 405, "Method Not Allowed"),
        ("OPTIONS", "/v1/messages", {}, 405, "Method Not Allowed"),
        ("POST", "/v1/messages", {"json": {}}, 401, "x-api-key header is required"),
        (
            "POST",
            "/v1/messages",
            {"json": {}, "headers": {"x-api-key": "no"}},
            401,
            "invalid x-api-key",
        ),
        (
            "POST",
            "/v1/messages",
            {"json": PROMPT, "headers": BEARER | {"x-api-key": "another"}},
            401,
            "invalid x-api-key",
        ),
        ("POST", "/v1/messages", {"json": {}, "headers": BEARER}, 400, "model: Field required"),
        (
            "POST",
            "/v1/messages",
            {"content": b"{", "headers": BEARER},
            400,
            "The request body is not valid JSON",
        ),
        (
            "POST",
            "/v1/messages",
            {"json": PROMPT | {"messages": []}, "headers": BEARER},
            400,
            "messages: at least one message is required",
        ),
        (
            "POST",
            "/v1/messages",
            {"json": PROMPT | {"model": "x", "messages": []}, "headers": BEARER},
            404,
            "model: x",
        ),
        ("GET", "/v1/models/x", {"headers": BEARER}, 404, "model: x"),
        ("GET", "/v1/models", {}, 401, "x-api-key header is required"),
    ],
)
def test_a_refusal_has_anthropics_words(
    client: httpx.Client, method: str, path: str, more: dict[str, Any], status: int, message: str
) -> None:
    code, body, _ = ask(client, KEYED, method, path, **more)
    assert (code, body["type"], body["error"]["message"]) == (status, "error", message)


@pytest.mark.parametrize(
    ("setup", "method", "path", "status", "part"),
    [
        (KEYED, "POST", "/v1/messages/count_tokens", 200, {"input_tokens": 18}),
        (KEYED, "GET", "/v1/models/m", 200, {"id": "m"}),
        (KEYED, "GET", "/v1/models?limit=1000", 200, {"first_id": "m", "has_more": False}),
        (KEYED, "GET", "/api/hello", 200, {"message": "hello"}),
        (KEYED._replace(counting="absent"), "POST", "/v1/messages/count_tokens", 404, {}),
        (
            KEYED._replace(counting="provider"),
            "POST",
            "/v1/messages/count_tokens",
            200,
            {"litellm_count_source": "provider"},
        ),
        (
            KEYED._replace(counting="local_estimate", models=()),
            "POST",
            "/v1/messages/count_tokens",
            200,
            {"litellm_count_source": "local_estimate"},
        ),
        (KEYED._replace(prefix="/api"), "GET", "/v1/models", 200, {"first_id": "m"}),
    ],
)
def test_the_free_requests_are_answered(
    client: httpx.Client, setup: Setup, method: str, path: str, status: int, part: dict[str, Any]
) -> None:
    code, body, _ = ask(client, setup, method, path, json=PROMPT, headers=BEARER)
    assert code == status
    assert part.items() <= body.items()


def test_a_prompt_is_answered_whole_and_billed(client: httpx.Client) -> None:
    with SimulatedGateway(Setup(text="Good morning.")) as gateway:
        body = client.post(gateway.url + "/v1/messages", json=PROMPT, headers=BEARER).json()
        assert body["content"] == [{"type": "text", "text": "Good morning."}]
        assert (gateway.served, gateway.prompts[0].model) == (1, "m")


def test_a_prompt_is_answered_in_events(client: httpx.Client) -> None:
    with SimulatedGateway(Setup(text="Good morning.")) as gateway:
        url = gateway.url + "/v1/messages?beta=true"
        lines = client.post(url, json=PROMPT | {"stream": True}).text.splitlines()
    data = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert [event["type"] for event in data] == [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert data[3]["delta"]["text"] + data[4]["delta"]["text"] == "Good morning."


def test_connections_are_kept_alive_and_counted(client: httpx.Client) -> None:
    with SimulatedGateway() as gateway:
        for _ in range(2):
            client.head(gateway.url + "/api/hello")
        assert [request.connection for request in gateway.log] == [1, 1]
        assert gateway.connections == 1


def test_headers_are_logged_in_order_and_twins_too(client: httpx.Client) -> None:
    with SimulatedGateway() as gateway:
        client.get(gateway.url + "/", headers=[("X-One", "1"), ("X-Two", "2"), ("x-one", "3")])
        (request,) = gateway.log
    assert [name for name, _ in request.headers if name.lower().startswith("x-")] == [
        "X-One",
        "X-Two",
        "x-one",
    ]
    assert request.header("X-ONE") == "1, 3"


def test_a_waiting_test_gets_the_request_or_is_told_what_came(client: httpx.Client) -> None:
    with SimulatedGateway() as gateway:
        url = gateway.url + "/v1/models"
        sender = threading.Thread(target=client.get, args=(url,))
        sender.start()
        assert gateway.wait_for(lambda request: request.route == "/v1/models").method == "GET"
        sender.join()
        with pytest.raises(TimeoutError, match="GET /v1/models"):
            gateway.wait_for(lambda request: request.method == "POST", 0.01)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 429, 500, 503, 529])
def test_it_refuses_those_who_bring_a_key(client: httpx.Client, status: int) -> None:
    with SimulatedGateway(behaviour=simulated.refuses(status, retry_after="17")) as gateway:
        url = gateway.url + "/v1/messages"
        assert client.options(url).status_code == 405
        answer = client.post(url, json=PROMPT, headers=BEARER)
    assert (answer.status_code, answer.headers["retry-after"]) == (status, "17")
    assert answer.json()["type"] == "error"


def test_it_can_get_well_and_ill_while_it_runs(client: httpx.Client) -> None:
    with SimulatedGateway(behaviour=simulated.refuses(529)) as gateway:
        url = gateway.url + "/v1/messages"
        statuses = [client.post(url, json=PROMPT, headers=BEARER).status_code]
        gateway.behaviour = simulated.WELL
        statuses.append(client.post(url, json=PROMPT, headers=BEARER).status_code)
    assert statuses == [529, 200]


def test_it_echoes_the_credential_and_sends_escapes(client: httpx.Client) -> None:
    with SimulatedGateway(behaviour=simulated.ECHO_AUTH) as gateway:
        url = gateway.url + "/v1/messages"
        assert "sk-made-up" in client.post(url, headers=BEARER).json()["error"]["message"]
        gateway.behaviour = simulated.ESCAPES
        assert "\x1b[31m" in client.post(url, headers=BEARER).json()["error"]["message"]


def test_it_serves_a_page_and_a_redirect(client: httpx.Client) -> None:
    with SimulatedGateway(behaviour=simulated.HTML) as gateway:
        assert client.get(gateway.url + "/v1/messages").headers["content-type"].startswith("text/")
        gateway.behaviour = simulated.redirects("http://127.0.0.1:1/")
        answer = client.get(gateway.url + "/v1/messages")
    assert (answer.status_code, answer.headers["location"]) == (307, "http://127.0.0.1:1/")


@pytest.mark.parametrize("behaviour", [simulated.CUT, simulated.CUT_MIDWAY], ids=lambda b: b.how)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_it_cuts_the_connection(
    client: httpx.Client, behaviour: simulated.Behaviour, stream: bool
) -> None:
    with (
        SimulatedGateway(behaviour=behaviour) as gateway,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.post(gateway.url + "/v1/messages", json=PROMPT | {"stream": stream})


def test_it_stalls_in_the_middle_of_an_answer(client: httpx.Client) -> None:
    with SimulatedGateway(behaviour=simulated.STALL) as gateway:
        url, prompt = gateway.url + "/v1/messages", PROMPT | {"stream": True}
        with client.stream("POST", url, json=prompt, timeout=1) as response:
            lines = response.iter_lines()
            assert next(line for line in lines if "text_delta" in line)
            with pytest.raises(httpx.ReadTimeout):
                list(lines)


@pytest.mark.parametrize(
    "behaviour", [simulated.SILENT, simulated.slow(60), simulated.DRIP], ids=lambda b: b.how
)
def test_one_that_holds_a_client_lets_go_when_it_ends(behaviour: simulated.Behaviour) -> None:
    ended = threading.Event()

    def ask_it() -> None:
        with httpx.Client(trust_env=False, timeout=30) as client, pytest.raises(httpx.HTTPError):
            client.get(gateway.url + "/v1/models")
        ended.set()

    with SimulatedGateway(behaviour=behaviour) as gateway:
        threading.Thread(target=ask_it, daemon=True).start()
        gateway.wait_for(lambda request: request.method == "GET")
        assert not ended.is_set()
    assert ended.wait(5)


@pytest.mark.parametrize(
    "behaviour", [simulated.GZIP_BOMB, simulated.ENDLESS], ids=lambda behaviour: behaviour.how
)
def test_it_sends_more_than_anybody_wants(
    client: httpx.Client, behaviour: simulated.Behaviour
) -> None:
    with (
        SimulatedGateway(behaviour=behaviour) as gateway,
        client.stream("GET", gateway.url + "/v1/models") as answer,
    ):
        read = 0
        for block in answer.iter_bytes():
            read += len(block)
            if read > 1 << 20:
                break
    assert read > 1 << 20
