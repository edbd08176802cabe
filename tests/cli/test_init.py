from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

KEY = "sk-made-up-0123456789"
URL = "https://llm.example.com"


def text(sandbox: Sandbox) -> str:
    return (sandbox.project / ".ccroute").read_text()


def allowed(sandbox: Sandbox) -> bool:
    return sandbox.run_ccroute("trust", "--json").status == 0


def nowhere(sandbox: Sandbox, *but: Path) -> None:
    """No file of the world has the key, but those named."""
    for file in sandbox.home.rglob("*"):
        if file.is_file() and file not in but:
            assert KEY not in file.read_text(errors="replace"), file


def test_a_script_gets_a_file_that_is_right_and_allowed(bare_sandbox: Sandbox) -> None:
    out = bare_sandbox.run_ccroute("init", "--kind", "openrouter", "--yes").expect().out
    assert out.startswith(
        "wrote ~/work/acme/.ccroute; what it asks for is allowed\n"
        "and .ccroute.schema.json, for editors: commit both\n"
        "added to .gitignore: .ccroute.local, .env.local, .env\n"
    )
    assert "wants OPENROUTER_API_KEY: " in out
    assert "\n  ccroute secret set OPENROUTER_API_KEY\n" in out
    written = (bare_sandbox.project / ".ccroute").read_text()
    assert max(map(len, (out + written).splitlines())) <= 80
    assert '\n[[route]]\nkind = "openrouter"\n' in text(bare_sandbox)
    bare_sandbox.run_ccroute("validate").expect()
    assert allowed(bare_sandbox)


def test_editors_find_the_schema_that_the_first_line_names(bare_sandbox: Sandbox) -> None:
    bare_sandbox.run_ccroute("init", "--kind", "anthropic", "--yes").expect()
    first = text(bare_sandbox).splitlines()[0]
    file = bare_sandbox.project / first.removeprefix("#:schema ./")
    assert json.loads(file.read_text()) == bare_sandbox.run_ccroute("schema").expect().json


@pytest.mark.parametrize("before", ["", "node_modules\n.env", ".env\n.env.local\n.ccroute.local\n"])
def test_private_files_are_git_ignored_once(bare_sandbox: Sandbox, before: str) -> None:
    file = bare_sandbox.write(".gitignore", before)
    for _ in range(2):
        bare_sandbox.run_ccroute("init", "--kind", "anthropic", "--yes", "--force").expect()
    lines = file.read_text().splitlines()
    assert file.read_text().startswith(before)
    assert [lines.count(one) for one in (".ccroute.local", ".env.local", ".env")] == [1, 1, 1]


@pytest.mark.parametrize("name", [".ccroute", ".ccroute.toml"])
def test_what_is_there_is_not_overwritten(bare_sandbox: Sandbox, name: str) -> None:
    file = bare_sandbox.write(name, "# mine\n")
    err = bare_sandbox.run_ccroute("init", "--kind", "anthropic", "--yes").expect(2).err
    assert f"{name} is there already" in err
    assert file.read_text() == "# mine\n"


def test_force_overwrites_and_replaces_a_planted_link(bare_sandbox: Sandbox) -> None:
    victim = bare_sandbox.write(bare_sandbox.home / "victim", "mine\n")
    (bare_sandbox.project / ".ccroute").symlink_to(victim)
    bare_sandbox.run_ccroute("init", "--kind", "anthropic", "--yes").expect(2)
    bare_sandbox.run_ccroute("init", "--kind", "anthropic", "--yes", "--force").expect()
    assert victim.read_text() == "mine\n"
    assert not (bare_sandbox.project / ".ccroute").is_symlink()


def test_a_planted_link_for_gitignore_is_not_followed(bare_sandbox: Sandbox) -> None:
    victim = bare_sandbox.write(bare_sandbox.home / "victim", "mine\n")
    (bare_sandbox.project / ".gitignore").symlink_to(victim)
    bare_sandbox.run_ccroute("init", "--kind", "anthropic", "--yes").expect(78)
    assert victim.read_text() == "mine\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nobody can be asked"),
        (("--kind", "nonsense", "--yes"), "no such kind"),
        (("--kind", "litelm", "--yes"), "did you mean litellm?"),
        (("--kind", "litellm", "--yes"), "needs a URL"),
        (("--kind", "litellm", "--url", "http://llm.example.com", "--yes"), "the URL http://"),
        (("--kind", "litellm", "--url", f"https://u:{KEY}@a.example", "--yes"), "user or password"),
    ],
    ids=["no terminal", "unknown kind", "misspelt kind", "no url", "plain http", "password"],
)
def test_what_can_not_be_is_a_usage_error_and_writes_nothing(
    bare_sandbox: Sandbox, arguments: tuple[str, ...], words: str
) -> None:
    ran = bare_sandbox.run_ccroute("init", *arguments).expect(2)
    assert words in ran.err
    assert KEY not in ran.err
    assert sorted(file.name for file in bare_sandbox.project.iterdir()) == [".git"]


def test_the_environment_is_taken_over_without_its_secret(bare_sandbox: Sandbox) -> None:
    environment = {
        "ANTHROPIC_BASE_URL": URL,
        "ANTHROPIC_AUTH_TOKEN": KEY,
        "ANTHROPIC_MODEL": "claude-sonnet-5",
        "ANTHROPIC_CUSTOM_HEADERS": f"X-Org-Route: prod\nX-Edge: {KEY}",
    }
    out = bare_sandbox.run_ccroute("init", "--yes", env=environment).expect().out
    assert text(bare_sandbox).endswith(
        f'[[route]]\nkind = "generic"\nurl = "{URL}"\nauth_token = "${{ANTHROPIC_AUTH_TOKEN}}"\n'
        'headers = { X-Org-Route = "prod", X-Edge = "${X_EDGE}" }\n'
        'models = { default = "claude-sonnet-5" }\n'
    )
    assert "wants X_EDGE" in out
    assert KEY not in out
    nowhere(bare_sandbox)


def test_the_users_settings_are_taken_over_without_their_secret(bare_sandbox: Sandbox) -> None:
    variables = {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_API_KEY": KEY}
    file = bare_sandbox.settings("user", {"env": variables})
    out = bare_sandbox.run_ccroute("init", "--kind", "litellm", "--yes").expect().out
    assert f'url = "{URL}"\napi_key = "${{LITELLM_API_KEY}}"' in text(bare_sandbox)
    assert "wants LITELLM_API_KEY" in out
    nowhere(bare_sandbox, file)


@pytest.mark.parametrize("layer", ["project", "local"])
def test_the_repositorys_settings_are_named_and_not_taken_over(
    bare_sandbox: Sandbox, layer: str
) -> None:
    bare_sandbox.settings(layer, {"env": {"ANTHROPIC_BASE_URL": "https://evil.example"}})
    environment = {"ANTHROPIC_API_KEY": KEY}
    out = bare_sandbox.run_ccroute("init", "--yes", env=environment).expect().out
    assert "sets ANTHROPIC_BASE_URL" in out
    assert "evil.example" not in text(bare_sandbox)
    assert 'kind = "anthropic"' in text(bare_sandbox)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("work/acme", ""),
        ("work/acme/sub", "it holds from this folder down, in ~/work/acme"),
        ("", "no git repository here: it holds for this folder and all below it"),
    ],
    ids=["repository", "subfolder", "home"],
)
def test_it_says_for_which_folders_the_file_holds(
    bare_sandbox: Sandbox, where: str, words: str
) -> None:
    folder = bare_sandbox.home / where
    folder.mkdir(exist_ok=True)
    out = bare_sandbox.run_ccroute("init", "--kind", "anthropic", "--yes", cwd=folder).expect().out
    assert words in out
    assert ("it holds" in out) is bool(words)
    assert (folder / ".gitignore").exists() is (where != "")
    bare_sandbox.run_ccroute("trust", "--json", cwd=folder).expect()


class TestOnATerminal:
    def test_enter_all_the_way_is_a_good_answer(self, bare_sandbox: Sandbox) -> None:
        with bare_sandbox.terminal("ccroute", "init") as terminal:
            terminal.expect("[anthropic]:")
            terminal.send("\r")
            assert '[[route]]\nkind = "anthropic"' in terminal.expect("[Y/n]:")
            terminal.send("\r")
            terminal.expect("next: ccroute check")
            assert terminal.wait() == 0
        assert allowed(bare_sandbox)

    def test_a_url_is_asked_for_where_the_kind_has_none(self, bare_sandbox: Sandbox) -> None:
        with bare_sandbox.terminal("ccroute", "init") as terminal:
            terminal.expect("[anthropic]:")
            terminal.send("truefoundry\r")
            terminal.expect("Base URL:")
            terminal.send(f"{URL}\r")
            terminal.expect("[Y/n]:")
            terminal.send("\r")
            assert terminal.wait() == 0
        assert f'kind = "truefoundry"\nurl = "{URL}"\n' in text(bare_sandbox)

    def test_a_slip_is_explained_and_asked_again(self, bare_sandbox: Sandbox) -> None:
        with bare_sandbox.terminal("ccroute", "init", size=(40, 60)) as terminal:
            shown = terminal.expect("[anthropic]:")
            terminal.send("litelm\r")
            said = terminal.expect("[anthropic]:")
            assert "no such kind: 'litelm'; did you mean litellm?" in said
            terminal.send("litellm\r")
            terminal.expect("Base URL:")
            terminal.send(f"{URL}/v1\r")
            said = terminal.expect("Base URL:")
            assert f"the URL ends in /v1, which claude adds by itself; write {URL}" in said
            terminal.send(f"{URL}\r")
            terminal.expect("[Y/n]:")
            terminal.send("\r")
            assert terminal.wait() == 0
        assert max(map(len, shown.splitlines())) <= 60
        assert f'kind = "litellm"\nurl = "{URL}"\n' in text(bare_sandbox)

    def test_a_no_writes_and_allows_nothing(self, bare_sandbox: Sandbox) -> None:
        with bare_sandbox.terminal("ccroute", "init", "--kind", "anthropic") as terminal:
            terminal.expect("[Y/n]:")
            terminal.send("n\r")
            terminal.expect("nothing was written")
            assert terminal.wait() == 1
        assert not (bare_sandbox.project / ".ccroute").exists()

    def test_the_repositorys_settings_count_on_a_yes(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.settings("project", {"env": {"ANTHROPIC_BASE_URL": URL}})
        with bare_sandbox.terminal("ccroute", "init") as terminal:
            terminal.expect("Take that over too? [y/N]:")
            terminal.send("y\r")
            terminal.expect("[generic]:")
            terminal.send("\r")
            terminal.expect("[Y/n]:")
            terminal.send("\r")
            assert terminal.wait() == 0
        assert f'url = "{URL}"' in text(bare_sandbox)

    def test_a_secret_is_moved_to_env_local_and_out_of_the_settings(
        self, bare_sandbox: Sandbox
    ) -> None:
        variables = {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": KEY, "OTHER": "stays"}
        settings = bare_sandbox.settings("user", {"model": "opus", "env": variables})
        with bare_sandbox.terminal("ccroute", "init", "--kind", "litellm") as terminal:
            terminal.expect("[Y/n]:")
            terminal.send("\r")
            asked = terminal.expect("or [n]owhere [n]:")
            terminal.send("e\r")
            terminal.expect("[y/N]:")
            terminal.send("y\r")
            said = terminal.expect("next: ccroute check")
            assert terminal.wait() == 0
        env_local = bare_sandbox.project / ".env.local"
        assert "its value stands in ~/.claude/settings.json" in asked
        assert KEY not in terminal.raw
        assert "wants" not in said
        assert env_local.read_text() == f"LITELLM_API_KEY='{KEY}'\n"
        assert env_local.stat().st_mode & 0o777 == 0o600
        assert json.loads(settings.read_text()) == {
            "model": "opus",
            "env": {"ANTHROPIC_BASE_URL": URL, "OTHER": "stays"},
        }
        nowhere(bare_sandbox, env_local)

    def test_what_was_agreed_to_is_allowed_before_the_last_question(
        self, bare_sandbox: Sandbox
    ) -> None:
        variables = {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": KEY}
        bare_sandbox.settings("user", {"env": variables})
        with bare_sandbox.terminal("ccroute", "init", "--kind", "litellm") as terminal:
            terminal.expect("[Y/n]:")
            terminal.send("\r")
            terminal.expect("or [n]owhere [n]:")
            assert allowed(bare_sandbox)

    def test_the_kinds_are_listed_above_the_question(self, bare_sandbox: Sandbox) -> None:
        with bare_sandbox.terminal("ccroute", "init") as terminal:
            shown = terminal.expect("Kind of gateway [anthropic]:")
        assert "Kinds: anthropic, generic, litellm," in shown
        assert max(map(len, shown.splitlines())) <= 80

    def test_a_secret_may_stay_where_it_is(self, bare_sandbox: Sandbox) -> None:
        variables = {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": KEY}
        settings = bare_sandbox.settings("user", {"env": variables})
        before = settings.read_text()
        with bare_sandbox.terminal("ccroute", "init", "--kind", "litellm") as terminal:
            terminal.expect("[Y/n]:")
            terminal.send("\r")
            terminal.expect("or [n]owhere [n]:")
            terminal.send("\r")
            terminal.expect("wants LITELLM_API_KEY")
            assert terminal.wait() == 0
        assert settings.read_text() == before
        assert not (bare_sandbox.project / ".env.local").exists()

    @pytest.mark.parametrize(
        "env_local", ["LITELLM_API_KEY=mine\n", "export LITELLM_API_KEY = 'mine'\n"]
    )
    def test_a_value_that_is_there_is_not_replaced(
        self, bare_sandbox: Sandbox, env_local: str
    ) -> None:
        variables = {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": KEY}
        bare_sandbox.settings("user", {"env": variables})
        file = bare_sandbox.write(".env.local", env_local)
        with bare_sandbox.terminal("ccroute", "init", "--kind", "litellm") as terminal:
            terminal.expect("[Y/n]:")
            terminal.send("\r")
            terminal.expect("or [n]owhere [n]:")
            terminal.send("e\r")
            terminal.expect("has a LITELLM_API_KEY already")
            assert terminal.wait() == 0
        assert file.read_text() == env_local

    def test_without_a_keyring_the_secret_stays_and_init_goes_on(
        self, bare_sandbox: Sandbox
    ) -> None:
        variables = {"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": KEY}
        settings = bare_sandbox.settings("user", {"env": variables})
        before = settings.read_text()
        environment = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        with bare_sandbox.terminal(
            "ccroute", "init", "--kind", "litellm", env=environment
        ) as terminal:
            terminal.expect("[Y/n]:")
            terminal.send("\r")
            terminal.expect("or [n]owhere [n]:")
            terminal.send("k\r")
            assert "put it in .env.local" in terminal.expect("wants LITELLM_API_KEY")
            assert terminal.wait() == 0
        assert settings.read_text() == before
        assert KEY not in terminal.raw
