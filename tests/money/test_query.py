"""Sums over the ledger are the same whether hourly rows or calls answer, and whatever part of an hour is asked for."""

import asyncio
import copy
import random
import time
from datetime import timedelta

import pytest

from llmrpc.v1 import usage_pb2
from llmrpc_server.database import Database
from llmrpc_server.database.insert import put_structs
from llmrpc_server.errors import Reason
from llmrpc_server.ledger.chores.retention import remove
from llmrpc_server.ledger.entries import Book
from llmrpc_server.ledger.journal.kept import MANY, enter_all
from llmrpc_server.ledger.reading import query
from llmrpc_server.ledger.reading.query import Filter
from llmrpc_server.ledger.sums.histogram import Histogram, bucket, dump, load, quantile
from llmrpc_server.ledger.sums.hours import HOUR_US, Sums, sum_up
from llmrpc_server.ledger.tables import calls
from money.made import NOW_US, book, enter_in, entered

D = usage_pb2.UsageDimension
FIRST = NOW_US // HOUR_US * HOUR_US - 3 * HOUR_US
BIG = 9 * 10**18


def random_books(count: int, seed: int = 1) -> list[Book]:
    """Make books of calls over three hours."""
    pick = random.Random(seed)
    return [
        book(
            f"c{seed}-{number}",
            tenant=pick.choice(["acme", "globex"]),
            user=pick.choice(["u1", "u2", ""]),
            model=pick.choice(["gpt-4o", "gpt-4o-mini"]),
            picos=pick.choice([None, pick.randrange(10**12)]),
            tokens=pick.randrange(2, 5000),
            code=pick.choice([0, 0, 14]),
            reason=pick.choice([0, Reason.ERROR_REASON_PROVIDER_UNAVAILABLE]),
            labels=pick.choice([{}, {"team": "search"}, {"team": "ads", "env": 'p"x'}]),
            seconds=pick.random() * 10,
            start_us=FIRST + pick.randrange(3 * HOUR_US),
        )
        for number in range(count)
    ]


@pytest.fixture
async def filled(database: Database) -> Database:
    """Return a ledger with calls."""
    await enter_in(database, "p1", random_books(300), [])
    return database


def plain(groups: dict[tuple[str, ...], Sums]) -> dict[tuple[str, ...], tuple[dict[str, int], dict[int, int]]]:
    """Return sums as plain data."""
    return {group: (sums.values, dict(sums.durations)) for group, sums in groups.items()}


GROUPS = [
    [],
    [D.USAGE_DIMENSION_TENANT],
    [D.USAGE_DIMENSION_USER, D.USAGE_DIMENSION_MODEL],
    [D.USAGE_DIMENSION_HOUR, D.USAGE_DIMENSION_REASON],
    [D.USAGE_DIMENSION_LABEL],
    [D.USAGE_DIMENSION_DAY, D.USAGE_DIMENSION_MONTH, D.USAGE_DIMENSION_PROVIDER],
]
FILTERS = [
    Filter(),
    Filter(start_us=FIRST + HOUR_US // 3, end_us=FIRST + 2 * HOUR_US + 17),
    Filter(start_us=FIRST + HOUR_US, end_us=FIRST + 2 * HOUR_US),
    Filter(start_us=FIRST + 10, end_us=FIRST + 20_000_000),
    Filter(values={"tenant": ["acme"], "model": ["gpt-4o", "other"]}),
    Filter(labels={"team": "ads", "env": 'p"x'}),
    Filter(reasons=[Reason.ERROR_REASON_PROVIDER_UNAVAILABLE]),
]


async def test_hours_say_what_calls_say(filled: Database) -> None:
    """Before, in the middle of and after summing up every question has the same answer."""
    before = [plain(await query.usage(filled, wanted, group, "team")) for wanted in FILTERS for group in GROUPS]
    await sum_up(filled)
    await enter_in(filled, "p1", random_books(5, seed=2), [])
    await sum_up(filled)
    late = random_books(5, seed=3)
    await enter_in(filled, "p1", late, [])
    mixed = [plain(await query.usage(filled, wanted, group, "team")) for wanted in FILTERS for group in GROUPS]
    await sum_up(filled)
    after = [plain(await query.usage(filled, wanted, group, "team")) for wanted in FILTERS for group in GROUPS]

    assert mixed == after
    assert (300, 310) == (before[0][()][0]["calls"], after[0][()][0]["calls"])
    assert 0 == await sum_up(filled)


async def test_books_that_bring_their_sums(database: Database, filled: Database) -> None:
    """Where many were kept they are in the hourly sums with their rows, once however often they come; others wait."""
    kept = random_books(200, seed=2)
    await enter_all(database, "p2", kept[:MANY])
    await enter_all(database, "p1", kept[MANY : MANY + 20])
    await enter_all(database, "p2", [*random_books(20), *kept, *kept[-5:]])
    before = [plain(await query.usage(filled, wanted, group, "team")) for wanted in FILTERS for group in GROUPS]

    assert 320 == await sum_up(filled)
    await enter_all(database, "p2", [*random_books(20), *kept])

    assert 0 == await sum_up(filled)
    after = [plain(await query.usage(filled, wanted, group, "team")) for wanted in FILTERS for group in GROUPS]
    assert before == after
    assert 500 == after[0][()][0]["calls"]


async def test_sums_of_many_at_once(database: Database) -> None:
    """Whoever brings sums, brings none, or sums up, at the same time: each call counts once."""
    books = random_books(1500)

    def own(start: int, count: int) -> list[Book]:
        """Copy some of them, as each process has its own."""
        return copy.deepcopy(books[start : start + count])

    kept = [enter_all(database, f"p{number}", own(number * MANY, 120)) for number in range(10)]
    plainly = [enter_in(database, "p1", own(number * 40, 10)) for number in range(30)]
    await asyncio.gather(*kept, *plainly, *(sum_up(database) for _ in range(5)))
    await sum_up(database)

    (counted,) = (await query.usage(database, Filter(), [], "")).values()
    ids = {*await entered(database)}
    assert len(ids) == counted.values["calls"]
    assert sum(one.call.cost_picos or 0 for one in books if one.call_id in ids) == counted.values["cost_picos"]


async def test_groups_and_filters(database: Database) -> None:
    """A group is named by its values, a label by its exact text, a reason by its name."""
    labels = [{"team": "search"}, {"team": "Search"}, {"x": '"team": "search"'}, {}]
    books = [book(f"c{n}", labels=given, start_us=FIRST, reason=n % 2 * 14) for n, given in enumerate(labels)]
    await enter_in(database, "p1", books, [])

    for _ in range(2):
        found = await query.usage(database, Filter(labels={"team": "search"}), [D.USAGE_DIMENSION_LABEL], "team")
        reasons = await query.usage(database, Filter(), [D.USAGE_DIMENSION_REASON, D.USAGE_DIMENSION_LABEL], "team")
        assert {("search",): 1} == {group: sums.values["calls"] for group, sums in found.items()}
        assert {("", "search"), ("PROVIDER_OVERLOADED", "Search"), ("", ""), ("PROVIDER_OVERLOADED", "")} == set(
            reasons
        )
        await sum_up(database)


async def test_many_calls_hold_up_nobody(database: Database) -> None:
    """The calls of a busy hour that counts in part are added up beside the event loop, not on it."""
    hour = NOW_US // HOUR_US * HOUR_US
    rows = [book(f"c{number}", start_us=hour + number).call for number in range(10_000)]
    await database.write(lambda connection: put_structs(connection, calls, rows))
    shares = []
    for _ in range(3):
        gaps: list[float] = []
        ticking = asyncio.create_task(_tick(gaps))
        began = time.perf_counter()
        sums = await query.usage(database, Filter(start_us=hour + 1), [usage_pb2.USAGE_DIMENSION_MODEL], "")
        took = time.perf_counter() - began
        ticking.cancel()
        shares.append(max(gaps) / took)
        assert 9_999 == sums["gpt-4o",].values["calls"]

    # The machine can be late, too.
    assert min(shares) < 0.4


async def _tick(gaps: list[float]) -> None:
    """Note how long the event loop takes to come back, again and again."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0)
        gaps.append(time.perf_counter() - before)


async def test_sums_beyond_64_bits(database: Database) -> None:
    """A sum of money that no 64 bits hold is exact."""
    books = [book(f"c{n}", picos=BIG, start_us=FIRST + n * HOUR_US) for n in range(3)]
    await enter_in(database, "p1", books, [])

    for _ in range(2):
        assert 3 * BIG == (await query.usage(database, Filter(), [], ""))[()].values["cost_picos"]
        await sum_up(database)


async def test_calls_page_by_page(filled: Database) -> None:
    """Pages of calls are newest first, without a gap or a repetition, also where calls come in between."""
    seen: list[str] = []
    before = None
    while page := await query.list_calls(filled, Filter(values={"tenant": ["acme"]}), before, 40):
        seen += [row["call_id"] for row in page]
        before = (page[-1]["start_us"], page[-1]["call_id"])
        assert sorted((row["start_us"], row["call_id"]) for row in page)[::-1] == [
            (row["start_us"], row["call_id"]) for row in page
        ]
        newest = book(f"new{len(seen)}", tenant="acme", start_us=FIRST + 4 * HOUR_US)
        await enter_in(filled, "p1", [newest], [])

    expected = [one.call_id for one in random_books(300) if one.call.tenant == "acme"]
    assert sorted(expected) == sorted(seen)


async def test_retention(filled: Database) -> None:
    """Old calls go, once they are in the hourly sums; the sums stay what they were."""
    before = plain(await query.usage(filled, Filter(), [D.USAGE_DIMENSION_TENANT], ""))
    assert 0 == await remove(filled, timedelta(0))
    await sum_up(filled)
    assert 300 == await remove(filled, timedelta(0))

    assert before == plain(await query.usage(filled, Filter(), [D.USAGE_DIMENSION_TENANT], ""))
    assert [] == await query.list_calls(filled, Filter(), None, 10)


def test_quantiles_are_close() -> None:
    """A quantile out of a histogram is at most 5 % off, also out of one that was written, read and added up."""
    pick = random.Random(7)
    durations = sorted(int(10 ** (3 + pick.random() * 5)) for _ in range(2001))
    halves = [Histogram(map(bucket, durations[start::2])) for start in range(2)]

    counts = load(dump(halves[0])) + halves[1]

    assert len(durations) == sum(counts.values())
    for share, exact in ((0.5, durations[1000]), (0.99, durations[1980])):
        assert exact == pytest.approx(quantile(counts, share), rel=0.05)
    assert 0 == quantile({}, 0.5)
