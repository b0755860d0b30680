"""The kinds of value that llmrpc.yaml holds, each with the words that say what would be right."""

import contextlib
import re
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError
from yarl import URL

from llmrpc_server.config.document import FromOutside

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_MODEL = re.compile(r"[^/]+/.+")
_SECRET = re.compile(r"[!-~]+")


class Section(BaseModel):
    """A mapping of the file: it knows its keys, and no others pass."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _read_duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    with contextlib.suppress(OverflowError):
        if match is not None:
            return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    raise PydanticCustomError("duration", "must be a duration such as 500ms, 30s, 5m or 1h")


def _refuse_zero(value: timedelta) -> timedelta:
    if value:
        return value
    raise PydanticCustomError("positive_duration", "must be more than 0")


def check_http_address(value: str) -> str:
    """Return an address of HTTP or HTTPS, or raise what is wrong with it."""
    try:
        parts, host = urlsplit(value), URL(value).raw_host or ""
        # A name that no resolver takes.
        host.encode("idna")
        good = parts.scheme in {"http", "https"} and bool(host) and parts.port != 0
    except ValueError:
        good = False
    if not good or not value.isprintable() or " " in value:
        raise PydanticCustomError("address", "must be an address such as https://api.example.com/v1")
    if parts.username is not None or {"?", "#"} & set(value):
        raise PydanticCustomError("bare_address", "must be a bare address: no user, password, query or fragment")
    return value


def refuse_bool(value: Any) -> Any:
    """Refuse yes and no where a number is wanted: Python counts with them."""
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "must be a whole number")
    return value


def _refuse_literal(value: Any) -> Any:
    if isinstance(value, FromOutside | SecretStr):
        return value
    raise PydanticCustomError(
        "literal_secret",
        "must not stand in the file itself, not in part either: "
        "write ${NAME} for an environment variable, or ${file:PATH}",
    )


def _check_secret(value: SecretStr) -> SecretStr:
    if _SECRET.fullmatch(value.get_secret_value()):
        return value
    raise PydanticCustomError("secret", "must be one line of printable ASCII characters without spaces")


def _check_model_name(value: str) -> str:
    if _MODEL.fullmatch(value):
        return value
    raise PydanticCustomError("model_name", 'must be written "provider/model"')


def _check_provider_name(value: str) -> str:
    if value and "/" not in value:
        return value
    raise PydanticCustomError("provider_name", 'must have a name without "/"')


Text = Annotated[str, Field(min_length=1)]
Duration = Annotated[timedelta, BeforeValidator(_read_duration)]
PositiveDuration = Annotated[Duration, AfterValidator(_refuse_zero)]
Count = Annotated[int, BeforeValidator(refuse_bool), Field(ge=1, le=2**31 - 1)]
CountOrZero = Annotated[int, BeforeValidator(refuse_bool), Field(ge=0, le=2**31 - 1)]
# It becomes an HTTP header: anything else would fail each request, with the secret in the traceback.
Secret = Annotated[SecretStr, BeforeValidator(_refuse_literal), AfterValidator(_check_secret)]
ProviderName = Annotated[str, AfterValidator(_check_provider_name)]
ModelName = Annotated[str, AfterValidator(_check_model_name)]
RouteName = Text
HttpAddress = Annotated[str, AfterValidator(check_http_address)]
