"""What a route may set: environment variables and headers, as closed tables.

Variables are Claude Code's own, from code.claude.com/docs/en/env-vars. Nothing here
has a path, a proxy, a certificate, a shell, a loader, a telemetry endpoint, an extra
body or a folder in it.
"""

from __future__ import annotations

from ccwrap.light import Final
from ccwrap.routes.readers import Wrong, text, visible

ENV: Final = (
    # timeouts and retries
    "API_FORCE_IDLE_TIMEOUT",
    "API_TIMEOUT_MS",
    "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS",
    "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK",
    "CLAUDE_CODE_MAX_RETRIES",
    "CLAUDE_CODE_RETRY_WATCHDOG",
    "CLAUDE_ENABLE_BYTE_WATCHDOG",
    "CLAUDE_ENABLE_STREAM_WATCHDOG",
    "CLAUDE_STREAM_IDLE_TIMEOUT_MS",
    "FALLBACK_FOR_ALL_PRIMARY_MODELS",
    # token and context limits
    "CLAUDE_CODE_AUTO_COMPACT_WINDOW",
    "CLAUDE_CODE_DISABLE_1M_CONTEXT",
    "CLAUDE_CODE_DISABLE_UNKNOWN_MODEL_WINDOW_ENFORCEMENT",
    "CLAUDE_CODE_MAX_CONTEXT_TOKENS",
    "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
    "MAX_MCP_OUTPUT_TOKENS",
    # caching
    "DISABLE_PROMPT_CACHING",
    "DISABLE_PROMPT_CACHING_FABLE",
    "DISABLE_PROMPT_CACHING_HAIKU",
    "DISABLE_PROMPT_CACHING_OPUS",
    "DISABLE_PROMPT_CACHING_SONNET",
    "ENABLE_PROMPT_CACHING_1H",
    # betas
    "ANTHROPIC_BETAS",
    "CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS",
    "CLAUDE_CODE_ENABLE_FINE_GRAINED_TOOL_STREAMING",
    # thinking
    "CLAUDE_CODE_ALWAYS_ENABLE_EFFORT",
    "CLAUDE_CODE_DISABLE_ADAPTIVE_THINKING",
    "CLAUDE_CODE_DISABLE_THINKING",
    "CLAUDE_CODE_EFFORT_LEVEL",
    "DISABLE_INTERLEAVED_THINKING",
    "MAX_THINKING_TOKENS",
    # tool search, model discovery
    "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY",
    "ENABLE_TOOL_SEARCH",
    # non-essential traffic
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_TELEMETRY",
    # attribution
    "CLAUDE_CODE_ATTRIBUTION_HEADER",
)

_SET_BY_CCWRAP: Final = {
    "ANTHROPIC_BASE_URL": "write url",
    "ANTHROPIC_AUTH_TOKEN": 'write auth_token = "${NAME}"',
    "ANTHROPIC_API_KEY": 'write api_key = "${NAME}"',
    "ANTHROPIC_CUSTOM_HEADERS": "write headers",
    "ANTHROPIC_MODEL": "write models",
    "ANTHROPIC_SMALL_FAST_MODEL": "write models = { haiku = … }",
    "ANTHROPIC_DEFAULT_OPUS_MODEL": "write models = { opus = … }",
    "ANTHROPIC_DEFAULT_SONNET_MODEL": "write models = { sonnet = … }",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL": "write models = { haiku = … }",
    "ANTHROPIC_DEFAULT_FABLE_MODEL": "write models = { fable = … }",
    "CLAUDE_CODE_SUBAGENT_MODEL": "write models = { subagent = … }",
    "CLAUDE_CODE_USE_BEDROCK": 'write kind = "bedrock"',
    "CLAUDE_CODE_USE_VERTEX": 'write kind = "vertex"',
    "CLAUDE_CODE_USE_FOUNDRY": 'write kind = "foundry"',
}

_CREDENTIAL_HEADERS: Final = ("authorization", "x-api-key", "proxy-authorization", "cookie")
_CONNECTION_HEADERS: Final = (
    "host",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
    "content-length",
    "content-type",
    "content-encoding",
    "accept-encoding",
)
_CLAUDE_HEADERS: Final = ("anthropic-version", "anthropic-beta")
_CLAUDE_PREFIXES: Final = ("x-claude-code-", "x-stainless-")
_LABEL: Final = frozenset("-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_TOKEN: Final = frozenset(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)


def env_fault(name: str, value: str, kind_allows: tuple[str, ...]) -> tuple[str, str] | None:
    """What is wrong with a route's setting `name`, and the mend; None if it may.

    What a kind allows are parts of its provider's host or path: `x.example/#` as a
    region would send the user's cloud credential to that host.
    """
    if name in kind_allows:
        label = len(value) <= 63 and set(value) <= _LABEL and value[:1] not in ("", "-")
        return None if label else ("may hold letters, digits and - only", "write it like us-east-1")
    if name in ENV:
        return None
    if name in _SET_BY_CCWRAP:
        return "is set by ccwrap itself", _SET_BY_CCWRAP[name]
    return (
        "is not on the list of variables that a route may set",
        "remove it; `ccroute schema` prints the list",
    )


def env_value(value: object) -> str:
    """A variable's value: visible ASCII, in quotes."""
    if isinstance(value, bool | int | float):
        raise Wrong("must be text, because variables are", f'write "{str(value).lower()}"')
    return visible(value)


def header_name(value: object) -> str:
    """A header's name (RFC 9110 token) that a route may set."""
    name = text(value)
    lower = name.lower()
    if not _TOKEN.issuperset(name) or len(name) > 64:
        raise Wrong("is no header's name", "use letters, digits and -")
    if lower in _CREDENTIAL_HEADERS:
        raise Wrong("may not be set here", 'use auth_token or api_key = "${NAME}"')
    if lower in _CONNECTION_HEADERS:
        raise Wrong("belongs to the connection and may not be set", "remove it")
    if lower in _CLAUDE_HEADERS or lower.startswith(_CLAUDE_PREFIXES):
        raise Wrong(
            "is claude's own and may not be set", "for betas use env = { ANTHROPIC_BETAS = … }"
        )
    return name
