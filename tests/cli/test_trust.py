from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from routing import KEY, table

if TYPE_CHECKING:
    from running import Ran
    from sandbox import Sandbox

EU = table("eu", "https://eu.example.com")
US = table("us", "https://us.example.com/api", 'headers = { X-Org = "prod", X-Edge = "${EDGE}" }')

COMMANDS = (
    "core.fsmonitor",
    "core.pager",
    "pager.cat-file",
    "core.sshCommand",
    "core.alternateRefsCommand",
    "diff.trap.textconv",
    "filter.trap.smudge",
)
"""What a repository can have git run."""

PROMISOR = {
    "core.repositoryFormatVersion": "1",
    "extensions.partialClone": "origin",
    "remote.origin.promisor": "true",
    "remote.origin.url": "ext::touch sprung",
    "protocol.allow": "always",
    "protocol.ext.allow": "always",
}
"""A remote that is a command, asked for whatever object isn't there."""


def state(sandbox: Sandbox) -> dict[str, bool]:
    answer = sandbox.run_ccroute("trust", "--json").json
    return {route["name"]: route["allowed"] for route in answer["routes"]}


def committed(sandbox: Sandbox, text: str) -> None:
    sandbox.ccroute(text)
    sandbox.git("add", ".ccroute")
    sandbox.git("commit", "-q", "-m", "routes")


def test_without_a_terminal_it_shows_the_grants_and_stops_with_77(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU + US)
    ran = bare_sandbox.run_ccroute("trust", input="y\n").expect(77)
    assert [" ".join(line.split()) for line in ran.out.splitlines()] == [
        "~/work/acme/.ccroute wants to send",
        "",
        "eu LLM_KEY (not set) to https://eu.example.com/",
        "us LLM_KEY (not set) to https://us.example.com/api",
        "header X-Org: prod",
        "header X-Edge: ${EDGE} (EDGE not set)",
        "",
    ]
    assert "ccroute trust --yes" in ran.err
    assert state(bare_sandbox) == {"eu": False, "us": False}


def test_yes_records_them(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU + US)
    bare_sandbox.run_ccroute("trust", "--yes").expect()
    assert state(bare_sandbox) == {"eu": True, "us": True}


def test_only_the_named_routes_are_allowed(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU + US)
    bare_sandbox.run_ccroute("trust", "us", "--yes").expect()
    assert state(bare_sandbox) == {"eu": False, "us": True}


def test_an_unknown_route_is_a_mistake_that_names_the_others(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU + US)
    assert "there are eu, us" in bare_sandbox.run_ccroute("trust", "ap", "--yes").expect(2).err


def test_on_a_terminal_a_yes_is_enough(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    with bare_sandbox.terminal("ccroute", "trust") as terminal:
        asked = terminal.expect("Allow it for ~/work/acme? [y/N]")
        assert "Your prompts and this repository's code go there too." in asked
        terminal.send("y\r")
        assert terminal.wait() == 0
    assert state(bare_sandbox) == {"eu": True}


@pytest.mark.parametrize("key", ["\r", "n\r"], ids=["Enter", "n"])
def test_on_a_terminal_a_no_is_77(bare_sandbox: Sandbox, key: str) -> None:
    bare_sandbox.ccroute(EU)
    with bare_sandbox.terminal("ccroute", "trust") as terminal:
        terminal.expect("[y/N]")
        terminal.send(key)
        assert terminal.wait() == 77
    assert state(bare_sandbox) == {"eu": False}


def test_what_is_allowed_is_not_asked_again(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    bare_sandbox.run_ccroute("trust", "--yes").expect()
    assert "all of it is allowed" in bare_sandbox.run_ccroute("trust").expect().out


def test_a_harmless_edit_needs_no_new_leave_and_a_new_url_does(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    bare_sandbox.run_ccroute("trust", "--yes").expect()
    bare_sandbox.ccroute(f'# words\ntags = {{ team = "core" }}\n{EU}weight = 2\n')
    assert state(bare_sandbox) == {"eu": True}
    bare_sandbox.ccroute(EU.replace("eu.example.com", "eu.example.com/path"))
    assert state(bare_sandbox) == {"eu": False}


def test_a_worktree_shares_the_leave_of_its_main_checkout(bare_sandbox: Sandbox) -> None:
    committed(bare_sandbox, EU)
    bare_sandbox.run_ccroute("trust", "--yes").expect()
    tree = bare_sandbox.home / "work" / "tree"
    bare_sandbox.git("worktree", "add", "-q", str(tree))
    bare_sandbox.run_ccroute("trust", "--json", cwd=tree).expect()


def test_every_repository_holds_in_a_second_clone(bare_sandbox: Sandbox) -> None:
    committed(bare_sandbox, EU)
    clone = bare_sandbox.home / "work" / "clone"
    bare_sandbox.git("clone", "-q", str(bare_sandbox.project), str(clone))
    bare_sandbox.run_ccroute("trust", "--yes").expect()
    bare_sandbox.run_ccroute("trust", "--json", cwd=clone).expect(77)
    bare_sandbox.run_ccroute("trust", "--yes", "--every-repository").expect()
    bare_sandbox.run_ccroute("trust", "--json", cwd=clone).expect()


def test_the_json_has_its_keys(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    answer = bare_sandbox.run_ccroute("trust", "--json", "--yes").expect().json
    assert answer == {
        "version": 1,
        "file": str(bare_sandbox.project / ".ccroute"),
        "project": str(bare_sandbox.project),
        "ignored": False,
        "routes": [
            {
                "name": "eu",
                "allowed": True,
                "grants": [
                    {
                        "what": "LLM_KEY",
                        "url": "https://eu.example.com/",
                        "value": "",
                        "allowed": True,
                    }
                ],
            }
        ],
    }


def test_what_print_writes_is_all_that_a_ci_job_needs(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU + US)
    text = bare_sandbox.run_ccroute("trust", "--print").expect().out.strip()
    assert text == (
        "LLM_KEY@https://eu.example.com/, LLM_KEY@https://us.example.com/api, "
        "header:X-Org@https://us.example.com/api, EDGE@https://us.example.com/api, "
        "header:X-Edge@https://us.example.com/api"
    )
    bare_sandbox.run_ccroute("trust", "--json", env={"CCWRAP_TRUST": text}).expect()


def test_the_list_names_everything_and_where_it_holds(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    bare_sandbox.run_ccroute("trust", "--yes").expect()
    bare_sandbox.config('[trust]\n"https://own.example.com" = ["OWN_KEY"]\n')
    out = bare_sandbox.run_ccroute("trust", "--list").expect().out
    assert out.splitlines() == [
        "~/work/acme",
        "  LLM_KEY to https://eu.example.com/",
        "CCWRAP_TRUST, config.toml",
        "  OWN_KEY to https://own.example.com/",
    ]
    answer = bare_sandbox.run_ccroute("trust", "--list", "--json").expect().json
    assert set(answer) == {"version", "projects", "every_repository", "given", "ignored"}


def test_an_ignored_file_is_heeded_again_when_it_is_trusted(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    bare_sandbox.run_ccroute("trust", "--ignore").expect()
    assert bare_sandbox.run_ccroute("trust", "--json").json["ignored"] is True
    bare_sandbox.run_ccroute("trust", "--yes").expect()
    assert bare_sandbox.run_ccroute("trust", "--json").json["ignored"] is False


def test_a_file_that_requires_a_route_can_not_be_ignored(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(f"require_route = true\n{EU}")
    bare_sandbox.run_ccroute("trust", "--ignore").expect(2)


class TestDiff:
    def diff(self, sandbox: Sandbox, status: int, revision: str = "HEAD") -> Ran:
        return sandbox.run_ccroute("trust", "--diff", revision).expect(status)

    def test_nothing_new_is_0(self, bare_sandbox: Sandbox) -> None:
        committed(bare_sandbox, EU)
        bare_sandbox.ccroute(f"# words\n{EU}")
        assert self.diff(bare_sandbox, 0).out == "nothing new since HEAD\n"

    def test_a_new_gateway_and_a_new_header_are_1(self, bare_sandbox: Sandbox) -> None:
        committed(bare_sandbox, EU)
        bare_sandbox.ccroute(f'{EU}headers = {{ X-Org = "prod" }}\n{US}')
        assert self.diff(bare_sandbox, 1).out.splitlines() == [
            "new  eu  the header X-Org: prod to https://eu.example.com/",
            "new  us  LLM_KEY to https://us.example.com/api",
            "new  us  the header X-Org: prod to https://us.example.com/api",
            "new  us  EDGE to https://us.example.com/api",
            "new  us  the header X-Edge: ${EDGE} to https://us.example.com/api",
        ]

    def test_a_file_that_was_not_there_is_all_new(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.git("commit", "-q", "--allow-empty", "-m", "nothing")
        bare_sandbox.ccroute(EU)
        assert "LLM_KEY to https://eu.example.com/" in self.diff(bare_sandbox, 1).out

    def test_a_file_that_was_broken_is_all_new_and_said_so(self, bare_sandbox: Sandbox) -> None:
        committed(bare_sandbox, "nonsense")
        bare_sandbox.ccroute(EU)
        ran = self.diff(bare_sandbox, 1)
        assert "no valid route file at HEAD" in ran.err

    def test_the_file_of_a_subfolder_is_compared_with_itself(self, bare_sandbox: Sandbox) -> None:
        committed(bare_sandbox, US)
        bare_sandbox.write("sub/.ccroute", EU)
        bare_sandbox.git("add", "sub")
        bare_sandbox.git("commit", "-q", "-m", "sub")
        bare_sandbox.run_ccroute(
            "trust", "--diff", "HEAD", cwd=bare_sandbox.project / "sub"
        ).expect()

    def test_a_repository_among_the_committed_files_is_not_compared_with(
        self, bare_sandbox: Sandbox
    ) -> None:
        """Its history could have had the new gateway all along."""
        committed(bare_sandbox, EU + US)
        inner = bare_sandbox.project / "sub"
        bare_sandbox.git("clone", "-q", "--bare", ".", str(inner))
        bare_sandbox.git("config", "-f", f"{inner}/config", "core.bare", "false")
        bare_sandbox.git("config", "-f", f"{inner}/config", "core.worktree", ".")
        bare_sandbox.write("sub/.ccroute", EU + US)
        ran = bare_sandbox.run_ccroute("trust", "--diff", "HEAD", cwd=inner)
        assert ran.status != 0
        assert "nothing new" not in ran.out

    def test_the_json_has_what_is_new(self, bare_sandbox: Sandbox) -> None:
        committed(bare_sandbox, EU)
        bare_sandbox.ccroute(EU + table("ap", "https://ap.example.com"))
        ran = bare_sandbox.run_ccroute("trust", "--diff", "HEAD", "--json").expect(1)
        new = {"route": "ap", "what": "LLM_KEY", "url": "https://ap.example.com/", "value": ""}
        assert ran.json == {"version": 1, "revision": "HEAD", "new": [new]}

    @pytest.mark.parametrize("revision", ["nowhere", "-p", "--output=x", "HEAD:.ccroute", "a\x1bb"])
    def test_what_is_no_revision_is_a_usage_error(
        self, bare_sandbox: Sandbox, revision: str
    ) -> None:
        committed(bare_sandbox, EU)
        assert "\x1b" not in self.diff(bare_sandbox, 2, revision).err

    def test_nothing_that_a_hostile_repository_configures_is_run(
        self, bare_sandbox: Sandbox
    ) -> None:
        committed(bare_sandbox, EU)
        trap = bare_sandbox.write("trap", "#!/bin/sh\ntouch sprung\ncat\n", 0o755)
        for name in COMMANDS:
            bare_sandbox.git("config", name, str(trap))
        bare_sandbox.write(".gitattributes", "* diff=trap filter=trap\n")
        bare_sandbox.write("git", "#!/bin/sh\ntouch sprung\n", 0o755)
        path = f".:{bare_sandbox.environment['PATH']}"
        bare_sandbox.run_ccroute("trust", "--diff", "HEAD", env={"PATH": path}).expect()
        assert not (bare_sandbox.project / "sprung").exists()

    def test_a_missing_object_is_not_fetched_by_what_the_repository_says(
        self, bare_sandbox: Sandbox
    ) -> None:
        committed(bare_sandbox, EU)
        blob = bare_sandbox.git("rev-parse", "HEAD:.ccroute").strip()
        (bare_sandbox.project / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
        for name, value in PROMISOR.items():
            bare_sandbox.git("config", name, value)
        self.diff(bare_sandbox, 1)
        assert not (bare_sandbox.project / "sprung").exists()


class TestUntrust:
    def test_the_whole_project_is_taken_back(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.ccroute(EU + US)
        bare_sandbox.run_ccroute("trust", "--yes").expect()
        bare_sandbox.run_ccroute("untrust").expect()
        assert state(bare_sandbox) == {"eu": False, "us": False}

    def test_one_route_is_taken_back(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.ccroute(EU + US)
        bare_sandbox.run_ccroute("trust", "--yes").expect()
        bare_sandbox.run_ccroute("untrust", "us").expect()
        assert state(bare_sandbox) == {"eu": True, "us": False}

    def test_what_holds_elsewhere_is_said(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.ccroute(EU)
        bare_sandbox.run_ccroute("trust", "--yes", "--every-repository").expect()
        assert "eu is still allowed" in bare_sandbox.run_ccroute("untrust").expect().out

    def test_all_is_everything_that_is_recorded(self, bare_sandbox: Sandbox) -> None:
        bare_sandbox.ccroute(EU)
        bare_sandbox.run_ccroute("trust", "--yes", "--every-repository").expect()
        bare_sandbox.run_ccroute("trust", "--yes").expect()
        bare_sandbox.run_ccroute("trust", "--ignore").expect()
        bare_sandbox.run_ccroute("untrust", "--all", cwd=bare_sandbox.home).expect()
        assert "nothing is allowed yet" in bare_sandbox.run_ccroute("trust", "--list").expect().out


def test_no_command_shows_a_key_or_asks_a_gateway(bare_sandbox: Sandbox) -> None:
    bare_sandbox.ccroute(EU)
    for arguments in ((), ("--yes",), ("--list",), ("--print",), ("--json",)):
        ran = bare_sandbox.run_ccroute("trust", *arguments, env={"LLM_KEY": KEY})
        assert KEY not in ran.out + ran.err
