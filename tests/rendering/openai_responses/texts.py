"""Conversations of text alone."""

from openai.types.responses import ResponseInputItemParam

from rendering.expectation import Expectation
from rendering.openai_responses.sdk import sent

LONG: list[ResponseInputItemParam] = []
for turn in range(100):
    LONG.append({"role": "user", "content": f"Question {turn}"})
    LONG.append({"role": "assistant", "content": f"Answer {turn}"})

TEXTS: dict[str, Expectation] = {
    "one text": sent(input=[{"role": "user", "content": "Why is the sky blue?"}]),
    "system first": sent(input=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]),
    "instructions anywhere": sent(
        input=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "developer", "content": "Answer in French."},
            {"role": "user", "content": "Who are you?"},
            {"role": "system", "content": "Be brief."},
        ],
    ),
    "several texts of the system": sent(
        input=[
            {
                "role": "system",
                "content": [{"type": "input_text", "text": "Be brief."}, {"type": "input_text", "text": "Be kind."}],
            },
            {"role": "system", "content": "Be exact."},
            {"role": "user", "content": "Hi"},
        ],
    ),
    "only instructions": sent(
        input=[{"role": "system", "content": "Be brief."}, {"role": "developer", "content": "Tell a joke."}],
    ),
    "turns of one role": sent(
        input=[
            {"role": "user", "content": "Hi"},
            {"role": "user", "content": "Are you there?"},
            {"role": "assistant", "content": "Yes."},
            {"role": "assistant", "content": "I am."},
            {"role": "user", "content": "Good."},
        ],
    ),
    "several parts": sent(
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Look:"},
                    {"type": "input_text", "text": "one"},
                    {"type": "input_text", "text": "two"},
                ],
            },
            {"role": "assistant", "content": "I"},
            {"role": "assistant", "content": " see."},
            {"role": "user", "content": "Good."},
        ],
    ),
    "empty parts among others": sent(
        input=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "assistant", "content": "you"},
            {"role": "user", "content": "Good."},
        ],
    ),
    "an empty turn": sent(
        input=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": ""},
            {"role": "user", "content": "Hello?"},
        ],
    ),
    "two empty texts": sent(
        input=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Yes?"},
            {"role": "user", "content": ""},
            {"role": "assistant", "content": "Hm?"},
            {"role": "user", "content": "Good."},
        ],
    ),
    "names": sent(
        input=[
            {"role": "user", "content": "I am here."},
            {"role": "user", "content": "So am I."},
            {"role": "assistant", "content": "Hello both."},
        ],
    ).dropping("messages[].name"),
    "prefill": sent(
        input=[
            {"role": "user", "content": "Name a colour as JSON."},
            {"role": "assistant", "content": '{"colour":'},
        ],
    ),
    "every script and sign": sent(
        input=[
            {"role": "user", "content": 'Größe 9", \\n is not\n a \t break;   \U0001f9d1‍\U0001f680 日本 </script>'},
        ],
    ),
    "cache hints": sent(
        input=[
            {
                "role": "system",
                "content": [
                    {"type": "input_text", "text": "A long text."},
                    {"type": "input_text", "text": "A short one."},
                ],
            },
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": [{"type": "input_text", "text": "One"}, {"type": "input_text", "text": "Two"}]},
        ],
    ),
    "a long conversation": sent(
        input=[
            {"role": "system", "content": "Be brief."},
            *LONG,
            {"role": "user", "content": "And now?"},
        ],
    ),
}
