"""A world full of words, logins and leftovers that would send prompts and keys astray."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from ccwrap.claude import variables
from ccwrap.gateways.simulated import Setup
from running import script

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccwrap.gateways.simulated import Received
    from proxy import ListeningProxy
    from sandbox import Sandbox
    from starting import StartGateway

KEY: Final = "route-key-0123456789"
MODEL: Final = "claude-sonnet-5"
HELPERS: Final = ("apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "gcpAuthRefresh")
DESCRIPTORS: Final = (*variables.DESCRIPTORS, *variables.LOGIN_DESCRIPTORS)


class Disturbed:
    """A sandbox with a route to `a`; everything else in it pulls to `b` or to `proxy`.

    Whatever must not be sent has "stray" in it. A helper that runs makes `marker`.
    """

    def __init__(self, sandbox: Sandbox, start: StartGateway, proxy: ListeningProxy) -> None:
        self.sandbox = sandbox
        self.a = start(Setup(keys={KEY}))
        self.b = start()
        self.proxy = proxy
        self.marker = sandbox.home / "marker"
        self.helper = sandbox.write(
            sandbox.bin / "helper", f"#!/bin/sh\ntouch {self.marker}\necho stray-helper\n", 0o755
        )
        self.state: dict[str, object] = {}

    def route(self, auth: str) -> None:
        """Write the route file and allow what it asks for."""
        self.sandbox.ccroute(
            f'project = "acme"\ntags = {{ team = "core" }}\n'
            f'[[route]]\nname = "a"\nkind = "litellm"\nurl = "{self.a.url}"\n'
            f'{auth} = "${{LLM_KEY}}"\nmodels = "{MODEL}"\nheaders = {{ X-Org-Route = "prod" }}\n'
        )
        self.sandbox.allow(f"LLM_KEY@{self.a.url}", f"header:X-Org-Route@{self.a.url}")
        self.sandbox.environment |= {"LLM_KEY": KEY, "CLAUDE_CODE_MAX_RETRIES": "0"}

    def at_prompt(self, **state: object) -> None:
        """Let an interactive claude come to its prompt; `state` is added to ~/.claude.json."""
        self.sandbox.past_onboarding()
        file = self.sandbox.home / ".claude.json"
        self.state = {**json.loads(file.read_text()), **self.state, **state}
        file.write_text(json.dumps(self.state))

    def credentials(self) -> dict[str, str]:
        return {
            "ANTHROPIC_BASE_URL": self.b.url,
            "ANTHROPIC_AUTH_TOKEN": "stray-token",
            "ANTHROPIC_API_KEY": "stray-key",
            "CLAUDE_CODE_OAUTH_TOKEN": "stray-oauth",
            "ANTHROPIC_CUSTOM_HEADERS": "X-Stray: 1\nx-api-key: stray-custom\nX-Kept: mine",
        }

    def bedrock(self) -> dict[str, str]:
        return {
            "CLAUDE_CODE_USE_BEDROCK": "1",
            "ANTHROPIC_BEDROCK_BASE_URL": self.b.url,
            "AWS_BEARER_TOKEN_BEDROCK": "stray-bedrock",
            "AWS_REGION": "eu-central-1",
        }

    def modes(self) -> dict[str, str]:
        addresses = [name for name in variables.ENDPOINTS if name.endswith("_BASE_URL")]
        return {
            **dict.fromkeys(addresses, self.b.url),
            **dict.fromkeys(variables.MODES, "1"),
            "AWS_BEARER_TOKEN_BEDROCK": "stray-bedrock",
            "ANTHROPIC_FOUNDRY_API_KEY": "stray-foundry",
            "CLAUDE_CODE_SKIP_VERTEX_AUTH": "1",
        }

    def models(self) -> dict[str, str]:
        return dict.fromkeys(variables.MODELS, "stray-model")

    def road(self) -> dict[str, str]:
        """Never in the user's own settings: there it would be the user's own proxy."""
        proxies = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")
        return {
            **dict.fromkeys(proxies, self.proxy.url),
            "NODE_TLS_REJECT_UNAUTHORIZED": "0",
            "NODE_EXTRA_CA_CERTS": "/nowhere/stray.pem",
            "CLAUDE_CODE_CLIENT_CERT": "/nowhere/stray.pem",
            "SSL_CERT_FILE": "/nowhere/stray.pem",
            "CLAUDE_CODE_EXTRA_BODY": '{"model": "stray-body"}',
        }

    def all_variables(self, *, strange: bool) -> dict[str, str]:
        """`strange`: as a repository would say it, network included."""
        own = self.credentials() | self.modes() | self.models()
        return own | self.road() if strange else own

    def helpers(self) -> dict[str, str]:
        return dict.fromkeys(HELPERS, str(self.helper))

    def settings(self, layer: str, env: Mapping[str, str], **keys: object) -> None:
        self.sandbox.settings(layer, {"env": env, **keys})

    def login(self) -> None:
        """A saved claude.ai login."""
        tokens = {
            "accessToken": "stray-login",
            "refreshToken": "stray-refresh",
            "expiresAt": 9_999_999_999_999,
            "scopes": ["user:inference", "user:profile"],
            "subscriptionType": "max",
        }
        file = self.sandbox.home / ".claude" / ".credentials.json"
        self.sandbox.write(file, json.dumps({"claudeAiOauth": tokens}), 0o600)

    def console(self) -> None:
        """A saved Console key."""
        self.state["primaryApiKey"] = "stray-console"
        self.sandbox.write(self.sandbox.home / ".claude.json", json.dumps(self.state), 0o600)

    def leftovers(self) -> None:
        """Everything in the process environment, open files included."""
        self.sandbox.environment |= self.all_variables(strange=False)
        others = (*variables.CREDENTIALS, *variables.LOGINS, *variables.HOSTED)
        self.sandbox.environment |= dict.fromkeys(others, "stray")
        self.sandbox.environment |= {"ANTHROPIC_UNIX_SOCKET": "/nowhere/stray.sock"}
        self.sandbox.environment |= {"CLAUDE_CODE_PROVIDER_MANAGED_BY_HOST": "1"}
        self.descriptors()

    def descriptors(self) -> None:
        """ccwrap gets an open file with a key, under every name for one."""
        key = self.sandbox.write(self.sandbox.home / "key", "stray-descriptor", 0o600)
        inner = self.sandbox.bin / "ccwrap-with-key"
        self.sandbox.write(inner, f'#!/bin/sh\nexec 9<{key}\nexec {script("ccwrap")} "$@"\n', 0o755)
        self.sandbox.environment |= dict.fromkeys(DESCRIPTORS, "9")

    def ccwrap(self) -> str:
        """The command that starts ccwrap, with an open key where there is one."""
        inner = self.sandbox.bin / "ccwrap-with-key"
        return str(inner) if inner.exists() else "ccwrap"

    def everything(self) -> None:
        """All of it at once."""
        self.settings("user", self.all_variables(strange=False), **self.helpers())
        for layer in ("project", "local"):
            overrides = {MODEL: "stray-model"}
            env = self.all_variables(strange=True)
            self.settings(layer, env, modelOverrides=overrides, **self.helpers())
        self.login()
        self.console()
        self.leftovers()

    def assert_only_a(self) -> tuple[Received, ...]:
        """Nothing has gone astray; returns what A was asked."""
        assert self.a.prompts, f"A was never asked\n{self.a.log}"
        for request in self.a.log:
            assert {request.bearer, request.key} <= {"", KEY}, request
            assert "stray" not in repr(request.headers).lower(), request
            assert b"stray-" not in request.body, request
        for prompt in self.a.prompts:
            assert prompt.model == MODEL
            assert prompt.header("x-org-route") == "prod"
            tags = prompt.header("x-litellm-tags").split(",")
            assert sorted(tags) == ["project:acme", "team:core"]
        assert (self.b.connections, self.b.log, self.proxy.log) == (0, (), ())
        assert not self.marker.exists(), "a helper has run"
        return self.a.prompts
