"""The section `prices`: what models cost where the public price tables do not know it, or know it wrong."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from llmrpc_server.config.values import Section
from llmrpc_server.money import UNIT

_MOST = Decimal(10**6)


def _read_price(value: Any) -> Any:
    """Read an amount of money as it is written: a float would already have rounded it."""
    if not isinstance(value, bool):
        try:
            price = Decimal(str(value))
        except InvalidOperation:
            price = Decimal(-1)
        # One that is not a number cannot even be compared.
        if price.is_finite() and 0 <= price <= _MOST and price * UNIT % 1 == 0:
            return price
    raise PydanticCustomError("price", "must be an amount of USD such as 2.50, with at most 12 decimals")


def _check_same_as(value: str) -> str:
    vendor, slash, model = value.partition("/")
    if vendor and slash and model:
        return value
    raise PydanticCustomError("same_as", 'must be "vendor/model" of the public price table, or "vendor/*"')


Price = Annotated[Decimal, BeforeValidator(_read_price)]


class RateSettings(Section):
    """Prices in USD for a million tokens, `request` for each request."""

    input: Price | None = None
    output: Price | None = None
    cache_read: Price | None = None
    cache_write: Price | None = None
    reasoning: Price | None = None
    audio_input: Price | None = None
    audio_output: Price | None = None
    request: Price | None = None

    def rates(self) -> dict[str, int]:
        """Return those that are set, in picos."""
        fields = RateSettings.model_fields
        prices = {name: getattr(self, name) for name in fields}
        return {name: int(price * UNIT) for name, price in prices.items() if price is not None}


class TierSettings(RateSettings):
    """Prices of requests with more than so many tokens of input; what is not set is as without the tier."""

    above: Annotated[int, Field(ge=1)]


class PriceSettings(RateSettings):
    """The price of one model, or of all of a provider.

    Attributes:
        same_as: A model of the public price table whose prices these are.
    """

    tiers: list[TierSettings] = Field(default_factory=list)
    same_as: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _either_or(self) -> "PriceSettings":
        if self.same_as is not None:
            _check_same_as(self.same_as)
            if self.rates() or self.tiers:
                raise PydanticCustomError("same_as", "must stand without prices beside it")
        elif self.input is None or self.output is None:
            raise PydanticCustomError("price_row", "must have input and output, or same_as")
        return self
