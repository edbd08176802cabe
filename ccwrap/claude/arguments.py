"""claude's options and first words: closed tables, and a reader that knows them.

Taken from the option definitions of Claude Code 2.1.197 and 2.1.330, hidden ones
included; tests/e2e/test_arguments.py compares them with what `claude --help` shows.
The reader follows commander.js, which claude parses its arguments with.
"""

# ruff: noqa: SIM905 - tables of a hundred words read better without quotes
from __future__ import annotations

from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FLAGS: Final = frozenset(
    """
    -p --print -c --continue -v --version -h --help -d2e --debug-to-stderr --verbose --bare
    --safe-mode --init --init-only --maintenance --include-hook-events
    --include-partial-messages --forward-subagent-text --session-mirror --await-claim
    --await-initialize --dangerously-skip-permissions --allow-dangerously-skip-permissions
    --replay-user-messages --enable-auth-status --restricted
    --exclude-dynamic-system-prompt-sections --fork-session --deep-link-origin
    --no-session-persistence --reply-on-resume --include-unsupported-models
    --allow-other-models --managed-settings-in-initialize --host-auth-is-org-sign-in --ide
    --desktop --strict-mcp-config --ignore-persisted-trust --disable-slash-commands --chrome
    --no-chrome --tmux --enable-auto-mode --agents-view-if-allowed --bg --background --brief
    --ax-screen-reader --plan-mode-required --hold-repository-while-parked
    """.split()
)
"""Options without a value."""

ONE: Final = frozenset(
    """
    --debug-file --output-format --json-schema --input-format --thinking --thinking-display
    --max-thinking-tokens --max-turns --max-budget-usd --task-budget
    --permission-prompt-tool --permission-prompts --system-prompt --system-prompt-file
    --append-system-prompt --append-system-prompt-file --system-prompt-snapshot
    --append-subagent-system-prompt --append-subagent-system-prompt-file
    --plan-mode-instructions --permission-mode --inherit-permission-mode --watch-artifact
    --watch-artifact-no-autoreact --prefill --prefill-b64 --deep-link-repo
    --deep-link-last-fetch --deep-link-cwd-b64 --resume-session-at --resume-drops-turn
    --rewind-files --model --effort --fast-mode --agent --fallback-model --workload
    --settings --client-data-url --managed-settings --project-config-root --session-id -n
    --name --agents --setting-sources --plugin-dir --plugin-dir-no-mcp --plugin-url
    --advisor --autocompact --proactivity --messaging-socket-path --agent-id --agent-name
    --team-name --agent-color --parent-session-id --lead-verify-key --teammate-mode
    --agent-type --sdk-url --runner-declares --session-began-as-copy --initialize-fields
    --forward-home-settings --attach-serve --environment --pool --correlation-id --metadata
    --ref --on-branch --remote-control-session-name-prefix --exec --routine --cwd
    """.split()
)
"""Options that take the next argument, whatever it looks like (`--cwd`: after `agents`)."""

MAYBE: Final = frozenset(
    """
    -d --debug -r --resume --from-pr -w --worktree --teleport --cloud --remote
    --remote-control --rc --prompt-suggestions
    """.split()
)
"""Options that take the next argument unless that begins with a dash."""

MANY: Final = frozenset(
    """
    --allowedTools --allowed-tools --disallowedTools --disallowed-tools --tools --add-dir
    --mcp-config --betas --file --channels --dangerously-load-development-channels
    """.split()
)
"""Options that take the next argument, and then all up to one that begins with a dash."""

VALUED: Final = ONE | MAYBE | MANY
KNOWN: Final = FLAGS | VALUED


class Given(NamedTuple):
    """One option as it was given, or an operand (`name` is "").

    start, end  its range in the arguments, value included
    """

    name: str
    value: str | None
    start: int
    end: int


def scan(arguments: Sequence[str]) -> Iterator[Given]:
    """Options and operands in order, up to `--`."""
    index = 0
    while index < len(arguments) and arguments[index] != "--":
        if not _like_option(arguments[index]):
            yield Given("", arguments[index], index, index + 1)
            index += 1
            continue
        for given in _options(arguments, index):
            yield given
            index = given.end


def _like_option(argument: str) -> bool:
    return len(argument) > 1 and argument.startswith("-")


def _options(arguments: Sequence[str], index: int) -> Iterator[Given]:
    """The option at `index`, or each of a bundle such as `-pc`."""
    written = arguments[index]
    while written not in KNOWN:
        short = not written.startswith("--")
        name, _, attached = (written[:2], "", written[2:]) if short else written.partition("=")
        if name in VALUED:
            yield Given(name, attached, index, index + 1)
            return
        yield Given(name if short else written, None, index, index + 1)
        if not (short and name in FLAGS):
            return
        written = f"-{attached}"
    end = _end(arguments, index, written)
    yield Given(written, arguments[index + 1] if end > index + 1 else None, index, end)


def _end(arguments: Sequence[str], index: int, name: str) -> int:
    end = index + 1
    if name in ONE | MANY:
        end = min(end + 1, len(arguments))
    elif name in MAYBE and end < len(arguments) and not _like_option(arguments[end]):
        end += 1
    while name in MANY and end < len(arguments) and not _like_option(arguments[end]):
        end += 1
    return end


COLD: Final = frozenset({"--bg-spare"})
"""Spares that are started before the project is known: none of them may be routed."""

ALWAYS: Final = frozenset(
    """
    daemon self-hosted-runner attach logs stop kill respawn rm
    --bg-pty-host --daemon-worker --preload --eval-mock-server --claude-in-chrome-mcp
    --chrome-native-host --gh-standin --handle-uri
    """.split()
)
"""First arguments that claude looks at before all others: maintenance whatever follows.

The background verbs are among them because a session that they wake has its own
overlay on record, and every background session carries the first one's environment.
"""

COMMANDS: Final = frozenset(
    """
    mcp plugin plugins doctor update upgrade --update --upgrade install auth setup-token
    auto-mode gateway import purge project ultrareview sandbox apply-project-settings
    design-login edit-chrome-settings edit-hook edit-memory-settings edit-permission-rules
    edit-sandbox-settings edit-skill-overrides import-conversations workspace-trust
    worktree-hook -v -V --version -h --help
    """.split()
)
"""First arguments that are maintenance, unless `-p` or `--bg` makes a prompt of them."""

ASKING: Final = frozenset(
    {("auth", "status"), ("auto-mode", "critique"), ("plugin", "eval"), ("plugins", "eval")}
)
"""Maintenance that asks a model after all, or that says with what one would be asked."""

REMOTE: Final = frozenset({"remote-control", "rc", "remote", "sync", "bridge"})
"""Words that want to stand first, with `--settings` behind them."""
