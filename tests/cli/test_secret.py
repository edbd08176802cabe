"""The keyring is a real one of the package's own: a backend that writes a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

KEY = "made-up-key-0123456789"
BACKEND = """
import json, os
from pathlib import Path
from keyring.backend import KeyringBackend

class FileKeyring(KeyringBackend):
    priority = 9
    path = Path(os.environ["HOME"]) / "keyring.json"

    def entries(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def get_password(self, service, username):
        return self.entries().get(f"{service}/{username}")

    def set_password(self, service, username, password):
        self.path.write_text(json.dumps({**self.entries(), f"{service}/{username}": password}))
"""


@pytest.fixture
def keyring(bare_sandbox: Sandbox) -> Path:
    """The file behind the keyring of `bare_sandbox`."""
    bare_sandbox.write(bare_sandbox.home / "lib" / "file_keyring.py", BACKEND)
    bare_sandbox.environment["PYTHONPATH"] = str(bare_sandbox.home / "lib")
    bare_sandbox.environment["PYTHON_KEYRING_BACKEND"] = "file_keyring.FileKeyring"
    return bare_sandbox.home / "keyring.json"


def config(sandbox: Sandbox) -> Path:
    base = ".config/ccwrap"
    if sys.platform == "darwin":
        base = "Library/Application Support/ccwrap"
    return sandbox.home / base / "config.toml"


def test_a_piped_value_is_kept_and_config_says_where(bare_sandbox: Sandbox, keyring: Path) -> None:
    ran = bare_sandbox.run_ccroute("secret", "set", "LLM_KEY", input=f"{KEY}\n").expect()
    assert KEY not in ran.out + ran.err
    assert KEY in keyring.read_text()
    assert 'LLM_KEY = {keyring = "ccwrap/LLM_KEY"}' in config(bare_sandbox).read_text()
    assert config(bare_sandbox).stat().st_mode & 0o777 == 0o600


def test_what_is_typed_is_not_shown(bare_sandbox: Sandbox, keyring: Path) -> None:
    with bare_sandbox.terminal("ccroute", "secret", "set", "LLM_KEY") as terminal:
        terminal.expect("LLM_KEY:")
        terminal.send(f"{KEY}\r")
        assert terminal.wait() == 0
    assert KEY not in terminal.raw
    assert KEY in keyring.read_text()


def test_comments_of_the_config_stay(bare_sandbox: Sandbox, keyring: Path) -> None:
    before = '# mine\nkeep_headers = ["X-Me"] # note\n\n[secrets]\n# other\nB = { file = "~/b" }\n'
    file = bare_sandbox.config(before)
    bare_sandbox.run_ccroute("secret", "set", "LLM_KEY", input=KEY).expect()
    after = file.read_text()
    assert after.startswith(before)
    assert "ccwrap/LLM_KEY" in after.removeprefix(before)


def test_a_name_that_was_kept_before_gets_the_new_value(
    bare_sandbox: Sandbox, keyring: Path
) -> None:
    for value in ("old-value-0123456789", KEY):
        bare_sandbox.run_ccroute("secret", "set", "LLM_KEY", input=value).expect()
    assert "old-value" not in keyring.read_text()
    assert config(bare_sandbox).read_text().count("LLM_KEY =") == 1


def test_a_variable_that_counts_first_is_said(bare_sandbox: Sandbox, keyring: Path) -> None:
    ran = bare_sandbox.run_ccroute("secret", "set", "LLM_KEY", input=KEY, env={"LLM_KEY": "x"})
    assert "also set in the environment" in ran.expect().out


@pytest.mark.parametrize(
    ("name", "value"),
    [("LLM_KEY", ""), ("LLM_KEY", "\n"), ("LLM_KEY", "a\nb"), ("not a name", KEY), ("A=B", KEY)],
    ids=["nothing", "a line end", "two lines", "spaces in the name", "= in the name"],
)
def test_what_can_be_no_key_is_a_usage_error(
    bare_sandbox: Sandbox, keyring: Path, name: str, value: str
) -> None:
    bare_sandbox.run_ccroute("secret", "set", name, input=value).expect(2)
    assert not keyring.exists()
    assert not config(bare_sandbox).exists()


def test_a_machine_without_a_keyring_gets_told_what_else_there_is(bare_sandbox: Sandbox) -> None:
    environment = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    ran = bare_sandbox.run_ccroute("secret", "set", "LLM_KEY", input=KEY, env=environment)
    assert ".env.local" in ran.expect(78).err
    assert not config(bare_sandbox).exists()


def test_without_the_extra_it_says_what_to_install(bare_sandbox: Sandbox) -> None:
    bare_sandbox.write(bare_sandbox.home / "lib" / "keyring.py", "raise ImportError\n")
    environment = {"PYTHONPATH": str(bare_sandbox.home / "lib")}
    ran = bare_sandbox.run_ccroute("secret", "set", "LLM_KEY", input=KEY, env=environment)
    assert "pipx inject ccwrap keyring" in ran.expect(78).err
