"""One candidate, step by step, until an answer decides.

Nothing here costs money but `paid`: the keyless request asks for nothing, counting
is free, and an empty `messages` is refused after the key and before a model. It is
never `max_tokens: 0`, which fills a prompt cache and is billed.
"""

from __future__ import annotations

import json
import time
from urllib.parse import quote, urlsplit

from ccwrap import __version__
from ccwrap.gateways.classify import Asked, classify
from ccwrap.gateways.verdict import Verdict
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple
from ccwrap.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccwrap.gateways.connection import Connection
    from ccwrap.gateways.failures import Watch
    from ccwrap.gateways.kinds import Kind
    from ccwrap.secret import Secret

STAND_IN: Final = "ccwrap-probe"
"""The model that is asked for where none is known: no gateway has it, so none is billed."""

MESSAGES: Final = "/v1/messages"
PHASES: Final = {"reach": "reach", "model": "model", "models": "model", "paid": "paid"}
ONE: Final = [{"role": "user", "content": "."}]


class Ask(NamedTuple):
    """One candidate.

    url          base URL without trailing slash; "" for a provider's own endpoint
    bearer, key  the credential, in the header that the route means it for
    headers      all others that the route sends
    model        "" where only claude knows it
    depth        off | reach | free | paid
    timeout      seconds for this candidate
    login        the user's own claude.ai login: asked without a key
    login_saved  whether there is one; None for "can't tell"
    credential   the NAME of the credential's variable
    """

    url: str
    kind: Kind
    bearer: Secret | None = None
    key: Secret | None = None
    headers: Mapping[str, str] = {}
    model: str = ""
    depth: str = "free"
    timeout: float = 2.5
    login: bool = False
    login_saved: bool | None = None
    credential: str = ""
    extra_secrets: tuple[Secret, ...] = ()

    def secrets(self) -> tuple[str, ...]:
        """What must never be shown; a placeholder, which no variable holds, is none."""
        named = (self.bearer, self.key) if self.credential else ()
        known = (*named, *self.extra_secrets)
        path = urlsplit(self.url).path.strip("/") if self.kind.secret_path else ""
        return tuple({secret.reveal() for secret in known if secret} | ({path} if path else set()))


def steps(ask: Ask) -> tuple[str, ...]:
    """The steps for this candidate, in order."""
    if ask.depth == "reach" or ask.login or ask.kind.auth == "ambient":
        return ("reach",)
    paid = ("paid",) if ask.depth == "paid" and ask.model else ()
    return ("reach", *ask.kind.probe, *paid)


def climb(ask: Ask, connection: Connection, watch: Watch) -> Verdict:
    """Walk the steps. Raises Failed when no answer came."""
    walk = steps(ask)
    verdict = Verdict("inconclusive", "reachable; neither key nor model asked about")
    free = [step for step in walk if step != "paid"]
    for step in free:
        found = _step(ask, step, connection, last=step == free[-1])
        if found is not None:
            verdict = found
            break
    if "paid" in walk and verdict.name in ("ok", "inconclusive") and verdict.phase != "reach":
        verdict = _step(ask, "paid", connection, last=True) or verdict
    return verdict._replace(latency_ms=round(min(watch.trips), 1) if watch.trips else None)


def _step(ask: Ask, step: str, connection: Connection, *, last: bool) -> Verdict | None:
    method, path, data = request(step, ask.model or STAND_IN)
    body = json.dumps(data).encode() if data is not None else b""
    url = on_the_wire(ask.url)
    answer = connection.ask(
        PHASES.get(step, "auth"), method, url + path, headers(ask, step, url, body), body
    )
    return classify(
        Asked(
            step,
            ask.url,
            ask.kind,
            last=last,
            model=ask.model,
            credential=ask.credential,
            header="api_key" if ask.key else "auth_token" if ask.bearer else "",
            login=ask.login,
            secrets=ask.secrets(),
            now=time.time(),
        ),
        answer,
    )


def request(step: str, model: str) -> tuple[str, str, Mapping[str, object] | None]:
    """Method, path below the base URL, and body."""
    empty: dict[str, object] = {"model": model, "max_tokens": 1, "messages": []}
    return {
        "reach": ("GET", MESSAGES, None),
        "count_tokens": ("POST", MESSAGES + "/count_tokens", {"model": model, "messages": ONE}),
        "model": ("GET", "/v1/models/" + quote(model, safe=""), None),
        "models": ("GET", "/v1/models", None),
        "messages": ("POST", MESSAGES, empty),
        "paid": ("POST", MESSAGES, empty | {"messages": ONE}),
    }[step]


def on_the_wire(url: str) -> str:
    """`url` in ASCII, as a request carries it. Raises UnicodeError."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    host, colon, port = parts.netloc.partition(":")
    ascii_host = host.encode("idna").decode()
    return f"{parts.scheme}://{ascii_host}{colon}{port}{quote(parts.path, safe='/%:@+,;=~')}"


def headers(ask: Ask, step: str, url: str, body: bytes) -> list[tuple[str, str]]:
    """What is sent; nothing of the route's own before the gateway has answered a stranger."""
    out = {
        "host": urlsplit(url).netloc,
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": f"ccwrap/{__version__}",
        "anthropic-version": "2023-06-01",
        "x-litellm-num-retries": "0",
    }
    if body:
        out |= {"content-type": "application/json", "content-length": str(len(body))}
    if step == "reach":
        return list(out.items())
    out |= {name.lower(): value for name, value in ask.headers.items()}
    if ask.bearer:
        out["authorization"] = f"Bearer {ask.bearer.reveal()}"
    if ask.key:
        out["x-api-key"] = ask.key.reveal()
    return list(out.items())


def unasked(ask: Ask) -> Verdict | None:
    """The verdict on a candidate for which no socket is opened."""
    if ask.login and ask.login_saved is False:
        return Verdict("no_credential", "no claude.ai login is saved here", "claude auth login")
    if ask.depth == "off":
        return Verdict("inconclusive", "not asked: probing is off")
    if not ask.url:
        provider = ask.kind.provider or "its"
        return Verdict("inconclusive", f"not asked: {provider} credentials are claude's to check")
    return None


def cleaned(ask: Ask, verdict: Verdict) -> Verdict:
    """The same verdict, safe to show."""
    secrets = ask.secrets()
    detail, hint = clean(verdict.detail, secrets), clean(verdict.hint, secrets)
    return verdict._replace(detail=detail, hint=hint)
