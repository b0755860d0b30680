"""Conversations of text alone."""

from openai.types.chat import ChatCompletionMessageParam

from rendering.expectation import Expectation
from rendering.openai_chat.sdk import MODEL, sent

LONG: list[ChatCompletionMessageParam] = []
for turn in range(100):
    LONG.append({"role": "user", "content": f"Question {turn}"})
    LONG.append({"role": "assistant", "content": f"Answer {turn}"})

TEXTS: dict[str, Expectation] = {
    "one text": sent(model=MODEL, messages=[{"role": "user", "content": "Why is the sky blue?"}]),
    "system first": sent(
        model=MODEL,
        messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
    ),
    "instructions anywhere": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "developer", "content": "Answer in French."},
            {"role": "user", "content": "Who are you?"},
            {"role": "system", "content": "Be brief."},
        ],
    ),
    "several texts of the system": sent(
        model=MODEL,
        messages=[
            {
                "role": "system",
                "content": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}],
            },
            {"role": "system", "content": "Be exact."},
            {"role": "user", "content": "Hi"},
        ],
    ),
    "only instructions": sent(
        model=MODEL,
        messages=[{"role": "system", "content": "Be brief."}, {"role": "developer", "content": "Tell a joke."}],
    ),
    "turns of one role": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "user", "content": "Are you there?"},
            {"role": "assistant", "content": "Yes."},
            {"role": "assistant", "content": "I am."},
            {"role": "user", "content": "Good."},
        ],
    ),
    "several parts": sent(
        model=MODEL,
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look:"},
                    {"type": "text", "text": "one"},
                    {"type": "text", "text": "two"},
                ],
            },
            {"role": "assistant", "content": [{"type": "text", "text": "I"}, {"type": "text", "text": " see."}]},
            {"role": "user", "content": "Good."},
        ],
    ),
    "empty parts among others": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello."}, {"type": "text", "text": "you"}]},
            {"role": "user", "content": "Good."},
        ],
    ),
    "an empty turn": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": ""},
            {"role": "user", "content": "Hello?"},
        ],
    ),
    "two empty texts": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Yes?"},
            {"role": "user", "content": ""},
            {"role": "assistant", "content": "Hm?"},
            {"role": "user", "content": "Good."},
        ],
    ),
    "names": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "I am here.", "name": "ada"},
            {"role": "user", "content": "So am I.", "name": "bob"},
            {"role": "assistant", "content": "Hello both.", "name": "bot"},
        ],
    ),
    "prefill": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": "Name a colour as JSON."},
            {"role": "assistant", "content": '{"colour":'},
        ],
    ),
    "every script and sign": sent(
        model=MODEL,
        messages=[
            {"role": "user", "content": 'Größe 9", \\n is not\n a \t break;   \U0001f9d1‍\U0001f680 日本 </script>'},
        ],
    ),
    "cache hints": sent(
        model=MODEL,
        messages=[
            {
                "role": "system",
                "content": [{"type": "text", "text": "A long text."}, {"type": "text", "text": "A short one."}],
            },
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]},
        ],
    ),
    "a long conversation": sent(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Be brief."},
            *LONG,
            {"role": "user", "content": "And now?"},
        ],
    ),
}
