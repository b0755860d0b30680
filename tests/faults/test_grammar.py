"""The grammar of behaviours in a model's name, and its page."""

from pathlib import Path
from typing import get_args

import pytest

from fault_provider import Behaviour, FaultProvider, Outcome
from fault_provider.rules import RULES
from faults.wire import OPENAI, ask


def test_every_rule_has_a_valid_example() -> None:
    """The example of each rule is accepted and is one of that rule."""
    for rule in RULES:
        assert Behaviour() != Behaviour.parse(rule.example)
        assert any(part.startswith(rule.key) for part in rule.example.split("+"))


@pytest.mark.parametrize("model", ["gpt-4o", "ok", "", "claude-sonnet@20250929", "meta/llama=3", "a.b"])
def test_other_names_are_names(model: str) -> None:
    """A model's name that is no behaviour asks for none."""
    assert Behaviour() == Behaviour.parse(model)


@pytest.mark.parametrize(
    "model",
    [
        "cut",
        "cut@",
        "cut@x",
        "cut@-1",
        "cut=3",
        "error@0",
        "silent=1",
        "slow-first=5",
        "slow-first=fast",
        "status=99",
        "flap=1s",
        "flap=0s/0s",
        "voice=z",
        "finish=well",
        "chunked=byte",
        "cut@1+stall@2",
        "ok+typo",
        "sillent=1",
        "status=1e3",
    ],
)
async def test_malformed_behaviours_are_400(provider: FaultProvider, model: str) -> None:
    """A malformed behaviour fails loudly, and the message says which part of it."""
    raw = await ask(provider, OPENAI, model)

    assert (400, "model") == (raw.status, raw.json["error"]["param"])
    assert model.rpartition("+")[2] in raw.json["error"]["message"]


async def test_a_name_may_come_before_a_behaviour(provider: FaultProvider) -> None:
    """`gpt-4o+cut@2` is gpt-4o, cut."""
    assert "The sky" == (await ask(provider, OPENAI, "gpt-4o+cut@2")).text


def test_the_page_shows_every_behaviour() -> None:
    """`docs/fault-provider.md` has a row for each rule, with its meaning and example, and each outcome."""
    page = (Path(__file__).parents[2] / "docs" / "fault-provider.md").read_text()
    rows = [f"| `{rule.form}` | {rule.meaning} | `{rule.example}` |" for rule in RULES]

    assert rows == [line for line in page.splitlines() if line in rows]
    assert [] == [outcome for outcome in get_args(Outcome) if f"`{outcome}`" not in page]
