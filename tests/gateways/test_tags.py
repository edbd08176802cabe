"""Cost tags go out in each kind's own way."""

from __future__ import annotations

import pytest

from ccwrap.gateways import kinds, tags

CATALOGUE = kinds.load()
TAGS = {"project": "acme", "team": "core", "user": "jo"}


@pytest.mark.parametrize(
    ("kind", "given", "sent"),
    [
        (
            "litellm",
            TAGS,
            {"x-litellm-customer-id": "jo", "x-litellm-tags": "project:acme,team:core"},
        ),
        ("portkey", TAGS, {"x-portkey-metadata": '{"_user": "jo", "project": "acme", "team": "core"}'}),
        (
            "helicone",
            TAGS | {"cost-center": "7"},
            {
                "Helicone-User-Id": "jo",
                "Helicone-Property-Project": "acme",
                "Helicone-Property-Team": "core",
                "Helicone-Property-Cost-Center": "7",
            },
        ),
        ("cloudflare", TAGS, {"cf-aig-metadata": '{"project": "acme", "team": "core", "user": "jo"}'}),
        (
            "cloudflare",
            dict.fromkeys("abcdefgh", "1"),
            {"cf-aig-metadata": '{"a": "1", "b": "1", "c": "1", "d": "1", "e": "1"}'},
        ),
        (
            "vercel",
            TAGS,
            {"ai-reporting-user": "jo", "ai-reporting-tags": "project:acme,team:core"},
        ),
        ("generic", TAGS, {}),
        ("litellm", {}, {}),
        ("litellm", {"project": ""}, {}),
        ("litellm", {"team": "a,b"}, {"x-litellm-tags": "team:a b"}),
        ("litellm", {"team": "é\r\nX-Evil: 1"}, {"x-litellm-tags": "team:???X-Evil: 1"}),
        ("portkey", {"team": "é\r\n"}, {"x-portkey-metadata": '{"team": "\\u00e9\\r\\n"}'}),
    ],
)  # fmt: skip
def test_tags_become_headers(kind: str, given: dict[str, str], sent: dict[str, str]) -> None:
    assert tags.headers(CATALOGUE.get(kind), given) == sent


@pytest.mark.parametrize(
    ("existing", "given", "together"),
    [
        ("", {"project": "acme"}, "project=acme"),
        ("service.name=x", {"team": "core"}, "service.name=x,team=core"),
        ("team=mine", {"team": "core"}, "team=mine"),
        ("te%61m=mine", {"team": "core"}, "te%61m=mine"),
        ("", {"a b": "c,d=é", "empty": ""}, "a%20b=c%2Cd%3D%C3%A9"),
    ],
)
def test_resource_attributes_are_added_to(
    existing: str, given: dict[str, str], together: str
) -> None:
    assert tags.resource_attributes(existing, given) == together


def test_fixed_ones_are_the_tags_own() -> None:
    existing, given = "te%61m=mine, site=x,project=mine", {"project": "acme", "team": "core"}
    together = tags.resource_attributes(existing, given, {"team"})
    assert together == "site=x,project=mine,team=core"
