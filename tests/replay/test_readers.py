"""The readers agree with those who filed the recordings: a third opinion on what the bytes say."""

from replay.expected import expected
from replay.reading import Answer, Failure
from replay.recordings import Recording, each

FAILURES = {"midstream_error", "error_in_200", "truncated", "error_400", "error_401", "error_404", "error_429"}
COUNTS = {"usage", "usage_in_stream"}
REASONING_COUNTS = {"usage_reasoning_tokens", "usage_thinking_tokens"}


def is_answer(recording: Recording) -> bool:
    """Tell whether a recording is filed as an answer."""
    return not FAILURES & set(recording.tags)


def answer_of(recording: Recording) -> Answer:
    """Read a recording that is an answer."""
    answer = expected(recording)
    assert isinstance(answer, Answer)
    return answer


@each()
def test_failures(recording: Recording) -> None:
    """What is filed as an error, or as cut short, is read as a failure, and nothing else is."""
    assert is_answer(recording) != isinstance(expected(recording), Failure)


@each(is_answer)
def test_finish(recording: Recording) -> None:
    """The provider's word for the end is the one that the recording is filed under."""
    filed = [tag.removeprefix("finish_") for tag in recording.tags if tag.startswith(("finish_", "status_"))]

    assert (filed or [""])[0].removeprefix("status_") == answer_of(recording).provider_finish


@each(is_answer)
def test_usage(recording: Recording) -> None:
    """Counts are read where the recording is filed as having them."""
    usage = answer_of(recording).usage

    assert bool(COUNTS & set(recording.tags)) == (usage is not None)
    assert bool(REASONING_COUNTS & set(recording.tags)) == (usage is not None and bool(usage.reasoning))
