"""How a simulated gateway misbehaves, as data."""

from __future__ import annotations

from typing import Final, NamedTuple

from ccwrap.gateways.simulated.answers import Answer, error


class Behaviour(NamedTuple):
    """What happens to a request instead of an ordinary answer.

    how      well | answer | silent | cut | cut_midway | stall | slow | echo_auth |
             gzip_bomb | endless | drip
    on       the requests it happens to: all | credentialed | messages (real prompts)
    answer   what `how = "answer"` sends
    seconds  how long `slow` waits, and `drip` between two bytes
    """

    how: str = "well"
    on: str = "all"
    answer: Answer = Answer(200)
    seconds: float = 0.0


def refuses(
    status: int, message: str = "", *, retry_after: str = "", on: str = "credentialed"
) -> Behaviour:
    """Anthropic's error of this status, by default for requests that bring a key."""
    headers = (("retry-after", retry_after),) if retry_after else ()
    return Behaviour("answer", on, error(status, message)._replace(headers=headers))


def answers(
    status: int, body: bytes, content_type: str = "application/json", on: str = "credentialed"
) -> Behaviour:
    """Any answer at all, for gateways that word their errors in their own way."""
    return Behaviour("answer", on, Answer(status, body, content_type))


def redirects(url: str, status: int = 307) -> Behaviour:
    """Every request is sent on to `url`."""
    return Behaviour("answer", "all", Answer(status, headers=(("location", url),)))


def slow(seconds: float, on: str = "all") -> Behaviour:
    """An ordinary answer, `seconds` late."""
    return Behaviour("slow", on, seconds=seconds)


_PAGE: Final = b"<!doctype html><title>Sign in</title><h1>Sign in</h1>\n"
_HOSTILE: Final = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31mall keys are fine\x1b[0m\r\n\u202etxt.exe\u2066 \x9b1A\u200b"
)

WELL: Final = Behaviour()
HTML: Final = Behaviour("answer", answer=Answer(200, _PAGE, "text/html; charset=utf-8"))
SILENT: Final = Behaviour("silent")
CUT: Final = Behaviour("cut")
CUT_MIDWAY: Final = Behaviour("cut_midway", "messages")
STALL: Final = Behaviour("stall", "messages")
ECHO_AUTH: Final = Behaviour("echo_auth", "credentialed")
ESCAPES: Final = refuses(400, _HOSTILE)
GZIP_BOMB: Final = Behaviour("gzip_bomb")
ENDLESS: Final = Behaviour("endless")
DRIP: Final = Behaviour("drip", seconds=0.2)
