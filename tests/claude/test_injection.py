"""What claude is given for a route: every variable pinned, every other credential off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ccwrap.claude import invocation, variables
from ccwrap.claude.injection import Injection, inject
from ccwrap.claude.settings import Layer, Logins, Settings
from ccwrap.errors import SettingError
from ccwrap.gateways import kinds
from ccwrap.routes.schema import Models, Route
from ccwrap.secret import Secret

URL = "https://llm.example.com"
KEY = "canary-key-0123456789"
NOBODY = Logins(claude_ai=False, console=False)
CONSOLE = Logins(claude_ai=False, console=True)
UNSEEN = Logins(claude_ai=None, console=None)
TOKEN = Route("eu", "generic", URL, "auth_token", "LLM_KEY")
API_KEY = TOKEN._replace(auth="api_key")
LOGIN = TOKEN._replace(auth="login", credential="")
FIRST = LOGIN._replace(kind="anthropic", url="https://api.anthropic.com")
BEDROCK = Route("aws", "bedrock", "", "ambient")


class Given(NamedTuple):
    """A launch with nothing remarkable about it, to be changed in one place."""

    route: Route = TOKEN
    argv: tuple[str, ...] = ()
    environment: dict[str, str] = {}  # noqa: RUF012 - never changed
    layers: dict[str, dict[str, Any]] = {}  # noqa: RUF012 - never changed
    logins: Logins = NOBODY
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    road: dict[str, str] = {}  # noqa: RUF012 - never changed
    keep: tuple[str, ...] = ()
    attributes: str = ""

    def inject(self) -> Injection:
        order = ("managed", "flag", "local", "project", "user")
        layers = [Layer(n, Path(f"/{n}"), self.layers[n]) for n in order if n in self.layers]
        return inject(
            route=self.route,
            kind=kinds.load().get(self.route.kind),
            key=Secret(KEY) if self.route.credential else None,
            headers=self.headers,
            invocation=invocation.read(self.argv, self.environment),
            environment=self.environment,
            settings=Settings(tuple(layers)),
            logins=self.logins,
            road=self.road,
            attributes=self.attributes,
            keep_headers=self.keep,
        )


def env(injection: Injection) -> dict[str, str]:
    found = injection.overlay["env"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        pytest.param(Given(), {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": KEY}, id="token"),
        pytest.param(
            Given(logins=CONSOLE),
            {
                "ANTHROPIC_BASE_URL": URL,
                "ANTHROPIC_AUTH_TOKEN": KEY,
                "ANTHROPIC_CUSTOM_HEADERS": "x-api-key:",
            },
            id="token beside a saved Console key",
        ),
        pytest.param(
            Given(logins=UNSEEN, argv=("-p", "hi")),
            {
                "ANTHROPIC_BASE_URL": URL,
                "ANTHROPIC_AUTH_TOKEN": KEY,
                "ANTHROPIC_CUSTOM_HEADERS": "x-api-key:",
            },
            id="token where a Console key can't be seen",
        ),
        pytest.param(
            Given(API_KEY, ("-p", "hi"), logins=CONSOLE),
            {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_API_KEY": KEY},
            id="key with -p",
        ),
        *(
            pytest.param(
                Given(API_KEY, argv, logins=CONSOLE),
                {
                    "ANTHROPIC_BASE_URL": URL,
                    "ANTHROPIC_AUTH_TOKEN": KEY,
                    "ANTHROPIC_CUSTOM_HEADERS": f"x-api-key: {KEY}",
                },
                id=f"key with {' '.join(argv) or 'nothing'}",
            )
            for argv in ((), ("--bg", "hi"), ("--bg", "-p", "hi"), ("--resume",))
        ),
        pytest.param(Given(LOGIN), {"ANTHROPIC_BASE_URL": URL}, id="login elsewhere"),
        pytest.param(
            Given(LOGIN, logins=CONSOLE),
            {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_CUSTOM_HEADERS": "x-api-key:"},
            id="login elsewhere beside a saved Console key",
        ),
        pytest.param(Given(FIRST, logins=CONSOLE), {}, id="login at Anthropic"),
        pytest.param(Given(BEDROCK), {"CLAUDE_CODE_USE_BEDROCK": "1"}, id="bedrock"),
        pytest.param(
            Given(BEDROCK._replace(url="https://proxy.example.com", env=(("AWS_REGION", "eu"),))),
            {
                "CLAUDE_CODE_USE_BEDROCK": "1",
                "ANTHROPIC_BEDROCK_BASE_URL": "https://proxy.example.com",
                "AWS_REGION": "eu",
            },
            id="bedrock behind a proxy",
        ),
    ],
)
def test_a_route_sets_its_target_and_one_credential(given: Given, sent: dict[str, str]) -> None:
    injection = given.inject()
    assert injection.set == sent
    assert {name: value for name, value in env(injection).items() if value} == sent


EVERY = (
    *variables.CREDENTIALS,
    *variables.LOGINS,
    *(name for group in variables.PROVIDER_CREDENTIALS.values() for name in group),
    *variables.MODES,
    *variables.ENDPOINTS,
    *variables.HOSTED,
)


@pytest.mark.parametrize("route", [TOKEN, API_KEY, LOGIN, FIRST, BEDROCK], ids=lambda r: r.auth)
def test_whatever_a_project_says_about_routing_is_overruled(route: Route) -> None:
    planted = {"env": dict.fromkeys((*EVERY, *variables.BODY), "planted")}
    injection = Given(route, layers={"local": planted, "project": planted}).inject()
    assert set(EVERY) <= set(env(injection))
    assert "planted" not in json.dumps(injection.overlay)


@pytest.mark.parametrize("route", [TOKEN, API_KEY], ids=lambda r: r.auth)
def test_leftovers_in_the_environment_are_taken_away(route: Route) -> None:
    leftovers = (*EVERY, *variables.DESCRIPTORS, *variables.LOGIN_DESCRIPTORS)
    injection = Given(route, environment=dict.fromkeys(leftovers, "leftover")).inject()
    assert set(leftovers) <= set(injection.set) | set(injection.unset)
    assert "leftover" not in json.dumps([injection.set, injection.overlay])
    assert not {*variables.DESCRIPTORS, *variables.LOGIN_DESCRIPTORS} & set(env(injection))


def test_a_login_keeps_the_users_own_words_about_it_alone() -> None:
    token = {"CLAUDE_CODE_OAUTH_TOKEN": "own", "ANTHROPIC_AUTH_TOKEN": "own"}
    planted = {"env": {"CLAUDE_CODE_OAUTH_TOKEN": "planted"}}
    injection = Given(LOGIN, environment=token, layers={"project": planted}).inject()
    assert env(injection)["CLAUDE_CODE_OAUTH_TOKEN"] == "own"
    assert env(injection)["ANTHROPIC_AUTH_TOKEN"] == ""
    assert not set(variables.LOGIN_DESCRIPTORS) & set(injection.unset)
    assert set(variables.DESCRIPTORS) <= set(injection.unset)


def test_a_provider_keeps_the_users_own_credential_and_helper() -> None:
    own = {"env": {"AWS_BEARER_TOKEN_BEDROCK": "own"}, "awsAuthRefresh": "own"}
    theirs = {"env": {"AWS_ENDPOINT_URL": "https://b"}, "awsCredentialExport": "theirs"}
    overlay = Given(BEDROCK, layers={"user": own, "project": theirs}).inject().overlay
    assert isinstance(found := overlay["env"], dict)
    assert found["AWS_BEARER_TOKEN_BEDROCK"] == "own"
    assert found["AWS_ENDPOINT_URL"] == ""
    assert overlay["awsAuthRefresh"] == "own"
    assert overlay["awsCredentialExport"] == ""
    elsewhere = Given(layers={"user": own}).inject().overlay
    assert elsewhere["awsAuthRefresh"] == ""


SAID = {
    "bedrock": """
        AWS_ENDPOINT_URL_STS AWS_ENDPOINT_URL_SSO AWS_CONFIG_FILE AWS_PROFILE AWS_REGION
        AWS_SHARED_CREDENTIALS_FILE AWS_CONTAINER_CREDENTIALS_FULL_URI HOME
    """,
    "vertex": """
        GCE_METADATA_HOST GOOGLE_APPLICATION_CREDENTIALS GOOGLE_CLOUD_PROJECT CLOUD_ML_REGION
        CLOUDSDK_CONFIG VERTEX_REGION_CLAUDE_5_SONNET HOME
    """,
    "foundry": "AZURE_AUTHORITY_HOST AZURE_CLIENT_ID AZURE_CONFIG_DIR IDENTITY_ENDPOINT",
}


@pytest.mark.parametrize("kind", SAID)
def test_no_project_has_a_word_in_how_a_provider_s_credential_is_got(kind: str) -> None:
    theirs = SAID[kind].split()
    own = dict.fromkeys(theirs[::2], "own")
    planted = {"env": dict.fromkeys(theirs, "theirs")}
    given = Given(Route("p", kind, "", "ambient"), environment=own, layers={"local": planted})
    found = env(given.inject())
    assert {name: found[name] for name in theirs} == dict.fromkeys(theirs, "") | own


def test_a_route_s_own_region_outlasts_a_project_s() -> None:
    route = BEDROCK._replace(env=(("AWS_REGION", "eu-west-1"),))
    given = Given(route, layers={"project": {"env": {"AWS_REGION": "us-east-1"}}})
    assert env(given.inject())["AWS_REGION"] == "eu-west-1"


def test_helpers_are_switched_off_with_well_typed_values() -> None:
    overlay = Given(layers={"user": {"apiKeyHelper": "own", "proxyAuthHelper": "own"}}).inject()
    assert {key: value for key, value in overlay.overlay.items() if key != "env"} == {
        "apiKeyHelper": "",
        "proxyAuthHelper": "own",
        "awsAuthRefresh": "",
        "awsCredentialExport": "",
        "gcpAuthRefresh": "",
    }


def test_a_route_that_names_a_model_pins_every_model_variable() -> None:
    route = TOKEN._replace(models=Models(default="big[1m]", haiku="small"))
    layers = {"project": {"modelOverrides": {"claude-opus-5-5": "other", "big": "other"}}}
    injection = Given(route, layers=layers).inject()
    assert {name: env(injection)[name] for name in variables.MODELS} == {
        **dict.fromkeys(variables.MODELS, ""),
        "ANTHROPIC_MODEL": "big[1m]",
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": "small",
    }
    assert injection.overlay["modelOverrides"] == {
        name: name for name in ("big[1m]", "small", "big", "claude-opus-5-5")
    }


def test_a_route_that_names_no_model_leaves_them_alone() -> None:
    given = Given(layers={"user": {"env": {"ANTHROPIC_MODEL": "own"}}})
    assert not set(variables.MODELS) & set(env(given.inject()))
    assert "modelOverrides" not in given.inject().overlay


def test_the_kinds_and_the_routes_variables_are_set_the_routes_last() -> None:
    route = Route("k", "databricks", URL, "auth_token", "K", env=(("API_TIMEOUT_MS", "5"),))
    both = {"CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "1", "API_TIMEOUT_MS": "5"}
    assert both.items() <= Given(route).inject().set.items()
    route = route._replace(env=(("CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS", "0"),))
    assert Given(route).inject().set["CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS"] == "0"


def test_headers_are_the_routes_and_those_of_the_users_that_are_kept() -> None:
    own = {"env": {"ANTHROPIC_CUSTOM_HEADERS": "X-Own: 1\nX-Other: 2\nX-Org: own"}}
    theirs = {"env": {"ANTHROPIC_CUSTOM_HEADERS": "X-Own: planted"}}
    given = Given(
        layers={"user": own, "project": theirs},
        headers={"X-Org": "route", "x-litellm-tags": "a:b"},
        keep=("x-own", "x-org"),
        logins=CONSOLE,
    )
    assert given.inject().set["ANTHROPIC_CUSTOM_HEADERS"].splitlines() == [
        "X-Own: 1",
        "X-Org: route",
        "x-litellm-tags: a:b",
        "x-api-key:",
    ]


def test_a_header_with_a_line_end_stops_the_launch() -> None:
    with pytest.raises(SettingError):
        Given(headers={"X-Edge": "a\nAuthorization: Bearer b"}).inject()


def test_the_road_is_pinned_as_the_probe_took_it() -> None:
    road = {"HTTPS_PROXY": "http://proxy:1", "https_proxy": "", "NODE_EXTRA_CA_CERTS": ""}
    injection = Given(road=road, environment={"NODE_EXTRA_CA_CERTS": "/x"}).inject()
    assert road.items() <= env(injection).items()
    assert injection.set["HTTPS_PROXY"] == "http://proxy:1"
    assert {"https_proxy", "NODE_EXTRA_CA_CERTS"} <= set(injection.unset)


@pytest.mark.parametrize(
    ("planted", "pinned"),
    [
        pytest.param({}, False, id="left out where nobody names it: tools would trust nobody"),
        pytest.param(
            {"project": {"env": {"SSL_CERT_FILE": "/x"}}}, True, id="blank over a project"
        ),
    ],
)
def test_what_openssl_reads_is_blank_only_where_it_must_be(
    planted: dict[str, dict[str, Any]], pinned: bool
) -> None:
    injection = Given(road={"SSL_CERT_FILE": ""}, layers=planted).inject()
    assert ("SSL_CERT_FILE" in env(injection)) is pinned


def test_our_own_variables_keep_their_launch_values() -> None:
    environment = {"CCWRAP_TRUST": "LLM_KEY@https://x/", "CCWRAP_NEW": "1"}
    planted = {"project": {"env": {"CCWRAP_TRUST": "planted", "CCWRAP_URLS": "planted"}}}
    found = env(Given(environment=environment, layers=planted).inject())
    ours = {name: value for name, value in found.items() if name.startswith("CCWRAP_")}
    assert ours == {**dict.fromkeys(variables.OURS, ""), **environment}


def test_tags_go_out_as_resource_attributes() -> None:
    assert Given(attributes="team=core").inject().set["OTEL_RESOURCE_ATTRIBUTES"] == "team=core"
    assert "OTEL_RESOURCE_ATTRIBUTES" not in env(Given().inject())


def test_the_users_own_settings_are_merged_below_ours() -> None:
    own = {
        "apiKeyHelper": "own",
        "env": {"ANTHROPIC_BASE_URL": "https://b", "MINE": True},
        "permissions": {"deny": ["Bash"]},
        "statusLine": 3,
    }
    injection = Given(layers={"flag": own}).inject()
    assert injection.overlay["apiKeyHelper"] == ""
    assert injection.overlay["permissions"] == {"deny": ["Bash"]}
    assert "statusLine" not in injection.overlay
    assert (env(injection)["ANTHROPIC_BASE_URL"], env(injection)["MINE"]) == (URL, "true")
    assert injection.dropped == ("statusLine: expected an object",)


def test_repr_shows_names_only() -> None:
    injection = Given(API_KEY, logins=CONSOLE, headers={"X-A": KEY}).inject()
    assert "+ANTHROPIC_AUTH_TOKEN" in repr(injection)
    assert "-ANTHROPIC_API_KEY" in repr(injection)
    assert KEY not in repr(injection)


def test_the_overlay_is_plain_json() -> None:
    overlay = Given(API_KEY, layers={"flag": {"new": [1.5, None]}}).inject().overlay
    assert json.loads(json.dumps(overlay, allow_nan=False)) == overlay
