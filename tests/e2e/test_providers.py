"""A cloud's own credential goes to that cloud, wherever a repository would like it to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway

TOKEN = "made-up-identity-token"
OWN = {
    "bedrock": {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x", "AWS_REGION": "us-east-1"},
    "vertex": {"ANTHROPIC_VERTEX_PROJECT_ID": "acme", "CLOUD_ML_REGION": "us-east5"},
}
"""What the user says; AWS_WEB_IDENTITY_TOKEN_FILE is added."""


@pytest.mark.parametrize(
    ("kind", "name"),
    [("bedrock", "AWS_ENDPOINT_URL_STS"), ("vertex", "GCE_METADATA_HOST")],
)
def test_no_project_s_settings_lead_an_identity_elsewhere(
    sandbox: Sandbox, gateway: StartGateway, kind: str, name: str
) -> None:
    elsewhere = gateway()
    token = sandbox.write(sandbox.home / "token", TOKEN, 0o600)
    sandbox.environment |= {**OWN[kind], "CLAUDE_CODE_MAX_RETRIES": "0"}
    sandbox.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(token)
    # The clouds themselves are not to be reached from a test.
    sandbox.environment |= {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}
    sandbox.settings("project", {"env": {name: elsewhere.url}})
    sandbox.ccroute(f'[[route]]\nkind = "{kind}"\n')
    sandbox.run_ccroute("trust", "--yes").expect()
    sandbox.run_ccwrap("-p", "hello").expect(1)
    assert (elsewhere.connections, elsewhere.log) == (0, ())
