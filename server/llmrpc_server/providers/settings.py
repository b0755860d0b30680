"""What the configuration says of a provider that is reached over HTTP."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config import Secret, Section


def _check_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if good and value.isprintable() and " " not in value:
        return value
    raise PydanticCustomError("address", "must be an address such as https://api.example.com/v1")


class HttpSettings(Section):
    """Address and keys.

    Attributes:
        api_key: The one key. Without one, a server at base_url gets a made-up one.
        api_keys: Several; requests take them in turn.
        base_url: Where the API is; unset: the SDK's own default, which its environment variable can change.
        stream: Whether it can stream; if not, a stream is made of its whole answer.
    """

    api_key: Secret | None = None
    api_keys: list[Secret] = Field(default_factory=list)
    base_url: Annotated[str, AfterValidator(_check_address)] | None = None
    stream: bool = True

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if self.api_key is not None and self.api_keys:
            msg = "set api_key or api_keys, not both"
            raise ValueError(msg)
        if self.api_key is None and not self.api_keys and self.base_url is None:
            msg = "needs api_key or api_keys, for example ${OPENAI_API_KEY}"
            raise ValueError(msg)
        return self

    @property
    def keys(self) -> list[str]:
        """All keys, in the clear; at least one, because without any the SDK would take its own vendor's."""
        secrets = self.api_keys if self.api_key is None else [self.api_key]
        return [secret.get_secret_value() for secret in secrets] or ["no-key"]
