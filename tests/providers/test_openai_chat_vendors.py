"""Vendors that speak Chat Completions: the table of them, and how a row of the configuration refers to it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from llmrpc_server.config.document import FromOutside
from llmrpc_server.providers.openai_chat import OpenAIChat, OpenAISettings
from llmrpc_server.providers.openai_chat.vendors import VENDORS, Vendor, vendor_at
from llmrpc_server.providers.settings import HttpSettings
from llmrpc_server.requests.features import Feature, Harmless
from providers.openai_chat_requests import Fields, provider

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "vendors.md").read_text(encoding="utf-8")
WIRE = ROOT.parent / "shared" / "wire"
KEY = FromOutside("sk-test-1")

NAMES = pytest.mark.parametrize("name", VENDORS)


def cells(text: str) -> list[list[str]]:
    """Read the rows of the document's tables."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def documented() -> dict[str, list[str]]:
    """Map each vendor of the document's table to the other cells of its row."""
    return {name: rest for name, *rest in cells(DOCUMENT.partition("## The table")[2])[1:]}


def plain(differences: Any) -> Fields:
    """Write differences as YAML has them."""
    return {key: sorted(value) if isinstance(value, tuple | list) else value for key, value in differences.items()}


def settings(**row: Any) -> OpenAISettings:
    """Check a row."""
    return OpenAISettings(**row)


def row_of(vendor: Vendor) -> Fields:
    """Write the least that a vendor's row must say."""
    return {**({"api_key": KEY} if vendor.key else {}), **({"base_url": vendor.example} if vendor.example else {})}


def test_every_vendor_is_documented() -> None:
    """The document lists the vendors that there are, in their order."""
    assert list(VENDORS) == list(documented())


@NAMES
def test_the_documented_row(name: str) -> None:
    """The row to write is a good one, and names the usual variable for the key."""
    row = re.sub(r"\$\{(\w+)\}", r"\1", documented()[name][0].strip("`"))
    written = yaml.safe_load(row)
    vendor = VENDORS[name]

    assert {"kind": "openai", "vendor": name} == {key: written.pop(key) for key in ("kind", "vendor")}
    assert vendor.key == written.pop("api_key", "")
    assert vendor.example == written.pop("base_url", "")
    assert {} == written
    assert name == settings(vendor=name, **row_of(vendor)).vendor


@NAMES
def test_the_documented_differences(name: str) -> None:
    """The document says what the table says."""
    told = yaml.safe_load("\n".join(re.findall(r"`(.*?)`", documented()[name][1]))) or {}

    assert plain(VENDORS[name].differences) == plain(told)


@pytest.mark.skipif(not WIRE.is_dir(), reason="the recordings are not there")
@NAMES
def test_the_documented_recordings(name: str) -> None:
    """What is said to be recorded is, and what is recorded is said to be."""
    folders = {folder.name.partition("_")[0] for folder in WIRE.iterdir() if any(folder.glob("chat.*"))}

    assert {"yes": True, "no": False}[documented()[name][2]] == (name in folders)


def test_the_documented_keys() -> None:
    """Every key of a row, and everything that it can lack, is documented."""
    keys = OpenAISettings.model_fields.keys() - HttpSettings.model_fields.keys()
    above = DOCUMENT.partition("## The table")[0]

    assert keys == {key.strip("`") for key, *_ in cells(above)[1:]}
    lacking = re.findall(r"`(\w+)`", above.partition("`unsupported` takes")[2])
    assert sorted(OpenAISettings.lackable()) == sorted(lacking)


@NAMES
def test_what_a_vendor_lacks(name: str) -> None:
    """What a vendor lacks is no feature of its provider, or is dropped by it; the rest is as the wire format has it."""
    vendor = VENDORS[name]
    made = provider(vendor=name)
    lacking = {str(name).upper() for name in vendor.differences.get("unsupported", ())}

    assert {
        feature for feature in OpenAIChat.features if feature.name in lacking
    } == OpenAIChat.features - made.features
    goes_on = {Feature.PREFILL} if vendor.differences.get("prefill") else set()
    assert goes_on == made.features - OpenAIChat.features
    extra = {Harmless.TOP_K} if vendor.differences.get("top_k") else set()
    assert OpenAIChat.drops - extra | {one for one in Harmless if one.name in lacking} == made.drops


@pytest.mark.parametrize(
    ("row", "base_url", "field"),
    [
        ({"vendor": "groq", "api_key": KEY}, "https://api.groq.com/openai/v1", "max_completion_tokens"),
        ({"vendor": "mistral", "api_key": KEY}, "https://api.mistral.ai/v1", "max_tokens"),
        ({"vendor": "mistral", "api_key": KEY, "base_url": None}, "https://api.mistral.ai/v1", "max_tokens"),
        ({"vendor": "mistral", "base_url": "http://127.0.0.1:1"}, "http://127.0.0.1:1", "max_tokens"),
        ({"base_url": "https://api.mistral.ai/v1", "api_key": KEY}, "https://api.mistral.ai/v1", "max_tokens"),
        ({"base_url": "https://API.Mistral.ai:443/", "api_key": KEY}, "https://API.Mistral.ai:443/", "max_tokens"),
        (
            {"base_url": "https://api.mistral.ai/v1", "max_tokens_field": "max_completion_tokens"},
            "https://api.mistral.ai/v1",
            "max_completion_tokens",
        ),
        ({"vendor": "ollama"}, "http://localhost:11434/v1", "max_tokens"),
        ({"vendor": "openai", "api_key": KEY}, None, "max_completion_tokens"),
        # Not theirs: another host, and one's own machine, where anything can run.
        ({"base_url": "https://mistral.ai.example"}, "https://mistral.ai.example", "max_completion_tokens"),
        ({"base_url": "http://localhost:11434/v1"}, "http://localhost:11434/v1", "max_completion_tokens"),
    ],
)
def test_rows(row: Fields, base_url: str | None, field: str) -> None:
    """A vendor is named, or known by its host; what the row says wins."""
    made = settings(**row)

    assert (base_url, field) == (made.base_url, made.max_tokens_field)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://acme.openai.azure.com/openai/v1", "azure"),
        ("https://acme.services.ai.azure.com/openai/v1", "azure"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "alibaba"),
        ("https://api.together.ai/v1", "together"),
    ],
)
def test_hosts_below(address: str, name: str) -> None:
    """A vendor with many hosts is known by their common end."""
    assert VENDORS[name] is vendor_at(address)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({}, "needs api_key or api_keys"),
        ({"vendor": "groq"}, "needs api_key or api_keys, for example ${GROQ_API_KEY}"),
        ({"vendor": "groq", "base_url": "https://api.groq.com/openai/v1"}, "needs api_key or api_keys"),
        (
            {"vendor": "azure"},
            (
                "needs base_url, for example https://RESOURCE.openai.azure.com/openai/v1, and api_key or api_keys, "
                "for example ${AZURE_OPENAI_API_KEY}"
            ),
        ),
        ({"vendor": "gpustack"}, "Value error, needs base_url, for example http://gpustack.example.com/v1 ["),
        ({"vendor": "azure", "api_key": KEY}, "needs base_url, for example https://RESOURCE.openai.azure.com"),
        ({"vendor": "gpustack", "api_key": KEY}, "needs base_url, for example http://gpustack.example.com/v1"),
        ({"vendor": "grok", "api_key": KEY}, "must be one of openai, azure, "),
        ({"vendor": 7, "api_key": KEY}, "valid string"),
        ({"api_key": KEY, "unsupported": ["everything"]}, "'tools'"),
        ({"api_key": KEY, "unsupported": "seed"}, "valid list"),
        ({"api_key": KEY, "max_tokens_field": "limit"}, "'max_tokens'"),
        ({"api_key": KEY, "base_url": "http://["}, "must be an address"),
        ({"api_key": KEY, "base_url": 7}, "valid string"),
    ],
)
def test_rows_that_are_refused(row: Fields, problem: str) -> None:
    """A row that cannot work is a problem of the configuration, and says what would be right."""
    with pytest.raises(ValidationError, match=re.escape(problem)):
        settings(**row)


def test_what_can_be_lacked() -> None:
    """Each name that `unsupported` takes is a feature of the wire format, or a harmless parameter that it has."""
    features = {feature.name.lower() for feature in OpenAIChat.features}
    harmless = {one.name.lower() for one in set(Harmless) - OpenAIChat.drops}

    assert features <= OpenAISettings.lackable()
    assert OpenAISettings.lackable() - features <= harmless
    assert features.isdisjoint(harmless)
    assert {"detail", "filename"} == harmless - OpenAISettings.lackable()
    assert OpenAISettings.lackable() <= {name.lower() for name in (*Feature.__members__, *Harmless.__members__)}
