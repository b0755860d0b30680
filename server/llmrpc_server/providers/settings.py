"""What the configuration says of a provider that is reached over HTTP."""

import os
import ssl
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from yarl import URL

from llmrpc_server.config import Secret, Section
from llmrpc_server.config.values import HttpAddress, check_http_address
from llmrpc_server.providers.proxies import proxy_for


def _check_bundle(value: Path) -> Path:
    try:
        ssl.create_default_context(cafile=value)
    except ssl.SSLError:
        raise PydanticCustomError("ca_bundle", "holds no certificates in PEM") from None
    except OSError as error:
        raise PydanticCustomError("ca_bundle", f"cannot be read: {error.strerror}") from error
    return value


def key_in(variable: str) -> str:
    """Say that a key is needed; it is usually in this environment variable."""
    return f"api_key or api_keys, for example ${{{variable}}}"


class HttpSettings(Section):
    """Address and keys.

    Attributes:
        api_key: The one key. Without one, a server at base_url gets a made-up one.
        api_keys: Several; requests take them in turn.
        base_url: Where the API is; unset: the SDK's own default, which its environment variable can change.
        ca_bundle: The certificates to trust in place of the system's.
        stream: Whether it can stream; if not, a stream is made of its whole answer.
    """

    # The environment variable that says where the API is when the configuration does not; empty for none.
    base_url_variable: ClassVar[str] = ""
    # The one that the vendor's own SDK and guides have its key in; an example where a vendor has none.
    key_variable: ClassVar[str] = "API_KEY"
    # Whether the environment's proxies hold; not for a server of our own.
    proxied: ClassVar[bool] = True

    api_key: Secret | None = None
    api_keys: list[Secret] = Field(default_factory=list)
    base_url: HttpAddress | None = None
    ca_bundle: Annotated[Path, AfterValidator(_check_bundle)] | None = None
    stream: bool = True

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if self.api_key is not None and self.api_keys:
            msg = "set api_key or api_keys, not both"
            raise ValueError(msg)
        if missing := self._missing():
            msg = f"needs {', and '.join(missing)}"
            raise ValueError(msg)
        return self

    def _missing(self) -> list[str]:
        """Name what must be said and is not, each with an example."""
        return [] if self._has_key or self.base_url is not None else [key_in(self.key_variable)]

    @property
    def _has_key(self) -> bool:
        return self.api_key is not None or bool(self.api_keys)

    @model_validator(mode="after")
    def _usable_environment(self) -> Self:
        address = self.base_url
        if address is None and (address := os.environ.get(self.base_url_variable)) is not None:
            try:
                check_http_address(address)
            except PydanticCustomError as error:
                msg = f"the environment variable {self.base_url_variable} {error.message()}"
                raise ValueError(msg) from None
        if self.proxied:
            # A vendor's own address, whatever it is, is one of https.
            proxy_for(URL(address or "https://vendor.invalid"))
        return self

    @property
    def keys(self) -> list[str]:
        """All keys, in the clear; at least one, because without any the SDK would take its own vendor's."""
        secrets = self.api_keys if self.api_key is None else [self.api_key]
        return [secret.get_secret_value() for secret in secrets] or ["no-key"]
