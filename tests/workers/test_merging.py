"""Series of several processes, on one page."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from llmrpc_server.workers.merging import family, merge


def _page(number: int) -> str:
    registry = CollectorRegistry()
    calls = Counter("calls", "Calls.\nAll of them.", ["route"], registry=registry)
    calls.labels('a "b" {c} d').inc(number)
    if number:
        calls.labels("of the second alone").inc()
    Gauge("up", "Whether it is.", registry=registry).set(number)
    Histogram("seconds", "How long.", registry=registry, buckets=(1, 2)).observe(1.5)
    return generate_latest(registry).decode()


def _samples(page: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = list(text_string_to_metric_families(page))
    samples = [sample for family in families for sample in family.samples if not sample.name.endswith("_created")]
    assert len({family.name for family in families}) == len(families)
    found = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found


def test_each_series_has_its_workers_number() -> None:
    """All series of all workers are there, each with its worker's number, and each metric is described once."""
    expected = {
        (name, labels | {("worker", str(number))}): value
        for number in range(2)
        for (name, labels), value in _samples(_page(number)).items()
    }

    merged = merge({0: _page(0), 1: _page(1)})

    assert expected == _samples(merged)
    assert 1 == merged.count("# TYPE seconds histogram")


def test_nobody_says_anything() -> None:
    """Without a worker that answers there is nothing."""
    assert "" == merge({})


def test_a_metric_of_the_workers_themselves() -> None:
    """It is written as Prometheus reads it."""
    page = family("up", "gauge", "Whether it is.", [(0, True), (1, False)])

    assert {("up", frozenset({("worker", "0")})): 1.0, ("up", frozenset({("worker", "1")})): 0.0} == _samples(page)


def test_a_label_with_a_line_separator() -> None:
    """A line ends with a newline alone, whatever a model's name has in it."""
    line = 'a{m="x\u2028y"} 1.0\n'
    about = "# HELP a b\n# TYPE a counter\n"

    assert f'{about}a{{worker="0",m="x\u2028y"}} 1.0\n' == merge({0: about + line})
