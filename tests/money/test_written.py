"""What stands on the disk of a book, and in the hold of a call under way."""

import msgspec
import pytest

from llmrpc_server.ledger.entries import Book
from llmrpc_server.ledger.rows import AttemptRow, CallRow
from llmrpc_server.ledger.tables import attempts_apart, calls
from money.made import book, period

_COUNTS = (
    '"input_tokens":9,"output_tokens":1,"cache_read_tokens":null,"cache_write_tokens":null,"reasoning_tokens":null,'
    '"audio_input_tokens":null,"audio_output_tokens":null,"usage_source":1,"cost_picos":100,"cost_incomplete":false,'
    '"price_version":"test"'
)
# As the first servers wrote it: every column, and a row for the only attempt.
_FIRST = (
    '{"call":{"call_id":"c1","start_us":1700000000000000,"duration_us":1000000,"first_token_us":null,'
    '"tenant":"default","user":"ann","key":"","prompt":"","prompt_version":"","route":"default",'
    '"labels":"{\\"team\\": \\"x\\"}","method":"llmrpc.v1.CompletionService/Complete","code":0,"reason":0,'
    '"provider":"openai","model":"gpt-4o","reported_model":"","cache_key":"","origin_call_id":"","trace_id":"",'
    f'"fingerprint":"","cache_status":1,"attempts":1,{_COUNTS},"saved_picos":null,"lost":false}},'
    '"attempts":[{"call_id":"c1","number":1,"cause":0,"provider":"openai","model":"gpt-4o","reported_model":"",'
    '"provider_request_id":"","start_us":1700000000000000,"duration_us":0,"first_token_us":null,"reason":0,'
    f'"http_status":0,{_COUNTS},"cost_items":""}}],"spent":[100,10],"periods":[["b","default","tenant:default",0]]}}'
)


def _same() -> Book:
    return book("c1", user="ann", labels={"team": "x"}, periods=(period(),), start_us=1_700_000_000_000_000)


def test_the_structs_have_the_columns() -> None:
    """No column is forgotten, and none is too many."""
    assert set(calls.c.keys()) == set(CallRow.__struct_fields__)
    assert set(attempts_apart.c.keys()) == set(AttemptRow.__struct_fields__)


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_book_is_read_as_it_was_written(attempts: int) -> None:
    """On one line, with its texts where they are wanted."""
    made = book("c1", user="a\nb", attempts=attempts, periods=(period(),))
    made.text = {"call_id": "c1", "request": "why?"}

    line = made.written(with_text=True)
    read = Book.read(line)

    assert b"\n" not in line
    assert (made.call, made.attempts, made.spent, made.periods) == (read.call, read.attempts, read.spent, read.periods)
    assert (made.text, None) == (read.text, Book.read(made.written().decode()).text)


def test_what_an_earlier_server_wrote() -> None:
    """Holds and journals outlive a new version: a book is the same, with its attempt where it was."""
    read = Book.read(_FIRST)

    expected = _same()
    (attempt,) = read.attempts
    assert (9, 1, 100) == (attempt.input_tokens, attempt.output_tokens, attempt.cost_picos)
    assert [] == read.call.with_attempts([]) == expected.attempts
    for name in ("attempt_cause", "attempt_start_us", "attempt_duration_us", "attempt_reason", "attempt_http_status"):
        assert getattr(read.call, name) is None
        setattr(expected.call, name, None)
    assert (expected.call, expected.spent, expected.periods) == (read.call, read.spent, read.periods)


@pytest.mark.parametrize("spoiled", ["{}", '{"call": 1}', "[]", _FIRST.replace("100", '"much"')])
def test_what_is_no_book(spoiled: str) -> None:
    """It is refused, and nothing of it is entered."""
    with pytest.raises(msgspec.MsgspecError):
        Book.read(spoiled)
