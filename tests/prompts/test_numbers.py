"""Numbers in prompts are what their callers wrote."""

from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2

from details import detail
from gateway import Gateway
from llmrpc.v1 import completion_pb2
from prompts.asking import rendered
from prompts.files import write

FORMATS = {"f-string": "{n}", "jinja2": "{{ n }}", "mustache": "{{{n}}}"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a prompt for each format and type, and one that counts."""
    texts = {
        f"{format_}-{type_}/1.yaml": f"format: {format_}\nvariables: {{n: {{type: {type_}}}}}\n"
        f"messages: [{{role: user, text: '{text}'}}]\n"
        for format_, text in FORMATS.items()
        for type_ in ("number", "integer", "list")
    }
    counting = "{{ n * 2 }} {{ n + 0.5 }} {{ n | round(1) }} {{ n | tojson }} {{ n > 1.5 }}"
    texts["counting/1.yaml"] = (
        f"format: jinja2\nvariables: {{n: {{type: number}}}}\nmessages: [{{role: user, text: '{counting}'}}]\n"
    )
    return write(tmp_path / "prompts", texts)


async def _said(gateway: Gateway, name: str, json: str) -> str:
    reference = completion_pb2.PromptReference(name=name, variables={"n": completion_pb2.PromptValue(json=json)})
    return (await rendered(gateway, reference))[0][1]


@pytest.mark.parametrize("format_", FORMATS)
async def test_as_they_were_written(prompting: Gateway, format_: str) -> None:
    """Digits are neither lost nor left out; a whole number is one, however it was written."""
    for written in ("19.90", "0.1234567890123456789", "1e3", "-0.0", "7", "12345678901234567890.5"):
        assert written == await _said(prompting, f"{format_}-number", written)
    for written, said in (("3.0", "3"), ("9007199254740993.0", "9007199254740993"), ("1e2", "100")):
        assert said == await _said(prompting, f"{format_}-integer", written)


async def test_in_lists(prompting: Gateway) -> None:
    """What is in a list is told as it was written, too."""
    assert "[1.10, 2]" == await _said(prompting, "jinja2-list", "[1.10, 2]")


async def test_templates_count_with_them(prompting: Gateway) -> None:
    """A number is one to sums, comparisons and filters."""
    assert "39.8 20.4 19.9 19.9 True" == await _said(prompting, "counting", "19.90")


@pytest.mark.parametrize("type_", ["number", "integer", "list"])
async def test_too_large(prompting: Gateway, type_: str) -> None:
    """One that no float can hold is refused, and does not come as "inf"."""
    json = "[1e400]" if type_ == "list" else "1e400"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await _said(prompting, f"jinja2-{type_}", json)
    (violation,) = detail(refused.value, error_details_pb2.BadRequest).field_violations

    assert ('prompt.variables["n"]', "must be JSON text: 1e400 is too large") == (
        violation.field,
        violation.description,
    )
