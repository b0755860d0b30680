"""How many tokens a model takes: as the configuration says, else as the public price list knows it."""

import asyncio
import functools

from llmrpc_server.plan import Route, Target

# By our kind of provider, the list's name for the vendor.
_VENDORS = {"openai": "openai", "openai_responses": "openai", "anthropic": "anthropic", "cohere": "cohere"}


async def context_window(target: Target, route: Route) -> int | None:
    """Return a model's context window in tokens; None where nobody knows it."""
    if (configured := route.context_windows.get(target)) is not None:
        return configured
    # The list takes a tenth of a second to load.
    return await asyncio.to_thread(_listed, target.provider.name, target.provider.kind, target.model)


@functools.lru_cache(maxsize=1000)
def _listed(provider: str, kind: str, model: str) -> int | None:
    from genai_prices import data_snapshot

    snapshot = data_snapshot.get_snapshot()
    for vendor in (provider, _VENDORS.get(kind, kind)):
        try:
            _, found = snapshot.find_provider_model(model, None, vendor, None)
        except LookupError:
            continue
        return found.context_window
    return None
