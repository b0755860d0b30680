"""How many tokens encrypted reasoning has, by its length."""

from llmrpc.v1 import message_pb2

# By the kind that made them: the names of what is encrypted, the characters of one without any reasoning, and those of
# each token more. Anthropic's is as long as its text, of four bytes a token, and a head; both of OpenAI's are measured.
_FORMS = {
    "anthropic": ((b'"signature":"', b'"data":"'), 250, 4 / 3 * 4.0),
    "openai_responses": ((b'"encrypted_content":"',), 940, 4 / 3 * 5.0),
}


def sealed_tokens(state: message_pb2.ProviderState) -> int:
    """Estimate the tokens of the reasoning that is encrypted in a state; 0: there is none, or it does not show."""
    form = _FORMS.get(state.kind)
    if form is None:
        return 0
    names, empty, each = form
    data = state.data
    for name in names:
        start = data.find(name) + len(name)
        if start >= len(name):
            return max(0, round((data.find(b'"', start) - start - empty) / each))
    return 0
