"""What a test must not inherit from the machine that it runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIXES = (
    "ANTHROPIC_", "AWS_", "AZURE_", "BASH_ENV", "CCWRAP_", "CI", "CLAUDE", "CLOUD_ML_", "ENABLE_",
    "GIT_", "GITHUB_", "GITLAB_", "GOOGLE_", "LITELLM_", "MAX_", "MCP_", "NODE_", "NPM_CONFIG_",
    "OPENAI_", "OPENROUTER_", "OTEL_", "PYTHON", "REQUESTS_CA", "SSL_CERT_", "VERTEX_", "XDG_",
)  # fmt: skip
NAMES = ("CURL_CA_BUNDLE", "DO_NOT_TRACK", "SSLKEYLOGFILE", "ZDOTDIR")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "FTP_PROXY")


def unwanted(names: Iterable[str]) -> list[str]:
    """Those of `names` that a test starts without."""
    return [
        name
        for name in names
        if name.startswith(PREFIXES) or name in NAMES or name.upper() in PROXIES
    ]
