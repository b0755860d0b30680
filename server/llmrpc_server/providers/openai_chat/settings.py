"""What the configuration says of a vendor that speaks Chat Completions: which one it is, and how it differs."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import override

from llmrpc_server.providers.openai_chat.vendors import VENDORS, vendor_at
from llmrpc_server.providers.settings import HttpSettings, key_in
from llmrpc_server.requests.features import Feature, Harmless

MaxTokensField = Literal["max_completion_tokens", "max_tokens"]
ReasoningField = Literal["reasoning_content", "reasoning", "reasoning_details", "thinking"]
EffortField = Literal["reasoning_effort", "thinking", "enable_thinking"]
SeedField = Literal["seed", "random_seed"]
Prefill = Literal["last_message", "prefix"]
Lacking = Literal[
    "tools",
    "parallel_tool_calls",
    "provider_tools",
    "images",
    "image_uris",
    "documents",
    "document_files",
    "audio",
    "assistant_media",
    "stop_sequences",
    "logprobs",
    "top_logprobs",
    "json_mode",
    "json_schema",
    "json_beside_tools",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "user",
    "name",
    "strict",
]


def _check_vendor(value: str) -> str:
    if value in VENDORS:
        return value
    raise PydanticCustomError("vendor", "must be one of {vendors}", {"vendors": ", ".join(VENDORS)})


class OpenAISettings(HttpSettings):
    """A vendor, and how it differs from OpenAI; what a row of the configuration says wins over what is known of it.

    Attributes:
        vendor: A known vendor: its address and differences are filled in. Unset: the one at base_url, if it is known.
        max_tokens_field: How it calls the limit of the output.
        developer_role: Whether it has a role for developers; if not, they speak as the system.
        reasoning_field: Where its reasoning goes back to it; unset: nowhere, with a Warning.
        effort_field: How it is told to reason; unset: it cannot be, with a Warning.
        seed_field: How it calls the seed.
        stream_usage: Whether it must, and can, be asked to count the tokens of a stream.
        done_message: Whether its streams end with [DONE]; if not, they end after the finish reason.
        prefill: What tells it to go on from a begun answer: that it is the last message, or the field `prefix` of that;
            unset: nothing does.
        top_k: Whether it has this parameter, which OpenAI has not.
        unsupported: What it lacks of what OpenAI has.
    """

    base_url_variable: ClassVar[str] = "OPENAI_BASE_URL"
    key_variable: ClassVar[str] = "OPENAI_API_KEY"

    vendor: Annotated[str, AfterValidator(_check_vendor)] | None = None
    max_tokens_field: MaxTokensField = "max_completion_tokens"
    developer_role: bool = True
    reasoning_field: ReasoningField | None = None
    effort_field: EffortField | None = "reasoning_effort"
    seed_field: SeedField = "seed"
    stream_usage: bool = True
    done_message: bool = True
    prefill: Prefill | None = None
    top_k: bool = False
    unsupported: list[Lacking] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, row: Any) -> Any:
        if not isinstance(row, Mapping):
            return row
        name, address = row.get("vendor"), row.get("base_url")
        vendor = vendor_at(address) if name is None else VENDORS.get(name) if isinstance(name, str) else None
        if vendor is None:
            return row
        return {**vendor.differences, **row, "base_url": vendor.base_url if address is None else address}

    @override
    def _missing(self) -> list[str]:
        vendor = VENDORS[self.vendor] if self.vendor else None
        if vendor is None:
            return super()._missing()
        missing = [f"base_url, for example {vendor.example}"] if vendor.example and self.base_url is None else []
        if vendor.key and self.base_url == vendor.base_url and not self._has_key:
            missing.append(key_in(vendor.key))
        return missing

    @staticmethod
    def lackable() -> frozenset[str]:
        """Return what `unsupported` may name."""
        return frozenset(get_args(Lacking))

    def takes(self, parameter: str) -> bool:
        """Whether the vendor has a parameter, by the name that `unsupported` has for it."""
        return self.top_k if parameter == "top_k" else parameter not in self.unsupported

    @property
    def lacks(self) -> frozenset[Feature]:
        """The features that the vendor lacks."""
        return frozenset(Feature[name.upper()] for name in self.unsupported if name.upper() in Feature.__members__)

    @property
    def drops(self) -> frozenset[Harmless]:
        """The harmless parameters that the vendor lacks."""
        return frozenset(member for member in Harmless if not self.takes(member.name.lower()))

    @property
    def fields(self) -> frozenset[str]:
        """The fields of the body that only this vendor has, and the API sets."""
        effort = self.effort_field or "reasoning_effort"
        return frozenset({self.max_tokens_field, self.seed_field, effort, *(("top_k",) if self.top_k else ())})
