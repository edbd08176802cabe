"""Why no answer came: how far a candidate had come, and what stopped it."""

from __future__ import annotations

import ssl
import time

import httpcore

from ccwrap.gateways.verdict import Verdict
from ccwrap.light import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Failed(Exception):
    """The answer never came; `verdict` says why."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.detail)
        self.verdict = verdict


class Where(NamedTuple):
    """The candidate, in words for a failure. `proxy` is "" where there is none."""

    host: str
    proxy: str = ""
    fix: str = ""

    @property
    def peer(self) -> str:
        return f"the proxy {self.proxy}" if self.proxy else self.host


class Watch:
    """How far a candidate has come, for whoever gives up waiting; times in monotonic seconds.

    `answering` is called once, when the first bytes of an answer have come.
    """

    def __init__(
        self, where: Where, deadline: float, answering: Callable[[], object] = lambda: None
    ) -> None:
        self.where = where
        self.deadline = deadline
        self._answering = answering
        self.phase = "dns"
        self.step = "reach"
        self.trips: list[float] = []
        self._sent = 0.0

    def left(self) -> float:
        """Seconds until the deadline. Raises Failed when it has passed."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Failed(self.late())
        return left

    def sent(self) -> None:
        self.phase = self.step
        self._sent = self._sent or time.monotonic()

    def heard(self) -> None:
        """The first bytes after something was sent: one warm round trip."""
        if self._sent:
            if not self.trips:
                self._answering()
            self.trips.append((time.monotonic() - self._sent) * 1000)
            self._sent = 0.0

    def late(self) -> Verdict:
        waited = {
            "dns": f"no answer to the name lookup of {self.where.peer}",
            "connect": f"{self.where.peer}: no connection",
            "tls": f"{self.where.peer}: no answer to the TLS handshake",
        }.get(self.phase, f"{self.where.peer}: connected, no answer")
        hint = _MENDS["dns" if self.phase == "dns" else "late"]
        return Verdict("unreachable", f"{waited} in time", hint, phase=self.phase)


def failure(error: BaseException, watch: Watch) -> Verdict:
    """The verdict on an answer that never came."""
    where, phase = watch.where, watch.phase
    reasons: list[BaseException] = [error]
    while (before := reasons[-1].__cause__ or reasons[-1].__context__) and len(reasons) < 10:
        reasons.append(before)
    for reason in reasons:
        if isinstance(reason, ssl.SSLError):
            return tls_failure(reason, where, phase)
    if any(isinstance(reason, httpcore.TimeoutException) for reason in reasons):
        return watch.late()
    if any(isinstance(reason, (UnicodeError, httpcore.LocalProtocolError)) for reason in reasons):
        return Verdict("auth_failed", *_UNSENDABLE, phase="auth")
    if any(isinstance(reason, ConnectionRefusedError) for reason in reasons):
        fix = (not where.proxy and where.fix) or _MENDS["refused"]
        return Verdict("unreachable", f"{where.peer} refused the connection", fix, phase=phase)
    words = next((said for kind, said in _WORDS.items() if isinstance(error, kind)), "no way there")
    return Verdict("unreachable", f"{where.peer}: {words}", _MENDS["cut"], phase=phase)


_MENDS: Final = {
    "dns": "is the host in `url` right, and this machine online?",
    "late": "is it up, and does the way there lead through a proxy (HTTPS_PROXY)?",
    "refused": "is it running, and on that port?",
    "cut": "is it up, and is it http:// or https://?",
}
_UNSENDABLE: Final = (
    "the key or a header has characters that no header can carry",
    "is there a line end or a quote at its end?",
)
_WORDS: Final[dict[type[BaseException], str]] = {
    httpcore.RemoteProtocolError: "connection cut, or no HTTP there",
    httpcore.ProxyError: "no tunnel to the gateway",
    httpcore.ReadError: "connection cut",
    httpcore.WriteError: "connection cut",
}


def no_name(where: Where) -> Verdict:
    return Verdict("unreachable", f"{where.peer}: no DNS answer", _MENDS["dns"], phase="dns")


def tls_failure(error: ssl.SSLError, where: Where, phase: str) -> Verdict:
    """What is wrong about the certificate, or about the handshake."""
    said = getattr(error, "verify_message", "") or ""
    for part, words, hint in _CERTIFICATES:
        if part in said:
            return Verdict("tls_error", f"{where.host}: {words}", hint, phase="tls")
    if said:
        return Verdict("tls_error", f"{where.host}: certificate refused: {said}", _ADD, phase="tls")
    reason = (error.reason or "").replace("_", " ").lower()
    if isinstance(error, ssl.SSLEOFError) or "eof" in reason:
        words = f"{where.peer}: connection cut in the TLS handshake"
        return Verdict("unreachable", words, _MENDS["cut"], phase="tls")
    if "wrong version" in reason or "http request" in reason or "record layer" in reason:
        return Verdict("tls_error", f"{where.host}: no TLS there", "is it http://?", phase="tls")
    wanted = "certificate" in reason or "handshake failure" in reason
    hint = "it may want CLAUDE_CODE_CLIENT_CERT and _KEY" if wanted else _MENDS["cut"]
    return Verdict("tls_error", f"{where.host}: {reason or 'TLS failed'}", hint, phase=phase)


_ADD: Final = "add its CA: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem"
_CERTIFICATES: Final = (
    ("expired", "its certificate has expired", "tell its operator to renew it"),
    ("not yet valid", "its certificate is not valid yet", "is this machine's clock right?"),
    ("self-signed certificate in", "its certificate comes from an unknown authority", _ADD),
    ("self signed certificate in", "its certificate comes from an unknown authority", _ADD),
    ("self-signed", "its certificate is self-signed", _ADD),
    ("self signed", "its certificate is self-signed", _ADD),
    ("unable to get", "its certificate comes from an unknown authority", _ADD),
    ("mismatch", "its certificate is for another host", "is the host in `url` right?"),
    ("not valid for", "its certificate is for another host", "is the host in `url` right?"),
)
