"""What each answer means, as a table: the first row that fits decides.

A new verdict or another wording is one row. Placeholders in its sentences:

    {status} {words} {model} {title} {url} {location} {wait}
    {name}       the credential's variable, or "the key"
    {accepted}   "key and model accepted"; {key} "key accepted"; both say less
                 where no key was sent
    {other}      what to try when the key may belong into the other header
    {path}       what may be wrong about the base URL's path
"""

from __future__ import annotations

from ccwrap.light import Final, NamedTuple


class Row(NamedTuple):
    """One meaning.

    verdict  its name; "" for "this step can't tell, go on to the next"
    status   the statuses that it is about; () for any
    words    regular expression that the error's own words must match, any case
    signs    what must be so, or with `!` must not: a step's name, the signs of
             `answer.Reading`, and those of `verdict.signs`
    """

    verdict: str
    detail: str = ""
    hint: str = ""
    status: tuple[int, ...] | range = ()
    words: str = ""
    signs: str = ""


MOVED = range(300, 400)
FINE = range(200, 300)
REFUSED = range(400, 500)
BROKEN = range(500, 600)

OPERATOR = "tell its operator: the gateway's own credential for its provider is bad"
OPERATOR_PAYS = "tell its operator: the gateway's account with its provider is empty"
NO_PATH = (
    r"invalid url|page not found|^(?:not_found_error )?not found$|cannot (?:get|post)\b|no route"
)
WRAPPED_AUTH = (
    r"(?:Authentication|PermissionDenied)Error: \w+Exception"
    r"|\w+Exception - .{0,200}(?:invalid x-api-key|authentication_error|permission_error)"
)
CREDIT = (
    r"credit balance is too low|budget_exceeded|budget has been exceeded|余额不足|arrearage"
    r"|insufficient[ _](?:\w{1,20}[ _])?(?:balance|quota|credits?|funds)"
    r"|enforced_spend_limit_reached|contract_spend_limit_reached|spend limit reached"
)
WRAPPED_CREDIT = rf"Exception - .{{0,300}}(?:{CREDIT})"
CLIENT = (
    r"client.{0,60}not (?:allowed|permitted|supported)|unsupported client|user.?agent"
    r"|only (?:available|allowed|accessible|for).{0,80}(?:agent|client|claude)"
)
NO_MODEL = (
    r"invalid model name|model_not_found|(?:unsupported|unknown|no such|invalid) model"
    r"|model.{0,120}(?:not found|not exist|not supported|not available|not accessible)"
)
NO_CHANNEL = r"no available channel for model|无可用渠道|model_not_found"
DOWN = (
    r"Exception.{0,200}(?:connect|timed out)|upstream connect error|no healthy upstream"
    r"|connection (?:error|refused)"
)

ROWS: Final = (
    Row("not_a_gateway", "redirects to {location}", "if you trust that host, put it into `url`: a key follows no redirect", MOVED, signs="away"),
    Row("wrong_path", "redirects to {location}", "put that address into `url`: a key follows no redirect", MOVED, signs="here"),
    Row("not_a_gateway", "answers {status} without saying where to go", "look at `url` in a browser", MOVED),
    Row("unreachable", "the proxy wants a login (407)", "put user and password into the proxy variable", (407,)),
    # The keyless first request: whatever a gateway says to a stranger, the next step knows better.
    Row("", signs="reach !last"),
    Row("not_a_gateway", "a web page answers, not a gateway", "look at `url` in a browser", FINE, signs="reach page"),
    Row("overloaded", "answers {status}: in trouble of its own", "", BROKEN, signs="reach"),
    Row("ok", "reachable; the login itself is claude's to check", signs="reach login"),
    Row("inconclusive", "reachable; its {provider} credentials are claude's to check", signs="reach ambient"),
    Row("inconclusive", "reachable; neither key nor model asked about", "", signs="reach"),
    # Answers in good order.
    Row("inconclusive", "answers in {encoding} although asked not to; not read", "", FINE, signs="encoded last"),
    Row("ok", "{accepted}", "", FINE, signs="count_tokens tokens modelled"),
    Row("ok", "{key}; no model was checked", "", FINE, signs="count_tokens tokens"),
    Row("", status=FINE, signs="model found !last"),
    Row("ok", "{model} is served here", "", FINE, signs="model found loopback"),
    Row("inconclusive", "{model} is served here; key not checked", "", FINE, signs="model found"),
    Row("ok", "{model} is served here", "", FINE, signs="models listed loopback"),
    Row("inconclusive", "{model} is served here; key not checked", "", FINE, signs="models listed"),
    Row("ok", "reachable; no model was checked", "", FINE, signs="models list loopback !modelled"),
    Row("inconclusive", "{model} is not in its list of models", "load it there, or name another in `models`", FINE, signs="models list modelled"),
    Row("ok", "{accepted}; one token was paid for", "", FINE, signs="paid message"),
    Row("ok", "{accepted}", "", FINE, signs="messages message modelled"),
    Row("ok", "{key}; no model was checked", "", FINE, signs="messages message"),
    # Who is refused, and by whom.
    Row("model_missing", "{name} may not use {model}", "let its operator allow it, or name another in `models`", (401, 403), r"model_access_denied|not allowed to access model"),
    Row("upstream_auth", "the gateway's provider refused the gateway's own key ({status})", OPERATOR, range(400, 600), WRAPPED_AUTH),
    Row("upstream_auth", "the gateway's provider refused the gateway's own key ({status})", OPERATOR, (401,), r"invalid x-api-key", "own_keys"),
    Row("no_credit", "the gateway's provider wants to be paid ({status}): {words}", OPERATOR_PAYS, REFUSED, WRAPPED_CREDIT),
    Row("no_credit", "no credit or budget left (402)", "top it up where {name} comes from", (402,)),
    Row("no_credit", "no credit or budget left ({status}): {words}", "top it up where {name} comes from", REFUSED, CREDIT),
    Row("no_credit", "no credit or budget left ({status}): {words}", "top it up where {name} comes from", (400, 403, 422), r"quota.{0,80}exceeded|exceeded.{0,80}quota"),
    Row("inconclusive", "answers other clients than this probe only ({status}): {words}", "", (400, 401, 403), CLIENT),
    Row("inconclusive", "wants a newer Claude Code (400)", "claude update", (400,), r"claude_code_version_too_old"),
    Row("auth_failed", "{name} was refused (400, by a LiteLLM without a database)", "replace {name}{other}", (400,), r"no_db_connection|no connected db"),
    Row("auth_failed", "{name} was refused (401)", "replace {name}{other}", (401,), signs="keyed"),
    Row("auth_failed", "wants a key (401)", 'name its key: auth_token = "${{NAME}}"', (401,)),
    Row("model_missing", "{name} may not use {model} (403)", "name another in `models`", (403,), NO_MODEL),
    Row("inconclusive", "a web page says no (403): a firewall may be judging the client", "", (403,), signs="page"),
    Row("auth_failed", "{name} is not allowed here (403)", "replace {name}, or let its operator allow it{other}", (403,)),
    Row("auth_failed", "{name} was refused ({status}): {words}", "replace {name}{other}", (400, 422), r"(?:invalid|incorrect|expired|not valid|missing).{0,40}api.?key|api.?key.{0,40}(?:invalid|incorrect|expired|not valid|missing)"),
    # Paths and models.
    Row("not_a_gateway", "has no /v1/messages; it may speak another vendor's format only", "{path}", (404,), r"invalid url \(post /v1/messages(?:\?[^)]*)?\)", "!count_tokens"),
    Row("", status=(404,), words=NO_PATH, signs="soft !last"),
    Row("wrong_path", "nothing at {url}/v1/messages (404)", "{path}", (404,), NO_PATH, "!soft"),
    Row("model_missing", "{model} is not served here (404)", "name one in `models` that it serves", (404,), r"model|not exist|not accessible"),
    Row("model_missing", "{model} is not served here ({status})", "name one in `models` that it serves", (400, 422), NO_MODEL),
    Row("model_missing", "{model} is not served here (503)", "name one in `models` that it serves", (503,), NO_CHANNEL),
    Row("", status=(404, 405, 501), signs="soft !last"),
    Row("inconclusive", "reachable; it can't be asked about key and model without cost", "", (404, 405, 501), signs="soft"),
    Row("wrong_path", "nothing at {url}/v1/messages (404)", "{path}", (404,)),
    Row("not_a_gateway", "takes no message at {url}/v1/messages (405)", "{path}", (405,)),
    # Load.
    Row("rate_limited", "asked too often{wait}", "", (429,)),
    Row("overloaded", "loading its model{wait}", "", (503,), r"loading model"),
    Row("", status=BROKEN, signs="soft !last"),
    Row("overloaded", "the gateway is there, its provider doesn't answer ({status}){wait}", "", BROKEN, DOWN),
    Row("overloaded", "the gateway is there, its provider is overloaded ({status}){wait}", "", (500, 502, 503), r"overloaded"),
    Row("overloaded", "overloaded ({status}){wait}", "", (503, 529)),
    Row("overloaded", "in trouble of its own ({status}){wait}", "", BROKEN),
    Row("overloaded", "too slow for itself (408){wait}", "", (408,)),
    # The empty `messages` was found out, as it should be.
    Row("ok", "{accepted}", "", (400, 422), r"\bmessages?\b", "messages checks_model modelled"),
    Row("inconclusive", "{key}; model not checked", "", (400, 422), r"\bmessages?\b", "messages modelled"),
    Row("ok", "{key}; no model was checked", "", (400, 422), r"\bmessages?\b", "messages"),
    # No answer of a gateway.
    Row("", status=FINE, signs="soft !last"),
    Row("inconclusive", "an error instead of an answer: {words}", "", FINE, signs="error"),
    Row("not_a_gateway", "a web page answers, not a gateway", "look at `url` in a browser", FINE, signs="page"),
    Row("not_a_gateway", "answers without end", "look at `url` in a browser", FINE, signs="cut"),
    Row("not_a_gateway", "answers, but not as Anthropic's API does", "{path}", FINE),
    Row("", status=REFUSED, signs="soft !last"),
    Row("inconclusive", "answers {status}: {words}", "", signs="error"),
    Row("inconclusive", "answers {status}", ""),
)  # fmt: skip
"""Order matters: who is refused comes before what is missing, and that before load."""
