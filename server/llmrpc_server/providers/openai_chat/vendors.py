"""Vendors that speak Chat Completions: where they are, and how they differ from OpenAI."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_MEDIA_BUT_IMAGES = ("audio", "documents", "document_files", "assistant_media")
_MEDIA = ("images", "image_uris", *_MEDIA_BUT_IMAGES)
_LOGPROBS = ("logprobs", "top_logprobs")
_PENALTIES = ("frequency_penalty", "presence_penalty")
# Of those that keep to the first form of the API.
_OLDER: Mapping[str, Any] = {"max_tokens_field": "max_tokens", "developer_role": False}


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor, or a server that runs anywhere.

    Attributes:
        base_url: Where its API is; None: at an address of the user's, or at the SDK's own.
        key: The usual environment variable for its key; empty: it needs none.
        example: What an address of the user's looks like; empty: there is one for all.
        hosts: More hosts of it, each with all below it.
        differences: Keys of the provider's row.
    """

    base_url: str | None
    key: str = ""
    example: str = ""
    hosts: tuple[str, ...] = ()
    differences: Mapping[str, Any] = field(default_factory=dict)


VENDORS: dict[str, Vendor] = {
    "openai": Vendor(None, "OPENAI_API_KEY"),
    "azure": Vendor(
        None,
        "AZURE_OPENAI_API_KEY",
        example="https://RESOURCE.openai.azure.com/openai/v1",
        hosts=("openai.azure.com", "services.ai.azure.com"),
    ),
    "gemini": Vendor(
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
        differences={
            "developer_role": False,
            "unsupported": ("seed", "user", "name", *_PENALTIES, *_LOGPROBS, *_MEDIA_BUT_IMAGES[1:]),
        },
    ),
    "mistral": Vendor(
        "https://api.mistral.ai/v1",
        "MISTRAL_API_KEY",
        differences={
            **_OLDER,
            "reasoning_field": "thinking",
            "seed_field": "random_seed",
            "prefill": "prefix",
            "stream_usage": False,
            "unsupported": ("user", "name", "provider_tools", *_LOGPROBS, *_MEDIA_BUT_IMAGES),
        },
    ),
    "deepseek": Vendor(
        "https://api.deepseek.com",
        "DEEPSEEK_API_KEY",
        differences={
            **_OLDER,
            "reasoning_field": "reasoning_content",
            "effort_field": "thinking",
            "unsupported": ("seed", "user", "parallel_tool_calls", "provider_tools", "json_schema", *_MEDIA),
        },
    ),
    "groq": Vendor(
        "https://api.groq.com/openai/v1",
        "GROQ_API_KEY",
        differences={
            "reasoning_field": "reasoning",
            "unsupported": ("name", *_LOGPROBS, *_MEDIA_BUT_IMAGES),
        },
    ),
    "xai": Vendor(
        "https://api.x.ai/v1",
        "XAI_API_KEY",
        differences={"developer_role": False, "unsupported": _MEDIA_BUT_IMAGES},
    ),
    "openrouter": Vendor(
        "https://openrouter.ai/api/v1",
        "OPENROUTER_API_KEY",
        differences={"reasoning_field": "reasoning_details", "prefill": "last_message", "top_k": True},
    ),
    "perplexity": Vendor(
        "https://api.perplexity.ai",
        "PERPLEXITY_API_KEY",
        differences={
            **_OLDER,
            "top_k": True,
            "unsupported": (
                "tools",
                "parallel_tool_calls",
                "provider_tools",
                "json_mode",
                "stop_sequences",
                "seed",
                "user",
                "name",
                *_LOGPROBS,
                *_MEDIA_BUT_IMAGES,
            ),
        },
    ),
    "together": Vendor(
        "https://api.together.xyz/v1",
        "TOGETHER_API_KEY",
        hosts=("together.ai",),
        differences={**_OLDER, "top_k": True, "unsupported": (*_LOGPROBS, *_MEDIA_BUT_IMAGES)},
    ),
    "fireworks": Vendor(
        "https://api.fireworks.ai/inference/v1",
        "FIREWORKS_API_KEY",
        differences={
            **_OLDER,
            "reasoning_field": "reasoning_content",
            "top_k": True,
            "unsupported": _MEDIA_BUT_IMAGES,
        },
    ),
    "cerebras": Vendor(
        "https://api.cerebras.ai/v1",
        "CEREBRAS_API_KEY",
        differences={
            "developer_role": False,
            "reasoning_field": "reasoning",
            "unsupported": ("parallel_tool_calls", *_PENALTIES, *_MEDIA_BUT_IMAGES),
        },
    ),
    "alibaba": Vendor(
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        "DASHSCOPE_API_KEY",
        hosts=("aliyuncs.com",),
        differences={
            **_OLDER,
            "effort_field": "enable_thinking",
            "top_k": True,
            "unsupported": ("user", "frequency_penalty", *_MEDIA_BUT_IMAGES),
        },
    ),
    "zai": Vendor(
        "https://api.z.ai/api/paas/v4",
        "ZAI_API_KEY",
        hosts=("bigmodel.cn",),
        differences={
            **_OLDER,
            "reasoning_field": "reasoning_content",
            "effort_field": "thinking",
            "unsupported": (
                "parallel_tool_calls",
                "json_schema",
                "seed",
                "user",
                "name",
                "strict",
                *_PENALTIES,
                *_LOGPROBS,
                *_MEDIA_BUT_IMAGES,
            ),
        },
    ),
    "huggingface": Vendor("https://router.huggingface.co/v1", "HF_TOKEN", differences=_OLDER),
    "gpustack": Vendor(
        None,
        example="http://gpustack.example.com/v1",
        differences={**_OLDER, "top_k": True, "unsupported": ("provider_tools", *_MEDIA_BUT_IMAGES)},
    ),
    "ollama": Vendor(
        "http://localhost:11434/v1",
        differences={
            **_OLDER,
            "reasoning_field": "reasoning",
            "unsupported": ("parallel_tool_calls", "provider_tools", "user", "name", "strict", *_MEDIA_BUT_IMAGES),
        },
    ),
    "vllm": Vendor(
        "http://localhost:8000/v1",
        differences={"developer_role": False, "top_k": True, "unsupported": ("provider_tools", *_MEDIA_BUT_IMAGES[1:])},
    ),
    "llama.cpp": Vendor(
        "http://localhost:8080/v1",
        differences={
            "developer_role": False,
            "reasoning_field": "reasoning_content",
            "prefill": "last_message",
            "top_k": True,
            "unsupported": ("provider_tools", *_MEDIA_BUT_IMAGES[1:]),
        },
    ),
    "lmstudio": Vendor(
        "http://localhost:1234/v1",
        differences={
            **_OLDER,
            "top_k": True,
            "unsupported": ("parallel_tool_calls", "provider_tools", "user", "name", *_LOGPROBS, *_MEDIA_BUT_IMAGES),
        },
    ),
}


def vendor_at(address: Any) -> Vendor | None:
    """Return the vendor whose host an address has, if it is known."""
    try:
        host = urlsplit(address).hostname if isinstance(address, str) else None
    except ValueError:
        host = None
    return next((vendor for vendor in VENDORS.values() if host and _is_at(vendor, host)), None)


def _is_at(vendor: Vendor, host: str) -> bool:
    # At localhost anything can run.
    own = urlsplit(vendor.base_url).hostname if vendor.base_url and vendor.key else None
    return host == own or any(host == other or host.endswith(f".{other}") for other in vendor.hosts)
