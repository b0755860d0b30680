"""Conversations of text alone."""

from anthropic.types import MessageParam

from llmrpc_server.errors import ProviderInvalidRequest
from rendering.anthropic_messages.sdk import MODEL, sent
from rendering.expectation import Expectation, Unsayable

LONG: list[MessageParam] = []
for turn in range(100):
    LONG.append({"role": "user", "content": [{"type": "text", "text": f"Question {turn}"}]})
    LONG.append({"role": "assistant", "content": [{"type": "text", "text": f"Answer {turn}"}]})

TEXTS: dict[str, Expectation] = {
    "one text": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[{"role": "user", "content": [{"type": "text", "text": "Why is the sky blue?"}]}],
    ),
    "system first": sent(
        model=MODEL,
        max_tokens=4096,
        system=[{"type": "text", "text": "Be brief."}],
        messages=[{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    ),
    "instructions anywhere": sent(
        model=MODEL,
        max_tokens=4096,
        system=[{"type": "text", "text": "Answer in French."}, {"type": "text", "text": "Be brief."}],
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello."}]},
            {"role": "user", "content": [{"type": "text", "text": "Who are you?"}]},
        ],
    ),
    "several texts of the system": sent(
        model=MODEL,
        max_tokens=4096,
        system=[
            {"type": "text", "text": "Be brief."},
            {"type": "text", "text": "Be kind."},
            {"type": "text", "text": "Be exact."},
        ],
        messages=[{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    ),
    "only instructions": Unsayable(ProviderInvalidRequest),
    "turns of one role": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "Are you there?"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Yes."}, {"type": "text", "text": "I am."}]},
            {"role": "user", "content": [{"type": "text", "text": "Good."}]},
        ],
    ),
    "several parts": sent(
        model=MODEL,
        max_tokens=4096,
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
            {"role": "user", "content": [{"type": "text", "text": "Good."}]},
        ],
    ),
    "empty parts among others": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello."}, {"type": "text", "text": "you"}]},
            {"role": "user", "content": [{"type": "text", "text": "Good."}]},
        ],
    ),
    # The API refuses empty texts, and turns of nothing.
    "an empty turn": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "text", "text": "Hello?"}]},
        ],
    ),
    "two empty texts": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Yes?"}, {"type": "text", "text": "Hm?"}]},
            {"role": "user", "content": [{"type": "text", "text": "Good."}]},
        ],
    ),
    "names": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "I am here."}, {"type": "text", "text": "So am I."}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello both."}]},
        ],
    ).dropping("messages[].name"),
    "prefill": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Name a colour as JSON."}]},
            {"role": "assistant", "content": [{"type": "text", "text": '{"colour":'}]},
        ],
    ),
    "every script and sign": sent(
        model=MODEL,
        max_tokens=4096,
        messages=[
            {
                "role": "user",
                "content": [
                    {
                        "type": "text",
                        "text": 'Größe 9", \\n is not\n a \t break;   \U0001f9d1‍\U0001f680 日本 </script>',
                    },
                ],
            },
        ],
    ),
    "cache hints": sent(
        model=MODEL,
        max_tokens=4096,
        system=[
            {"type": "text", "text": "A long text.", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "A short one."},
        ],
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "Hello.", "cache_control": {"type": "ephemeral"}}],
            },
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "One"},
                    {"type": "text", "text": "Two", "cache_control": {"type": "ephemeral"}},
                ],
            },
        ],
    ),
    "a long conversation": sent(
        model=MODEL,
        max_tokens=4096,
        system=[{"type": "text", "text": "Be brief."}],
        messages=[*LONG, {"role": "user", "content": [{"type": "text", "text": "And now?"}]}],
    ),
}
