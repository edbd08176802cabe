"""`${NAME}`: the only way a route file may speak of a secret."""

from __future__ import annotations

import re

from ccwrap.light import Final
from ccwrap.routes.readers import Wrong, is_variable, text

REFERENCE: Final = r"\$\{([A-Za-z_][A-Za-z0-9_]{0,127})\}"
_NAME: Final = r"([A-Za-z_][A-Za-z0-9_]{0,127})"
RESERVED: Final = ("none", "login", "aws", "gcp", "azure")
"""Words that stand for something else in a grant, so no variable may be called so."""

_SPELLINGS: Final = (
    (rf"os\.environ/{_NAME}", "os.environ/NAME is LiteLLM's spelling"),
    (
        rf"\$\{{\{{\s*(?:secrets|env|vars)\.{_NAME}\s*\}}\}}",
        "${{ … }} is GitHub's spelling",
    ),
    (rf"\$\{{?env:{_NAME}\}}?", "${env:NAME} is an editor's spelling"),
    (rf"\{{env:{_NAME}\}}", "{env:NAME} is another tool's spelling"),
    (rf"\{{\{{\s*{_NAME}\s*\}}\}}", "{{NAME}} is another tool's spelling"),
    (rf"%{_NAME}%", "%NAME% is a Windows shell's spelling"),
    (rf"\${_NAME}", "a variable is written in braces here"),
)
_DEFAULT: Final = rf"\$\{{{_NAME}\s*:?[-=?+]"
_KEY_LIKE: Final = (
    r"\b(?:sk|pk|rk)-[-_A-Za-z0-9]{12,}|\bgh[a-z]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{16,}|\beyJ[-\w]{12,}"
    r"|\bxox[a-z]-[-\w]{8,}|\bAKIA[A-Z0-9]{12,}|^(?:Bearer|Basic|Token)\s+(?!\$\{)\S"
)


def credential(value: object) -> str:
    """The NAME in `"${NAME}"`. Raises Wrong, without quoting the value."""
    found = text(value)
    if found.startswith("${") and found.endswith("}") and is_variable(found[2:-1]):
        return _unreserved(found[2:-1])
    _other_spelling(found)
    if re.search(REFERENCE, found):
        raise Wrong("must be one ${NAME} and nothing else", 'write it like "${LLM_KEY}"')
    raise Wrong(
        "holds the secret itself, or a word where a ${NAME} belongs",
        'put the secret in a variable and write "${LLM_KEY}" here; `ccroute secret set LLM_KEY` '
        "keeps it in the keyring",
    )


def header_value(value: object) -> str:
    """A header's value as written: visible Latin-1 with any number of ${NAME} in it.

    Without blanks in a row: they could lay out lines of their own in a question.
    """
    found = text(value)
    if not all(" " <= char <= "~" or "\xa1" <= char <= "\xff" for char in found):
        raise Wrong("has a character that a header can't carry", "use visible Latin-1")
    if "  " in found:
        raise Wrong("has several spaces in a row", "write one")
    if found != found.strip():
        raise Wrong("begins or ends with a space", "remove it")
    if len(found) > 1000:
        raise Wrong("is longer than 1000 characters", "shorten it")
    rest = re.sub(REFERENCE, "", found)
    _other_spelling(rest)
    if "${" in rest:
        raise Wrong("has a ${ that is no ${NAME}", 'write it like "${EDGE_KEY}"')
    if re.search(_KEY_LIKE, rest, re.IGNORECASE):
        raise Wrong("looks like a secret", 'put it in a variable and write "${EDGE_KEY}"')
    for name in re.findall(REFERENCE, found):
        _unreserved(name)
    return found


def _unreserved(name: str) -> str:
    if name in RESERVED:
        raise Wrong(f"names a variable {name}, a word with a meaning of its own", "rename it")
    return name


def names_in(value: str) -> tuple[str, ...]:
    """Every NAME that a header's value refers to, each once."""
    return tuple(dict.fromkeys(re.findall(REFERENCE, value)))


def _other_spelling(value: str) -> None:
    """Raise Wrong where `value` is a variable in another tool's spelling."""
    if match := re.search(_DEFAULT, value):
        raise Wrong(
            "has a default value: in a shared file that is a stranger's key",
            f'write "${{{match[1]}}}"; a route without its key is left out by itself',
        )
    for pattern, why in _SPELLINGS:
        if match := re.fullmatch(pattern, value.strip()):
            raise Wrong(why, f'write "${{{match[1]}}}"')
