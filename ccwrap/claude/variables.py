"""Which environment variables decide where a prompt goes and what it carries.

Closed tables, each name with the reason why a launch may not leave it as it is. Taken
from the tables of Claude Code 2.1.330's own source (what it withholds from settings
files when a host manages its routing) and tried against two gateways.
"""

from __future__ import annotations

from ccwrap.light import Final

CREDENTIALS: Final = {
    "ANTHROPIC_AUTH_TOKEN": "goes out as Authorization",
    "ANTHROPIC_API_KEY": "goes out as x-api-key, beside any other credential",
    "ANTHROPIC_IDENTITY_TOKEN": "is exchanged for a bearer token (workload identity)",
    "ANTHROPIC_IDENTITY_TOKEN_FILE": "names a file with such a token",
    "ANTHROPIC_FEDERATION_RULE_ID": "switches that exchange on",
    "ANTHROPIC_SERVICE_ACCOUNT_ID": "belongs to it",
    "ANTHROPIC_PROFILE": "names a saved profile, whose credential is then used",
    "CLAUDE_CODE_GATEWAY_TOKEN": "signs in to a Claude apps gateway",
    "CLAUDE_CODE_SESSION_ACCESS_TOKEN": "a remote session's own bearer token",
    "CLAUDE_SESSION_INGRESS_TOKEN_FILE": "names a file with such a token",
}
"""Credentials of the Anthropic API: all that are found are sent."""

LOGINS: Final = {
    "CLAUDE_CODE_OAUTH_TOKEN": "a claude.ai login as a bearer token",
    "CLAUDE_CODE_OAUTH_REFRESH_TOKEN": "is exchanged for one",
    "CLAUDE_CODE_OAUTH_SCOPES": "belongs to it",
    "CLAUDE_CODE_OAUTH_CLIENT_ID": "belongs to it",
}
"""The user's own claude.ai login; a `login` route keeps the user's own values."""

PROVIDER_CREDENTIALS: Final = {
    "aws": {
        "AWS_BEARER_TOKEN_BEDROCK": "a Bedrock API key",
        "ANTHROPIC_AWS_API_KEY": "a key of Claude Platform on AWS",
        "CLAUDE_CODE_SKIP_BEDROCK_AUTH": "leaves Bedrock requests unsigned",
        "CLAUDE_CODE_SKIP_ANTHROPIC_AWS_AUTH": "the same for Claude Platform on AWS",
        "CLAUDE_CODE_SKIP_MANTLE_AUTH": "the same for Mantle",
    },
    "gcp": {
        "CLAUDE_CODE_SKIP_VERTEX_AUTH": "leaves Vertex requests without a token",
        "CLAUDE_CODE_SKIP_ANTHROPIC_GOOGLE_CLOUD_AUTH": "the same for Claude on Google Cloud",
    },
    "azure": {
        "ANTHROPIC_FOUNDRY_API_KEY": "goes out as x-api-key",
        "ANTHROPIC_FOUNDRY_AUTH_TOKEN": "goes out as Authorization",
        "CLAUDE_CODE_SKIP_FOUNDRY_AUTH": "leaves Foundry requests without a token",
    },
}
"""By cloud; a route of that provider keeps the user's own values."""

PROVIDER_ADDRESSES: Final = {
    "aws": {
        "AWS_ENDPOINT_URL": "sends signed requests elsewhere",
        "AWS_ENDPOINT_URL_BEDROCK": "the same for Bedrock alone",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "the same for its inference",
        "ANTHROPIC_AWS_WORKSPACE_ID": "chooses who is billed",
    },
    "gcp": {
        "ANTHROPIC_VERTEX_PROJECT_ID": "chooses who is billed",
        "ANTHROPIC_GOOGLE_CLOUD_PROJECT": "chooses who is billed",
        "ANTHROPIC_GOOGLE_CLOUD_LOCATION": "chooses the host",
        "ANTHROPIC_GOOGLE_CLOUD_WORKSPACE_ID": "chooses who is billed",
    },
    "azure": {"ANTHROPIC_FOUNDRY_RESOURCE": "chooses the host"},
}
"""Mean something to a route of that provider only: pinned there, left alone elsewhere."""

_FOLDERS: Final = ("HOME", "USERPROFILE", "APPDATA")
"""Where a provider's library looks for its configuration."""

PROVIDER_PREFIXES: Final = {
    "aws": ("AWS_", "ANTHROPIC_AWS_", "ANTHROPIC_BEDROCK_", "ANTHROPIC_SMALL_FAST_", *_FOLDERS),
    "gcp": (
        *("GOOGLE_", "GCLOUD_", "GCE_", "CLOUDSDK_", "CLOUD_ML_", "METADATA_"),
        *("VERTEX_REGION_", "ANTHROPIC_VERTEX_", "ANTHROPIC_GOOGLE_CLOUD_", *_FOLDERS),
    ),
    "azure": (
        *("AZURE_", "MSI_", "IDENTITY_", "IMDS_", "ANTHROPIC_FOUNDRY_"),
        *("XDG_CONFIG_HOME", *_FOLDERS),
    ),
}
"""What a provider's library goes by, more than can be listed: where it asks for a token
(AWS_ENDPOINT_URL_STS, GCE_METADATA_HOST, AZURE_AUTHORITY_HOST) and whose files it reads
(AWS_CONFIG_FILE, GOOGLE_APPLICATION_CREDENTIALS). The user's own hold, never a project's."""

PROVIDER_HELPERS: Final = {
    "aws": ("awsAuthRefresh", "awsCredentialExport"),
    "gcp": ("gcpAuthRefresh",),
    "azure": (),
}
"""Settings keys whose command Claude Code runs to get a provider's credential."""

MODES: Final = {
    "CLAUDE_CODE_USE_BEDROCK": "outranks ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_USE_VERTEX": "outranks ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_USE_FOUNDRY": "outranks ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_USE_MANTLE": "outranks ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS": "outranks ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD": "outranks ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_USE_GATEWAY": "changes the model's name and the sign-in",
}
"""Provider modes."""

ENDPOINTS: Final = {
    "ANTHROPIC_BASE_URL": "where prompts go",
    "ANTHROPIC_BEDROCK_BASE_URL": "where prompts go in this mode",
    "ANTHROPIC_BEDROCK_MANTLE_BASE_URL": "where prompts go in this mode",
    "ANTHROPIC_VERTEX_BASE_URL": "where prompts go in this mode",
    "ANTHROPIC_FOUNDRY_BASE_URL": "where prompts go in this mode",
    "ANTHROPIC_AWS_BASE_URL": "where prompts go in this mode",
    "ANTHROPIC_GOOGLE_CLOUD_BASE_URL": "where prompts go in this mode",
    "_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL": "treats any host as Anthropic's own",
    "ANTHROPIC_UNIX_SOCKET": "sends requests to a socket, with a credential of its owner's",
    "CLAUDE_CODE_RUNNER_MODEL_SOCKET": "the same for a runner",
    "CLAUDE_CODE_API_BASE_URL": "where a login's own requests go",
    "CLAUDE_CODE_CUSTOM_OAUTH_URL": "where a login's refresh token goes",
    "CLAUDE_LOCAL_OAUTH_API_BASE": "where a login's refresh token goes",
    "CLAUDE_LOCAL_OAUTH_APPS_BASE": "where a login's refresh token goes",
    "CLAUDE_LOCAL_OAUTH_CONSOLE_BASE": "where a login's refresh token goes",
    "USE_LOCAL_OAUTH": "switches to those",
    "USE_STAGING_OAUTH": "switches to Anthropic's own test system",
}
"""Where requests go."""

HOSTED: Final = {
    "CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "makes settings, and so the overlay, not count",
    "CLAUDE_CODE_HOST_AUTH_ENV_VAR": "the same, and names another credential",
    "CLAUDE_CODE_HOST_CREDS_FILE": "names a file with another credential",
    "CLAUDE_CODE_LAUNCHER_RUNS_API_KEY_HELPER": "runs a helper that settings name",
}
"""An app's words that it manages the routing; a blank in settings doesn't undo them."""

DESCRIPTORS: Final = {
    "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR": "an open file with a key",
    "CLAUDE_CODE_GATEWAY_TOKEN_FILE_DESCRIPTOR": "an open file with a gateway's token",
    "CLAUDE_CODE_WEBSOCKET_AUTH_FILE_DESCRIPTOR": "an open file with a session's token",
    "CCR_AGENT_PROXY_TOKEN_FILE_DESCRIPTOR": "an open file with a proxy's token",
}
"""Read from the process environment alone, so that only taking them away helps."""

LOGIN_DESCRIPTORS: Final = {
    "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR": "an open file with a claude.ai login",
    "CLAUDE_BG_AUTH_SNAPSHOT_PATH": "a file with the login of the session that started this one",
}
"""The same for a login; a `login` route leaves them."""

BODY: Final = {
    "CLAUDE_CODE_EXTRA_BODY": "is merged into every request, `model` included",
}
"""The user's own value holds, never a project's."""

MODELS: Final = (
    "ANTHROPIC_MODEL",
    "ANTHROPIC_DEFAULT_MODEL",
    *(
        f"ANTHROPIC_DEFAULT_{role}_MODEL{part}"
        for role in ("OPUS", "SONNET", "HAIKU", "FABLE")
        for part in ("", "_NAME", "_DESCRIPTION", "_SUPPORTED_CAPABILITIES")
    ),
    "ANTHROPIC_SMALL_FAST_MODEL",
    "CLAUDE_CODE_SUBAGENT_MODEL",
    "CLAUDE_CODE_SUBAGENT_MODEL_FORCE",
    "CLAUDE_CODE_WORKFLOW_SUBAGENT_MODEL",
    "CLAUDE_CODE_AUTO_MODE_MODEL",
    "CLAUDE_CODE_BG_CLASSIFIER_MODEL",
    "ANTHROPIC_CUSTOM_MODEL_OPTION",
    "ANTHROPIC_CUSTOM_MODEL_OPTION_NAME",
    "ANTHROPIC_CUSTOM_MODEL_OPTION_DESCRIPTION",
    "ANTHROPIC_CUSTOM_MODEL_OPTION_SUPPORTED_CAPABILITIES",
)
"""Every variable that names a model: one set, so that no two gateways' names mix."""

ROLES: Final = {
    "default": "ANTHROPIC_MODEL",
    "opus": "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "sonnet": "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "haiku": "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "fable": "ANTHROPIC_DEFAULT_FABLE_MODEL",
    "subagent": "CLAUDE_CODE_SUBAGENT_MODEL",
}
"""The variable of each role that a route can name a model for."""

STARTUP_ONLY: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Read at start-up only: in a settings file they don't reach Claude Code, but as a
blank they would reach the tools that it runs, and OpenSSL then trusts nobody."""

OURS: Final = (
    "CCWRAP_URLS",
    "CCWRAP_ROUTE",
    "CCWRAP_POLICY",
    "CCWRAP_FILE",
    "CCWRAP_TRUST",
    "CCWRAP_CLAUDE",
    "CCWRAP_DISABLE",
    "CCWRAP_DEBUG",
    "CCWRAP_CHAIN",
    "CCWRAP_LAUNCH",
)
"""Read by a ccwrap that a hook or a tool starts; a project may not plant one."""

ROUTING: Final = frozenset(
    {
        *CREDENTIALS,
        *LOGINS,
        *MODES,
        *ENDPOINTS,
        "ANTHROPIC_FOUNDRY_API_KEY",
        "ANTHROPIC_FOUNDRY_AUTH_TOKEN",
        "ANTHROPIC_AWS_API_KEY",
        "AWS_BEARER_TOKEN_BEDROCK",
    }
)
"""Managed settings that set one of these have chosen the gateway."""
