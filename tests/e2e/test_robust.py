"""Whatever the machine is like, a launch ends in time: as claude, or as a refusal with its words."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ccwrap.gateways.simulated import SILENT, Setup, refuses
from needing import missing
from routing import KEY, routed, table
from running import Ran, script

if TYPE_CHECKING:
    from sandbox import Sandbox
    from starting import StartGateway

LIMIT: Final = 1.0
"""The probe's time limit in these tests, seconds; a launch may take a second more."""

PROBE: Final = f"[probe]\ntimeout = {LIMIT}\n"
WRAPPER: Final = 2.5
START: Final = 1.0
"""Seconds that Python may need to start on a busy machine."""


@pytest.fixture
def world(bare_sandbox: Sandbox, gateway: StartGateway) -> Sandbox:
    """A routed world with a stand-in; its first gateway refuses the key, its second is well."""
    bare_sandbox.stand_in()
    urls = {"bad": gateway(behaviour=refuses(401)).url, "good": gateway(Setup(keys=(KEY,))).url}
    routed(bare_sandbox, urls, PROBE)
    return bare_sandbox


def shell(world: Sandbox, words: str, **env: str) -> Ran:
    """Run shell words in which `ccwrap` and `ccroute` are the real scripts."""
    env["PATH"] = f"{Path(script('ccwrap')).parent}{os.pathsep}{world.environment['PATH']}"
    return world.run("sh", "-c", words, env=env)


GATE: Final = """
import sys, time
class Gate:
    def find_spec(self, name, path=None, target=None):
        if name == "ccwrap.errors":
            print("importing", flush=True)
            time.sleep(60)
sys.meta_path.insert(0, Gate())
"""


@pytest.mark.parametrize("command", [["ccwrap", "-p", "x"], ["ccroute", "check"]], ids="/".join)
def test_ctrl_c_while_modules_load_is_130_without_a_traceback(
    world: Sandbox, command: list[str], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(GATE)
    name, *arguments = command
    with subprocess.Popen(
        [script(name), *arguments],
        env=world.environment | {"PYTHONPATH": str(tmp_path)},
        cwd=world.project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout
        assert child.stdout.readline() == b"importing\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full", "<&- 2>&-"])
def test_a_launch_goes_on_where_nobody_can_hear_it(world: Sandbox, stream: str) -> None:
    world.write(world.claude, "#!/bin/sh\necho ran\n", 0o755)
    ran = shell(world, f"ccwrap -p x {stream}", CI="1").expect()
    assert ran.out == "ran\n"


@pytest.mark.parametrize("stream", ["2>&-", "2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["ccwrap -p x", "ccroute nonsense"])
def test_a_refusal_that_nobody_can_hear_keeps_its_exit_code(
    world: Sandbox, command: str, stream: str
) -> None:
    shell(world, f"{command} {stream}", CCWRAP_ROUTE="nope").expect(
        78 if "ccwrap" in command else 2
    )


@pytest.mark.parametrize(
    "command", ["", "check", "explain", "env", "schema", "validate", "doctor", "trust --list"]
)
@pytest.mark.parametrize("stream", [">&-", ">/dev/full"])
def test_ccroute_without_a_standard_output_shows_no_traceback(
    world: Sandbox, command: str, stream: str
) -> None:
    ran = shell(world, f"ccroute {command} {stream}")
    assert ran.status in ({0, 1} if stream == ">&-" else {1})
    assert "Traceback" not in ran.err
    assert "fault in ccwrap" not in ran.err
    assert ("can't be written" in ran.err) == (stream == ">/dev/full")


@pytest.mark.parametrize("home", [None, "", ".", "missing", "a file", "a circle", "bytes \udcff"])
def test_any_home_is_good_enough(world: Sandbox, tmp_path: Path, home: str | None) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "a circle").symlink_to("a circle")
    # The account's own home is the real one: nothing of ours may go there.
    world.environment |= {"XDG_STATE_HOME": str(tmp_path / "state"), "TMPDIR": str(tmp_path)}
    world.environment |= {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    del world.environment["HOME"]
    if home is not None:
        world.environment["HOME"] = str(tmp_path / home) if home not in {"", "."} else home
    before = sorted(os.listdir(world.project))
    ran = world.run_ccwrap("-p", "x").expect()
    assert (ran.out, ran.err) == ("stand-in\n", "")
    assert sorted(os.listdir(world.project)) == before


def test_a_relative_home_lends_a_project_no_trust(world: Sandbox) -> None:
    """A project could bring a trust.json for a home that is the working directory."""
    del world.environment["CCWRAP_TRUST"]
    world.run_ccroute("trust", "--yes").expect()
    shutil.move(world.home / ".local", world.project / ".local")
    ran = world.run_ccwrap("-p", "x", env={"HOME": ".", "TMPDIR": "/nowhere"})
    ran.expect(77)


def only_says_that_nothing_is_remembered(said: str) -> None:
    """A store that can't be used costs one line at most."""
    assert all("nothing is remembered" in line for line in said.splitlines()), said
    assert len(said.splitlines()) <= 1


@pytest.mark.parametrize("what", ["the state folder is a file", "the overlays' folder is a file"])
def test_a_state_folder_that_is_none_costs_no_launch(
    world: Sandbox, tmp_path: Path, what: str
) -> None:
    state = world.home / ".local/state/ccwrap"
    path = state if "state" in what else state / "overlays"
    path.parent.mkdir(parents=True, mode=0o700)
    path.touch(0o600)
    ran = world.run_ccwrap("-p", "x", env={"TMPDIR": str(tmp_path)}).expect()
    assert ran.out == "stand-in\n"
    only_says_that_nothing_is_remembered(ran.err)


def test_where_no_file_can_be_written_the_refusal_says_so(world: Sandbox) -> None:
    ran = shell(world, "ulimit -f 0; exec ccwrap -p x", TMPDIR=str(world.home)).expect(78)
    assert "the settings overlay can't be written" in ran.err
    left = [path for path in world.home.rglob("*.json*") if path.stat().st_size]
    assert left == []


def namespaces(*kinds: str) -> list[str]:
    """The start of a command line that makes namespaces; skips where that isn't allowed."""
    command = ["unshare", "--user", "--map-root-user", *kinds]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        missing("user namespaces")
    return command


def test_a_full_disk_costs_no_launch(world: Sandbox, tmp_path: Path) -> None:
    state = world.home / ".local/state/ccwrap"
    state.mkdir(parents=True, mode=0o700)
    fill = f"mount -t tmpfs -o size=4k,mode=700 tmpfs {state} && ! cat /dev/zero > {state}/full"
    words = f"({fill}) 2>/dev/null; test -s {state}/full || exit 99; exec {script('ccwrap')} -p x"
    ran = world.run(*namespaces("--mount"), "sh", "-c", words, env={"TMPDIR": str(tmp_path)})
    if ran.status == 99:
        missing("tmpfs that may be mounted")
    assert ran.expect().out == "stand-in\n"
    only_says_that_nothing_is_remembered(ran.err)


@pytest.mark.parametrize("count", [1, 3, 10, 100])
def test_any_number_of_hanging_gateways_is_left_behind_in_time(
    bare_sandbox: Sandbox, gateway: StartGateway, black_hole_port: int, count: int
) -> None:
    bare_sandbox.stand_in()
    silent, good = gateway(behaviour=SILENT), gateway(Setup(keys=(KEY,)))
    hanging = (silent.url, f"http://127.0.0.1:{black_hole_port}")
    urls = {f"h{number}": f"{hanging[number % 2]}/{number}" for number in range(count)}
    routed(bare_sandbox, urls | {"good": good.url}, PROBE)
    began = time.monotonic()
    bare_sandbox.run_ccwrap("-p", "x").expect()
    assert time.monotonic() - began < LIMIT + 1
    routed(bare_sandbox, urls, PROBE)
    began = time.monotonic()
    bare_sandbox.run_ccwrap("-p", "x").expect(69)
    assert time.monotonic() - began < LIMIT + 1


RESOLVER: Final = """
import fcntl, json, os, socket, struct, subprocess, sys, time
from ccwrap.gateways.simulated import Setup, SimulatedGateway
from routing import KEY, table

with socket.socket() as any_socket:  # up with the loopback
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))
nameserver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
nameserver.bind(("127.0.0.1", 53))  # hears every question and answers none
for name, text in (("resolv", "nameserver 127.0.0.1\\n"), ("nsswitch", "hosts: files dns\\n")):
    with open(f"{name}.conf", "w") as file:
        file.write(text)
    subprocess.run(["mount", "--bind", f"{name}.conf", f"/etc/{name}.conf"], check=True)
with SimulatedGateway(Setup(keys=(KEY,))) as good:
    environment = json.loads(sys.argv[1])
    for tables in (["https://slow.test", good.url], ["https://slow.test", "https://late.test"]):
        with open(".ccroute", "w") as file:
            file.write("[probe]\\ntimeout = 1.0\\n")
            file.write("".join(table(f"r{at}", url) for at, url in enumerate(tables)))
        environment["CCWRAP_TRUST"] = ",".join(f"LLM_KEY@{url}" for url in tables)
        began = time.monotonic()
        done = subprocess.run([sys.argv[2], "-p", "x"], env=environment, capture_output=True)
        took = time.monotonic() - began
        print(json.dumps([done.returncode, took, done.stdout.decode(), done.stderr.decode()]))
nameserver.setblocking(False)
assert b"slow" in nameserver.recv(512), "the system's own resolver was not asked"
"""


def test_a_resolver_that_never_answers_is_left_behind_in_time(bare_sandbox: Sandbox) -> None:
    """The system's own resolver, with a name server that is silent: no thread can be stopped."""
    bare_sandbox.stand_in()
    support = Path(__file__).parents[1] / "support"
    world = bare_sandbox.environment | {"LLM_KEY": KEY}
    ran = bare_sandbox.run(
        *namespaces("--mount", "--net"),
        sys.executable,
        "-c",
        RESOLVER,
        json.dumps(world),
        script("ccwrap"),
        env={"PYTHONPATH": str(support)},
    )
    if "mount:" in ran.err or "/etc/" in ran.err:
        missing(f"resolver that can be set up: {ran.err}")
    with_good, without = (json.loads(line) for line in ran.expect().out.splitlines())
    assert (with_good[0], with_good[2]) == (0, "stand-in\n")
    assert without[0] == 69
    assert without[3].count("no answer to the name lookup") == 2
    assert max(with_good[1], without[1]) < LIMIT + 1


HOLES: Final = """
import contextlib, fcntl, json, os, socket, sqlite3, struct, subprocess, sys, time
from ccwrap.gateways.simulated import Setup, SimulatedGateway
from ports import black_hole
from routing import KEY, table

with socket.socket() as any_socket:  # up with the loopback
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))
nameserver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
nameserver.bind(("127.0.0.1", 53))  # hears every question and answers none
for name, text in (("resolv", "nameserver 127.0.0.1\\n"), ("nsswitch", "hosts: files dns\\n")):
    with open(f"{name}.conf", "w") as file:
        file.write(text)
    subprocess.run(["mount", "--bind", f"{name}.conf", f"/etc/{name}.conf"], check=True)
environment, ccwrap, claude = json.loads(sys.argv[1]), *sys.argv[2:]
store = os.path.join(environment["HOME"], ".local/state/ccwrap/health.db")

def launches(urls, count):
    with open(".ccroute", "w") as file:
        file.write("".join(table(name, url) for name, url in urls.items()))
        file.write(table("slow", "https://slow.test/s").replace("LLM_KEY", "SLOW"))
    urls = urls | {"slow": "https://slow.test/s"}
    grants = (f"{'SLOW' if name == 'slow' else 'LLM_KEY'}@{url}" for name, url in urls.items())
    environment["CCWRAP_TRUST"] = ",".join(grants)
    began = time.monotonic()
    words = [ccwrap, claude, "-p", "x"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    running = [subprocess.Popen(words, env=environment, text=True, **pipes) for _ in range(count)]
    for one in running:
        out, err = one.communicate()
        print(json.dumps([one.returncode, time.monotonic() - began, out, err]))

with contextlib.ExitStack() as stack:
    good = stack.enter_context(SimulatedGateway(Setup(keys=(KEY,)))).url
    holes = [f"http://127.0.0.1:{stack.enter_context(black_hole())}" for _ in range(5)]
    urls = {f"h{at}": url for at, url in enumerate(holes)} | {"name": "https://late.test"}
    launches(urls | {"good": good}, 1)
    launches(urls, 1)
    lock = sqlite3.connect(store, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    launches(urls | {"good": good}, 3)
    launches(urls, 3)
"""


def test_the_wrapper_form_keeps_its_time_when_everything_hangs_at_once(
    bare_sandbox: Sandbox,
) -> None:
    """Five gateways, the resolver, a secret's command; then the store too, and other launches
    that are waited for. Claude is there within three seconds, or a refusal is."""
    stand_in = bare_sandbox.stand_in()
    hanging_secret(bare_sandbox)
    support = Path(__file__).parents[1] / "support"
    ran = bare_sandbox.run(
        *namespaces("--mount", "--net"),
        sys.executable,
        "-c",
        HOLES,
        json.dumps(bare_sandbox.environment | {"LLM_KEY": KEY}),
        script("ccwrap"),
        stand_in.path,
        env={"PYTHONPATH": str(support)},
    )
    if "mount:" in ran.err or "/etc/" in ran.err:
        missing(f"resolver that can be set up: {ran.err}")
    one, none, *several = (json.loads(line) for line in ran.expect().out.splitlines())
    for status, took, out, err in (one, *several[:3]):
        assert (status, out, err) == (0, "stand-in\n", "")
        assert took < WRAPPER + START
    for status, took, out, err in (none, *several[3:]):
        assert (status, out) == (69, "")
        assert "no usable route" in err
        assert took < WRAPPER + START
    assert len(several) == 6
    assert max(one[1], none[1]) < 3.0


HANGING: Final = '["sh", "-c", "echo $$ > ~/pid; exec sleep 60"]'


def hanging_secret(world: Sandbox) -> None:
    world.config(f"[secrets]\nSLOW = {{ command = {HANGING} }}\n")


def ended(world: Sandbox) -> bool:
    """Whether the hanging command was started, and is gone with all that is left of it."""
    try:
        os.kill(int((world.home / "pid").read_text()), 0)
    except ProcessLookupError:
        return True
    return False


def test_the_wrapper_form_keeps_its_time_past_secrets_and_gateways_that_hang(
    bare_sandbox: Sandbox, gateway: StartGateway, black_hole_port: int
) -> None:
    stand_in, good = bare_sandbox.stand_in(), gateway(Setup(keys=(KEY,)))
    urls = {f"h{at}": f"http://127.0.0.1:{black_hole_port}/{at}" for at in range(5)}
    routed(bare_sandbox, urls | {"good": good.url})
    with (bare_sandbox.project / ".ccroute").open("a") as file:
        file.write(table("slow", f"{good.url}/slow").replace("LLM_KEY", "SLOW"))
    bare_sandbox.allow(f"SLOW@{good.url}/slow")
    hanging_secret(bare_sandbox)
    bare_sandbox.write(".env.local", "OTHER=1\n")
    began = time.monotonic()
    ran = bare_sandbox.run_ccwrap(stand_in.path, "-p", "x", env={"CI": "1"}).expect()
    assert time.monotonic() - began < WRAPPER + START
    assert (ran.out, ran.err) == ("stand-in\n", "")
    assert stand_in.report.environment["ANTHROPIC_BASE_URL"] == good.url
    assert ended(bare_sandbox)


def test_a_git_that_hangs_keeps_the_wrapper_form_in_time(
    bare_sandbox: Sandbox, gateway: StartGateway
) -> None:
    stand_in, good = bare_sandbox.stand_in(), gateway(Setup(keys=(KEY,)))
    routed(bare_sandbox, {"file": f"{good.url}/file", "good": good.url})
    bare_sandbox.ccroute(
        (bare_sandbox.project / ".ccroute").read_text().replace("LLM_KEY", "IT", 1)
    )
    bare_sandbox.allow(f"IT@{good.url}/file")
    bare_sandbox.write(".env.local", f"IT={KEY}\n")
    bare_sandbox.write(bare_sandbox.bin / "git", "#!/bin/sh\nexec sleep 60\n", 0o755)
    began = time.monotonic()
    bare_sandbox.run_ccwrap(stand_in.path, "-p", "x").expect()
    assert time.monotonic() - began < WRAPPER + START
    assert stand_in.report.environment["ANTHROPIC_BASE_URL"] == good.url


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGQUIT, -signal.SIGQUIT),
    ],
)
def test_a_signal_while_a_secret_is_fetched_leaves_no_process(
    world: Sandbox, number: signal.Signals, status: int
) -> None:
    hanging_secret(world)
    os.mkfifo(world.home / "pid")
    del world.environment["LLM_KEY"]
    world.ccroute((world.project / ".ccroute").read_text().replace("LLM_KEY", "SLOW"))
    world.environment["CCWRAP_TRUST"] = world.environment["CCWRAP_TRUST"].replace("LLM_KEY", "SLOW")
    with subprocess.Popen(
        [script("ccwrap"), "-p", "x"],
        env=world.environment,
        cwd=world.project,
        stderr=subprocess.PIPE,
    ) as child:
        command = int((world.home / "pid").read_text())
        child.send_signal(number)
        _, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (status, b"")
    with pytest.raises(ProcessLookupError):
        os.kill(command, 0)


def test_claude_inherits_no_child(world: Sandbox, gateway: StartGateway) -> None:
    hanging_secret(world)
    with (world.project / ".ccroute").open("a") as file:
        file.write(table("slow", "http://127.0.0.1:9/slow").replace("LLM_KEY", "SLOW"))
    world.allow("SLOW@http://127.0.0.1:9/slow")
    children = "/proc/$$/task/$$/children"
    lines = f'#!/bin/sh\nread -r children < {children}\necho "children: $children"\n'
    world.write(world.claude, lines, 0o755)
    ran = world.run_ccwrap(world.claude, "-p", "x").expect()
    if not Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists():
        missing("list of a process's children")
    assert ran.out == "children: \n"
    assert ended(world)


def test_a_claude_that_cannot_be_started_leaves_no_credential_behind(world: Sandbox) -> None:
    world.write(world.claude, "#!/no/such/interpreter\n", 0o755)
    world.run_ccwrap("-p", "x").expect(126)
    state = world.home / ".local/state/ccwrap"
    assert list((state / "overlays").glob("*.json")) == []
    files = [path for path in state.rglob("*") if path.is_file()]
    assert not any(KEY.encode() in path.read_bytes() for path in files)


def test_a_prompt_of_100_kb_arrives(world: Sandbox) -> None:
    world.write(world.claude, '#!/bin/sh\nfor last; do :; done\necho "${#last}"\n', 0o755)
    assert world.run_ccwrap("-p", "x" * 100_000).expect().out == "100000\n"


@pytest.mark.parametrize(
    ("marker", "common"),
    [("circle", None), ("inner", "../circle"), ("inner", "a\0b"), ("inner", "\udcff"), ("/", None)],
    ids=ascii,
)
def test_a_git_folder_that_leads_nowhere_is_no_fault(
    world: Sandbox, marker: str, common: str | None
) -> None:
    shutil.rmtree(world.project / ".git")
    (world.project / ".git").write_text(f"gitdir: {marker}\n")
    (world.project / "circle").symlink_to("circle")
    (world.project / "inner").mkdir()
    if common:
        (world.project / "inner" / "commondir").write_bytes(os.fsencode(common))
    world.run_ccwrap("-p", "x").expect()


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "a\udcffb"], ids=ascii)
def test_a_setting_that_no_environment_can_hold_is_no_fault(world: Sandbox, value: str) -> None:
    names = ("NO_PROXY", "OTEL_RESOURCE_ATTRIBUTES", "ANTHROPIC_CUSTOM_HEADERS", "HTTP_PROXY")
    world.settings("user", {"env": dict.fromkeys(names, value)})
    ran = world.run_ccwrap("-p", "x").expect()
    assert (ran.out, ran.err) == ("stand-in\n", "")


@pytest.mark.parametrize(
    "text",
    ["[" * 900_000, "[", "null", '{"version": true}', '{"version": 1, "time": [], "exit": {}}'],
    ids=range(5),
)
def test_a_record_of_the_last_failure_that_is_none_is_no_fault(world: Sandbox, text: str) -> None:
    world.write(world.home / ".local/state/ccwrap/last-failure.json", text, 0o600)
    ran = world.run_ccroute().expect()
    assert "fault in ccwrap" not in ran.err


def test_a_folder_that_is_gone_is_named_and_plain_claude_runs(world: Sandbox) -> None:
    gone = "mkdir gone; cd gone; rmdir ../gone; exec ccwrap -p x"
    assert "the working directory no longer exists" in shell(world, gone).expect(78).err
    world.write(world.claude, "#!/bin/sh\necho plain\n", 0o755)
    assert shell(world, gone, CCWRAP_DISABLE="1").expect().out == "plain\n"


@pytest.mark.parametrize(
    "strange",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii:strict"},
        {"PYTHONIOENCODING": "utf-16"},
        {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"},
        {"PYTHONOPTIMIZE": "2", "PYTHONDONTWRITEBYTECODE": "1"},
        {"PYTHONPATH": "/nowhere", "TZ": "No/Where"},
        {"ODD": "\udcfe"},
    ],
    ids=lambda strange: "/".join(strange).encode("ascii", "replace").decode(),
)
def test_a_strange_environment_reaches_claude_as_it_was(
    world: Sandbox, strange: dict[str, str]
) -> None:
    world.write(world.claude, "#!/bin/sh\nexec env -0\n", 0o755)
    del world.environment["LANG"]
    done = subprocess.run(
        [script("ccwrap"), "-p", "grüße \udcff"],
        env=world.environment | strange | {"CI": "1"},
        cwd=world.project,
        capture_output=True,
        check=True,
    )
    got = dict(entry.partition(b"=")[::2] for entry in done.stdout.split(b"\0") if entry)
    names = set(map(os.fsencode, world.environment | strange))
    assert {
        os.fsencode(name): os.fsencode(value) for name, value in strange.items()
    }.items() <= got.items()
    assert not {name for name in got.keys() - names if name.startswith((b"LC_", b"PYTHON"))}
    assert b"using good" in done.stderr.replace(b"\0", b"")


def test_many_launches_at_once_all_succeed(world: Sandbox) -> None:
    """Not probed, so that it is about our own files and not about this machine's speed."""
    world.write(world.claude, "#!/bin/sh\necho ran\n", 0o755)
    world.ccroute(
        (world.project / ".ccroute").read_text().replace("[probe]", '[probe]\ndepth="off"')
    )
    folders = [world.home / f"claude-{at % 4}" for at in range(40)]
    launches = [
        subprocess.Popen(
            [script("ccwrap"), "-p", "x"],
            env=world.environment | {"CLAUDE_CONFIG_DIR": str(folder)},
            cwd=world.project,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for folder in folders
    ]
    ended = [(*launch.communicate(timeout=100), launch.returncode) for launch in launches]
    assert set(ended) == {(b"ran\n", b"", 0)}
    overlays = world.home / ".local/state/ccwrap/overlays"
    assert len([json.loads(path.read_bytes()) for path in overlays.glob("*.json")]) == 40
    known = (overlays / "claude-folders").read_bytes().split(b"\0")
    assert {os.fsencode(folder) for folder in folders} | {b""} == set(known)
