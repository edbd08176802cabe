"""`ccroute check --format github`: annotations and a summary, whatever anybody says."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ccwrap.cli import github
from ccwrap.gateways.simulated import Setup, refuses
from ccwrap.gateways.verdict import Verdict
from ccwrap.health.selection import Choice, Considered
from ccwrap.routes.schema import Place, Route
from github_job import understood
from routing import KEY, routed, table

if TYPE_CHECKING:
    from ccwrap.gateways.simulated import Behaviour
    from running import Ran
    from sandbox import Sandbox
    from starting import StartGateway

MODEL: Final = 'models = "claude-sonnet-5"'
HOSTILE: Final = {
    "a line of its own": "x\n::stop-commands::t\n::add-mask::a",
    "a command after a carriage return": "x\r::error::owned\r\n",
    "a command at once": "::set-output name=a::owned",
    "an old command": "x ##[add-path]/evil",
    "a command in capitals": "x\n::ERROR::owned ##[Add-Path]/evil",
    "escaped line ends": "%0A::error::owned%0D%0A %25",
    "a property": "x,line=7::owned,title=a:b",
    "a cell": "a | b \\| c |\n| - |",
    "code": "a ` b `` c ``` d",
    "HTML": "</code></td><img src=x onerror=alert(1)><script>x</script><!--",
    "an entity": "&lt;b&gt; &#124; &#x7c;",
    "links": "[a](https://evil.example) ![i](https://evil.example/x.png) <https://evil.example>",
    "bare links": "https://evil.example www.evil.example someone@evil.example",
    "mentions": "@octocat @org/team #1 GH-1 org/repo#1",
    "emphasis and a formula": "*a* _b_ ~c~ $x^2$ :tada: # h",
    "escapes": "\x1b[2J\x1b]8;;https://evil.example\x07x\x9b31m",
    "text that runs backwards": "abc\u202ecba\u2066\u200b",
}


def cells(summary: str) -> list[list[str]]:
    """The table's rows as a reader sees them. Fails for anything but words in a cell."""
    rows = [line for line in summary.splitlines() if line.startswith("|")][2:]
    found = []
    for row in rows:
        parts = row.strip("|").split("|")
        found.append([shown(part.strip()) for part in parts])
    return found


def shown(cell: str) -> str:
    """A cell's words: plain ones of ours, or foreign ones that neither Markdown nor HTML reads."""
    if match := re.fullmatch(r"<code>([A-Za-z0-9 ,;()/'=+-]|&#\d+;)+</code>", cell):
        return html.unescape(match[0].removeprefix("<code>").removesuffix("</code>"))
    assert re.fullmatch(r"[A-Za-z_0-9 ➜]*", cell), cell
    return cell


class Job:
    """A step of a job: the files that the runner makes for it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.summary = folder / "step-summary"
        self.summary.touch()
        self.env = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_WORKSPACE": str(sandbox.project),
        }

    def check(self, *arguments: str, expect: int = 0, **env: str) -> Ran:
        ran = self.sandbox.run_ccroute(
            "check", "--format", "github", *arguments, env=self.env | env
        )
        return ran.expect(expect)


@pytest.fixture
def job(bare_sandbox: Sandbox, tmp_path: Path) -> Job:
    return Job(bare_sandbox, tmp_path)


def test_a_choice_is_a_notice_and_what_was_passed_over_a_warning_at_its_line(
    job: Job, gateway: StartGateway, refused_port: int
) -> None:
    urls = {"dead": f"http://127.0.0.1:{refused_port}", "well": gateway(Setup(keys=[KEY])).url}
    routed(job.sandbox, urls, 'project = "acme"', MODEL)
    ran = job.check()
    chosen, dead = understood(ran.out)
    assert len(ran.out.splitlines()) == 2
    assert ran.err == ""
    assert (chosen.name, chosen.properties) == ("notice", {"title": "ccwrap"})
    assert chosen.message.startswith("well would run. 2 of 2 asked in ")
    assert dead.name == "warning"
    assert dead.properties == {"file": ".ccroute", "line": "2", "title": "dead: unreachable"}
    assert "refused the connection" in dead.message


def test_the_summary_shows_every_route_the_choice_and_the_mends(
    job: Job, gateway: StartGateway, refused_port: int
) -> None:
    urls = {"dead": f"http://127.0.0.1:{refused_port}", "well": gateway(Setup(keys=[KEY])).url}
    routed(job.sandbox, urls, 'project = "acme"', MODEL)
    job.sandbox.ccroute((job.sandbox.project / ".ccroute").read_text() + table("new", "https://n"))
    job.summary.write_text("before\n")
    job.check()
    text = job.summary.read_text()
    assert text.startswith("before\n### ccwrap: <code>acme</code> · ")
    dead, well, new = cells(text)
    assert dead[:3] == ["", "dead", "unreachable"]
    assert well[:3] == ["➜", "well", "ok"]
    assert well[3].endswith(" ms")
    assert new[:3] == ["", "new", "untrusted"]
    assert "`ccroute trust --print` writes the CCWRAP_TRUST" in new[5]
    assert "well would run" in html.unescape(text.splitlines()[-2])


def test_nothing_usable_is_an_error_and_exits_as_check_does(job: Job, refused_port: int) -> None:
    routed(job.sandbox, {"dead": f"http://127.0.0.1:{refused_port}"})
    whole, dead = understood(job.check(expect=69).out)
    assert (whole.name, dead.name) == ("error", "error")
    assert whole.message.startswith("None would run.")
    assert cells(job.summary.read_text())[0][:3] == ["", "dead", "unreachable"]


def test_nothing_allowed_asks_nobody_and_names_the_variable(
    job: Job, gateway: StartGateway
) -> None:
    stranger = gateway()
    job.sandbox.ccroute(table("new", stranger.url))
    ran = job.check(expect=77)
    assert "CCWRAP_TRUST" in ran.out
    assert stranger.connections == 0


def test_each_mistake_of_a_file_stands_at_its_line(job: Job) -> None:
    job.sandbox.ccroute('policy = "quickest"\n[[route]]\nkind = "openrouter"\nbase_url = "x"\n')
    found = understood(job.check(expect=78).out)
    assert [(one.name, one.properties["file"], one.properties["line"]) for one in found] == [
        ("error", ".ccroute", "1"),
        ("error", ".ccroute", "4"),
    ]
    assert all("fix: " in one.message for one in found)
    assert "- <code>" in job.summary.read_text()


def test_a_file_in_a_folder_is_named_from_the_checkout_s_root(job: Job) -> None:
    folder = job.sandbox.project / "service"
    job.sandbox.write("service/.ccroute", "nonsense = 1\n")
    ran = job.sandbox.run_ccroute("check", "--format", "github", cwd=folder, env=job.env)
    (found,) = understood(ran.expect(78).out)
    assert found.properties["file"] == "service/.ccroute"


def test_no_file_says_how_to_begin(job: Job) -> None:
    (found,) = understood(job.check(expect=69).out)
    assert (found.name, "file" in found.properties) == ("error", False)
    assert "ccroute init" in found.message


def test_an_unknown_route_is_an_error_too(job: Job) -> None:
    routed(job.sandbox, {"eu": "http://127.0.0.1:9"})
    (found,) = understood(job.check("us", expect=2).out)
    assert "no route is called 'us'" in found.message


def unset(job: Job, tmp_path: Path) -> None:
    job.env["GITHUB_STEP_SUMMARY"] = ""


def missing(job: Job, tmp_path: Path) -> None:
    job.summary.unlink()


def folder(job: Job, tmp_path: Path) -> None:
    job.summary.unlink()
    job.summary.mkdir()


def link(job: Job, tmp_path: Path) -> None:
    job.summary.unlink()
    (tmp_path / "elsewhere").touch()
    job.summary.symlink_to(tmp_path / "elsewhere")


def pipe(job: Job, tmp_path: Path) -> None:
    job.summary.unlink()
    os.mkfifo(job.summary)


@pytest.mark.parametrize("wrong", [unset, missing, folder, link, pipe])
def test_without_a_summary_it_says_so_and_the_check_counts(
    job: Job, gateway: StartGateway, tmp_path: Path, wrong: object
) -> None:
    assert callable(wrong)
    wrong(job, tmp_path)
    routed(job.sandbox, {"eu": gateway().url}, more=MODEL)
    ran = job.check()
    assert understood(ran.out)[0].name == "notice"
    assert ran.err.startswith("ccroute: no summary: GITHUB_STEP_SUMMARY")
    assert len(ran.err.splitlines()) == 1
    if wrong is missing:
        assert not job.summary.exists()
    if wrong is link:
        assert (tmp_path / "elsewhere").read_text() == ""


def test_json_is_the_same_as_its_flag_and_goes_with_no_other(
    job: Job, gateway: StartGateway
) -> None:
    routed(job.sandbox, {"eu": gateway().url}, more=MODEL)
    ran = job.sandbox.run_ccroute("check", "--format", "json").expect()
    assert ran.json["chosen"] == "eu"
    assert "say one of" in job.sandbox.run_ccroute("check", "--json", "--format", "github").err
    job.sandbox.run_ccroute("check", "--watch", "--format", "github").expect(2)


def says(words: str) -> Behaviour:
    """A gateway whose own words are shown: it refuses the key with them."""
    return refuses(422, f"invalid api key {words}")


class TestWhateverAGatewaySays:
    @pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
    def test_is_only_said(self, job: Job, gateway: StartGateway, words: str) -> None:
        urls = {"hostile": gateway(behaviour=says(words)).url, "well": gateway().url}
        routed(job.sandbox, urls, 'project = "acme"', MODEL)
        ran = job.check()
        assert [(one.name, set(one.properties)) for one in understood(ran.out)] == [
            ("notice", {"title"}),
            ("warning", {"file", "line", "title"}),
        ]
        assert len(re.split(r"[\r\n]+", ran.out.rstrip("\n"))) == 2
        assert ran.err == ""
        rows = cells(job.summary.read_text())
        assert [len(row) for row in rows] == [6, 6]
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066]", ran.out)

    @pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
    def test_no_line_of_a_plain_check_or_a_refusal_is_a_command(
        self, job: Job, gateway: StartGateway, words: str
    ) -> None:
        job.sandbox.stand_in()
        routed(job.sandbox, {"hostile": gateway(behaviour=says(words)).url}, more=MODEL)
        checked = job.sandbox.run_ccroute("check", env=job.env).expect(69)
        refused = job.sandbox.run_ccwrap("-p", "x", env=job.env).expect(69)
        for ran in (checked, refused):
            assert understood(ran.out) == understood(ran.err) == []


@pytest.mark.parametrize("file", [table("new", "https://n"), "[[", "nonsense = 1\n"])
def test_a_folder_s_name_is_no_command_either(job: Job, file: str) -> None:
    folder = job.sandbox.project / "a\n::error::owned\r::Add-Mask::a ##[add-path]evil"
    folder.mkdir()
    (folder / ".ccroute").write_text(file)
    job.sandbox.stand_in()
    for words in (("check",), ("explain",), ("doctor",), ("trust", "--print"), ("env",)):
        ran = job.sandbox.run_ccroute(*words, cwd=folder, env=job.env)
        assert understood(ran.out) == understood(ran.err) == []
    ran = job.sandbox.run_ccwrap("-p", "x", cwd=folder, env=job.env)
    assert understood(ran.out) == understood(ran.err) == []
    ran = job.sandbox.run_ccroute("check", "--format", "github", cwd=folder, env=job.env)
    assert {one.name for one in understood(ran.out)} == {"error"}
    assert not [one for one in understood(ran.out) if one.message.startswith("owned")]
    assert ran.err == ""


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_every_property_stays_one(words: str) -> None:
    note = github.Note("error", words, words, f"a{words}", 3)
    (found,) = understood(github.annotation(note))
    assert set(found.properties) == {"file", "line", "title"}
    assert found.properties["line"] == "3"


def test_everything_is_bounded() -> None:
    def one(number: int) -> Considered:
        place = Place(".ccroute", number)
        route = Route(f"r{number}", "generic", "http://h", "auth_token", "KEY", place=place)
        return Considered(route, Verdict("unreachable", "|" * 5000, "|" * 5000))

    many = tuple(map(one, range(1, 2000)))
    choice = Choice(None, "", many)
    notes = github.checked(choice, "None would run.", Path("/"), {})
    commands = list(github.commands(notes))
    assert len(commands) == github.MOST
    assert max(map(len, commands)) < 2 * github.LONGEST
    text = github.markdown(["acme"], choice, "None would run.")
    assert len(text.encode()) < 128 * 1024
    assert re.search(r"\| and \d+ more \|", text)
