"""When a book waits for others: never alone, and never in vain for long."""

from llmrpc_server.ledger.commit_delay import CommitDelay


def _after(gaps: list[float]) -> CommitDelay:
    delay, moment = CommitDelay(), 100.0
    for gap in gaps:
        moment += gap
        delay.came(moment)
    return delay


def test_a_lone_book_is_entered_at_once() -> None:
    """Where books are rare none waits, not even one of a pair."""
    assert 0.0 == _after([]).wait()
    assert 0.0 == _after([5.0] * 50).wait()
    assert 0.0 == _after([*[5.0] * 50, 0.0001]).wait()


def test_books_that_come_one_after_the_other_share() -> None:
    """At 200 a second a book waits for the next one; after a pause the first one does not."""
    assert 0.005 < _after([0.005] * 100).wait() < 0.01
    assert 0.0 == _after([*[0.005] * 100, 1.0]).wait()


def test_waiting_in_vain_ends() -> None:
    """Where nobody came while one waited nobody waits for a while, and then it is tried again."""
    delay = _after([0.001] * 100)
    assert delay.wait()
    delay.waited_for(3)
    assert delay.wait()

    delay.waited_for(1)

    waits = [delay.wait() for _ in range(100)]
    assert 0.0 == max(waits[:50])
    assert waits[-1]
