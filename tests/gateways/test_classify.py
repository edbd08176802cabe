"""What each answer means. Pure: no socket is opened here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ccwrap.gateways import kinds
from ccwrap.gateways.answer import Answer
from ccwrap.gateways.classify import Asked, classify
from ccwrap.gateways.findings import ROWS
from ccwrap.gateways.verdict import ASKED, Verdict

CATALOGUE = kinds.load()
MODEL = "claude-sonnet-5"
URL = "https://llm.example.com"


def anthropic(status: int, message: str, kind: str = "error") -> Answer:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    return of(status, body)


def of(status: int, body: object, **headers: str) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"content-type": "application/json", **named}, text.encode())


def asked(step: str = "messages", kind: str = "generic", **more: Any) -> Asked:
    usual: dict[str, Any] = {"model": MODEL, "credential": "LLM_KEY", "header": "auth_token"}
    usual["last"] = step in ("messages", "paid")
    return Asked(step, more.pop("url", URL), CATALOGUE.get(kind), **(usual | more))


def judged(answer: Answer, step: str = "messages", kind: str = "generic", **more: Any) -> Verdict:
    verdict = classify(asked(step, kind, **more), answer)
    assert verdict is not None
    return verdict


LITELLM_401 = (
    'litellm.AuthenticationError: AnthropicException - {"type": "error", "error": '
    '{"type": "authentication_error", "message": "invalid x-api-key"}}'
)
LITELLM_529 = (
    'litellm.InternalServerError: AnthropicError - {"type": "error", "error": '
    '{"type": "overloaded_error", "message": "Overloaded"}}'
)
LITELLM_DOWN = (
    "litellm.InternalServerError: AnthropicException - Cannot connect to host 127.0.0.1:1 "
    "[Connect call failed ('127.0.0.1', 1)]"
)
LITELLM_POOR = (
    'litellm.BadRequestError: AnthropicException - {"type": "error", "error": {"type": '
    '"invalid_request_error", "message": "Your credit balance is too low"}}'
)
NO_DB = {"error": {"message": "No connected db.", "type": "no_db_connection", "code": "400"}}
NO_CHANNEL = {
    "error": {"code": "model_not_found", "message": f"No available channel for model {MODEL}"}
}
OPENAI_ONLY = {
    "error": {"message": "Invalid URL (POST /v1/messages)", "type": "invalid_request_error"}
}
DENIED = {"error": {"message": "team not allowed", "type": "team_model_access_denied"}}

MEANINGS: dict[str, tuple[Answer, str]] = {
    "401": (anthropic(401, "invalid x-api-key", "authentication_error"), "auth_failed"),
    "401 of LiteLLM": (of(401, {"error": {"message": "No api key passed in."}}), "auth_failed"),
    "401 of OpenRouter": (of(401, {"error": {"message": "User not found.", "code": 401}}), "auth_failed"),
    "401 with a page": (Answer(401, {"content-type": "text/html"}, b"<html>"), "auth_failed"),
    "401 without a body": (Answer(401), "auth_failed"),
    "400 for a wrong key, no database": (of(400, NO_DB), "auth_failed"),
    "400 for a wrong key": (of(400, {"error": {"message": "API key not valid."}}), "auth_failed"),
    "403": (anthropic(403, "Forbidden", "permission_error"), "auth_failed"),
    "403 for a model": (of(403, DENIED), "model_missing"),
    "403 for this client": (anthropic(403, "client not allowed"), "inconclusive"),
    "403 for other agents": (
        anthropic(403, "only available for Coding Agents such as Claude Code"),
        "inconclusive",
    ),
    "403 of a firewall": (Answer(403, {"content-type": "text/html"}, b"<html>"), "inconclusive"),
    "the upstream's 401": (anthropic(401, LITELLM_401), "upstream_auth"),
    "402": (of(402, {"error": {"message": "Insufficient credits", "code": 402}}), "no_credit"),
    "400 without credit": (anthropic(400, "Your credit balance is too low to access"), "no_credit"),
    "the upstream's 400 without credit": (anthropic(400, LITELLM_POOR), "no_credit"),
    "422 for a spent budget": (
        of(422, {"error": {"message": "Budget has been exceeded!", "type": "budget_exceeded"}}),
        "no_credit",
    ),
    "429 for a spent budget": (of(429, {"error": {"type": "budget_exceeded"}}), "no_credit"),
    "429 for a spend limit": (anthropic(429, "spend limit reached (daily)"), "no_credit"),
    "403 in Chinese": (of(403, {"error": {"message": "用户余额不足"}}), "no_credit"),
    "429": (anthropic(429, "rate limited", "rate_limit_error"), "rate_limited"),
    "429 in cooldown": (anthropic(429, "No deployments available. Try again in 5 seconds."), "rate_limited"),
    "404 for the model": (anthropic(404, f"model: {MODEL}", "not_found_error"), "model_missing"),
    "400 for the model": (anthropic(400, "Invalid model name passed in model=x"), "model_missing"),
    "503 for the model": (of(503, NO_CHANNEL), "model_missing"),
    "503 for the model in Chinese": (of(503, {"error": {"message": "分组下模型 x 无可用渠道"}}), "model_missing"),
    "404 for the path": (anthropic(404, "Not Found", "not_found_error"), "wrong_path"),
    "404 of FastAPI": (of(404, {"detail": "Not Found"}), "wrong_path"),
    "404 of Go": (Answer(404, {"content-type": "text/plain"}, b"404 page not found"), "wrong_path"),
    "404 with a page": (Answer(404, {"content-type": "text/html"}, b"<h1>the model: x"), "wrong_path"),
    "404 of an OpenAI gateway": (of(404, OPENAI_ONLY), "not_a_gateway"),
    "405": (Answer(405), "not_a_gateway"),
    "500": (anthropic(500, "Internal server error", "api_error"), "overloaded"),
    "502": (Answer(502, {"content-type": "text/html"}, b"<html>Bad Gateway"), "overloaded"),
    "503": (Answer(503), "overloaded"),
    "503 while loading": (of(503, {"error": {"message": "Loading model", "code": 503}}), "overloaded"),
    "529": (anthropic(529, "Overloaded", "overloaded_error"), "overloaded"),
    "the upstream's 529": (anthropic(500, LITELLM_529, "api_error"), "overloaded"),
    "the upstream is down": (anthropic(500, LITELLM_DOWN, "api_error"), "overloaded"),
    "400 for the empty messages": (anthropic(400, "messages: at least one message is required"), "inconclusive"),
    "400 for something else": (anthropic(400, "context_management: Extra inputs"), "inconclusive"),
    "400 for an old client": (anthropic(400, "upgrade", "claude_code_version_too_old"), "inconclusive"),
    "200 with a page": (Answer(200, {"content-type": "text/html"}, b"<html>Sign in"), "not_a_gateway"),
    "200 with a page that hides it": (of(200, "  <!doctype html>"), "not_a_gateway"),
    "200 with other JSON": (of(200, {"choices": []}), "not_a_gateway"),
    "200 with an error": (of(200, {"error": {"message": "User not found.", "code": 401}}), "auth_failed"),
    "200 without end": (Answer(200, {}, b"x" * 65536, cut=True), "not_a_gateway"),
    "200 in gzip": (Answer(200, {"content-encoding": "gzip"}, b"\x1f\x8b"), "inconclusive"),
    "401 in gzip": (Answer(401, {"content-encoding": "gzip"}, b"\x1f\x8b"), "auth_failed"),
    "407": (Answer(407), "unreachable"),
    "a status that nobody knows": (Answer(299), "not_a_gateway"),
    "418": (Answer(418), "inconclusive"),
    "999": (Answer(999), "inconclusive"),
    "304": (Answer(304), "not_a_gateway"),
}  # fmt: skip


@pytest.mark.parametrize("case", MEANINGS)
def test_an_answer_to_the_empty_message_means(case: str) -> None:
    answer, name = MEANINGS[case]
    assert judged(answer).name == name


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        ("reach", Answer(401)),
        ("reach", Answer(404)),
        ("reach", Answer(200, {"content-type": "text/html"}, b"<html>")),
        ("count_tokens", Answer(404)),
        ("count_tokens", Answer(405)),
        ("count_tokens", Answer(500)),
        ("count_tokens", anthropic(404, "Not Found", "not_found_error")),
        ("count_tokens", of(404, {"error": {"message": "Invalid URL (POST /v1/messages/count_tokens)"}})),
        ("count_tokens", of(200, {"input_tokens": 3, "litellm_count_source": "local_estimate"})),
        ("count_tokens", of(200, {"input_tokens": 3}, x_litellm_version="1.0")),
        ("count_tokens", of(200, {"input_tokens": True})),
        ("count_tokens", of(200, {"input_tokens": "many"})),
        ("count_tokens", anthropic(400, "beta header unknown")),
        ("model", of(200, {"id": MODEL, "type": "model"})),
        ("model", of(404, {"detail": "Not Found"})),
    ],
)  # fmt: skip
def test_a_step_that_cant_tell_leaves_it_to_the_next(step: str, answer: Answer) -> None:
    assert classify(asked(step), answer) is None


@pytest.mark.parametrize(
    ("kind", "step", "answer", "name", "detail"),
    [
        ("generic", "count_tokens", of(200, {"input_tokens": 3}), "ok", "key and model accepted"),
        (
            "litellm",
            "count_tokens",
            of(200, {"input_tokens": 3, "litellm_count_source": "provider"}),
            "ok",
            "key and model accepted",
        ),
        ("anthropic", "messages", anthropic(400, "messages: empty"), "ok", "key and model accepted"),
        (
            "openrouter",
            "messages",
            anthropic(400, "messages: empty"),
            "inconclusive",
            "key accepted; model not checked",
        ),
        ("openrouter", "messages", anthropic(401, "invalid x-api-key"), "upstream_auth", ""),
        ("anthropic", "messages", anthropic(401, "invalid x-api-key"), "auth_failed", ""),
        ("ollama", "model", of(200, {"id": MODEL}), "ok", f"{MODEL} is served here"),
        ("ollama", "model", of(404, {"error": {"message": "model 'x' not found"}}), "model_missing", ""),
        ("lmstudio", "models", of(200, {"data": [{"id": MODEL}, 7, {"id": 7}]}), "ok", ""),
        ("lmstudio", "models", of(200, {"data": []}), "inconclusive", ""),
        ("llamacpp", "count_tokens", Answer(404), "inconclusive", ""),
        ("generic", "paid", of(200, {"type": "message", "id": "msg_1"}), "ok", ""),
    ],
)  # fmt: skip
def test_kinds_differ(kind: str, step: str, answer: Answer, name: str, detail: str) -> None:
    last = step == CATALOGUE.get(kind).probe[-1] or step == "paid"
    verdict = judged(answer, step, kind, last=last)
    assert verdict.name == name
    assert detail in verdict.detail


@pytest.mark.parametrize(
    "answer",
    [MEANINGS[case][0] for case in MEANINGS if MEANINGS[case][1] == "model_missing"]
    + [anthropic(400, "messages: at least one message is required")],
)
def test_where_no_model_is_known_an_unknown_one_proves_url_and_key(answer: Answer) -> None:
    verdict = judged(answer, model="")
    assert (verdict.name, verdict.detail) == ("ok", "key accepted; no model was checked")


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("https://elsewhere.example/", "not_a_gateway"),
        ("//elsewhere.example/", "not_a_gateway"),
        ("http://llm.example.com/v1/messages", "wrong_path"),
        ("/login", "wrong_path"),
        ("", "not_a_gateway"),
        ("http://[", "not_a_gateway"),
    ],
)
@pytest.mark.parametrize("step", ["reach", "count_tokens", "messages"])
def test_a_redirect_is_told_and_not_followed(step: str, location: str, name: str) -> None:
    answer = Answer(307, {"location": location})
    verdict = judged(answer, step)
    assert (verdict.name, verdict.phase) == (name, "reach")


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (of(429, {}, retry_after="17"), 17.0),
        (of(429, {}, retry_after="0.5"), 0.5),
        (of(429, {}, retry_after="999999999"), 86400.0),
        (of(429, {}, retry_after="-5"), None),
        (of(429, {}, retry_after="1e309"), None),
        (of(429, {}, retry_after="nan"), None),
        (of(429, {}, retry_after="9" * 5000), None),
        (of(429, {}, retry_after="Thu, 01 Jan 1970 00:16:50 GMT"), 10.0),
        (of(429, {}, retry_after="Thu, 01 Jan 1970 00:00:00 GMT"), 0.0),
        (of(429, {}, anthropic_ratelimit_requests_reset="1970-01-01T00:16:45Z"), 5.0),
        (anthropic(429, "Try again in 5 seconds."), 5.0),
        (anthropic(529, "Overloaded"), None),
        (of(529, {}, retry_after="3"), 3.0),
        (of(401, {}, retry_after="3"), None),
    ],
)
def test_when_it_may_be_asked_again(answer: Answer, seconds: float | None) -> None:
    assert judged(answer, now=1000.0).retry_after == seconds


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("https://x.test/v1", "leave /v1 off"),
        ("https://x.test", "may want a path"),
        ("https://x.test/api", "look at the path"),
    ],
)
def test_a_wrong_path_has_its_mend(url: str, hint: str) -> None:
    assert hint in judged(Answer(404), url=url).hint


@pytest.mark.parametrize(
    ("kind", "header", "hint"),
    [
        ("generic", "auth_token", "wants it as `api_key`"),
        ("generic", "api_key", "wants it as `auth_token`"),
        ("anthropic", "auth_token", "wants it as `api_key`"),
        ("openrouter", "auth_token", "replace LLM_KEY"),
    ],
)
def test_a_refused_key_has_its_mend(kind: str, header: str, hint: str) -> None:
    verdict = judged(Answer(401), kind=kind, header=header)
    assert hint in verdict.hint
    assert verdict.detail.startswith("LLM_KEY was refused")


def test_what_a_model_says_is_never_looked_at() -> None:
    said = [{"type": "text", "text": "401 invalid x-api-key: credit balance is too low"}]
    body = {"type": "message", "id": "msg_1", "content": said, "error": {"message": "model"}}
    assert judged(of(200, body), "paid").name == "ok"


def test_a_gateways_words_are_shown_without_secrets_and_escapes() -> None:
    key = "canary-0123456789"
    words = f"\x1b[31m{key} and {key[:10]} \u202e sk-ant-api03-somebody-elses-key"
    verdict = judged(anthropic(418, words), secrets=(key,))
    assert "canary" not in verdict.detail
    assert "somebody" not in verdict.detail
    assert verdict.detail.isprintable()
    assert "\u202e" not in verdict.detail


def test_every_row_names_a_known_verdict_and_known_placeholders() -> None:
    names = {row.verdict for row in ROWS}
    assert names <= {"", *ASKED}
    assert names >= set(ASKED) - {"tls_error"}
