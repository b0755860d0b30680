"""The same promises against the real clouds whose keys are in the environment; where there is none, it says so."""

import pytest

from contract.asking import Ask, streamed, whole
from contract.cases import CASES, Case, ask
from contract.targets import CLOUD_KEYS, KINDS, TARGETS, features_of, over_clouds
from gateway import running


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked", [whole, streamed])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_answers(kind: str, case: Case, asked: Ask) -> None:
    """Every cloud keeps every promise of the table that its wire format allows."""
    if kind not in CLOUD_KEYS:
        pytest.skip(f"not tried against a cloud: {TARGETS[kind].key} is not in the environment")
    if not case.needs <= features_of(kind):
        pytest.skip(f"{kind} has no {', '.join(case.needs - features_of(kind))}")
    question = ask()
    question.CopyFrom(case.request)
    question.model = f"{kind}/{TARGETS[kind].model}"

    async with running(over_clouds()) as gateway:
        case.check(await asked(gateway, question))
