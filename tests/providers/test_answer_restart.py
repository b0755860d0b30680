"""A provider that begins its answer again, in the middle of a stream."""

import pytest

from attempts import attempt
from llmrpc.v1 import completion_pb2
from llmrpc_server import errors
from llmrpc_server.providers.answer import Answer


def request(policy: completion_pb2.InterruptionPolicy.ValueType) -> completion_pb2.CompleteRequest:
    """Make a request with a policy for interruptions."""
    return completion_pb2.CompleteRequest(stream=completion_pb2.StreamOptions(on_interruption=policy))


def test_what_nobody_heard_is_forgotten() -> None:
    """Before anything went out, the second beginning is the only one."""
    answer = Answer(attempt())
    answer.say("text", "first")
    answer.restart()
    answer.say("text", "second")

    assert ["part_started", "part_delta"] == [event.WhichOneof("event") for event in answer.news()]
    assert ["second"] == [part.text for part in answer.completed().completed.message.parts]


@pytest.mark.parametrize(
    "policy", [completion_pb2.INTERRUPTION_POLICY_RESTART, completion_pb2.INTERRUPTION_POLICY_CONTINUE]
)
def test_what_was_heard_is_voided(policy: completion_pb2.InterruptionPolicy.ValueType) -> None:
    """A caller that takes resets is told that all before is void; part indexes start at 0 again."""
    answer = Answer(attempt(request(policy)))
    answer.say("text", "first")
    answer.news()
    answer.restart()
    answer.say("text", "second")

    events = answer.news()

    assert ["output_reset", "part_started", "part_delta"] == [event.WhichOneof("event") for event in events]
    assert 0 == events[1].part_started.part_index
    assert ["second"] == [part.text for part in answer.completed().completed.message.parts]


@pytest.mark.parametrize(
    "policy", [completion_pb2.INTERRUPTION_POLICY_UNSPECIFIED, completion_pb2.INTERRUPTION_POLICY_FAIL]
)
def test_who_takes_no_reset(policy: completion_pb2.InterruptionPolicy.ValueType) -> None:
    """A caller that cannot take back what it heard gets an error, never two answers in one."""
    answer = Answer(attempt(request(policy)))
    answer.say("text", "first")
    answer.news()

    with pytest.raises(errors.ProviderStreamBroken):
        answer.restart()


def test_a_part_without_output_is_no_output() -> None:
    """A part that began and did not grow is taken back with a reset whatever the policy: nothing of it was shown."""
    answer = Answer(attempt())
    answer.start(completion_pb2.PartStarted().part)
    answer.news()
    answer.restart()

    assert ["output_reset"] == [event.WhichOneof("event") for event in answer.news()]
