"""What the configuration names and does not hold itself: files, and names in the operator's own Python."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from llmrpc_server import tracing
from llmrpc_server.config.document import Problem
from llmrpc_server.config.loading import BadSetting, Loaded
from llmrpc_server.config.output import OutputSettings
from llmrpc_server.config.schema import Config


def problems(loaded: Loaded) -> list[Problem]:
    """Look at all of it as serve does, and at each by itself; return what cannot be used. Nothing is fetched."""
    found = [error for look in _looks(loaded.config) for error in _refusals(look)]
    found += _prompts(loaded.config)
    return loaded.problems([*found, *local_models(loaded)])


def local_models(loaded: Loaded) -> Iterator[BadSetting]:
    """Find files of local models that are none."""
    for name, (kind, settings) in loaded.providers.items():
        if kind == "local" and (fault := settings.fault()):
            yield BadSetting(("providers", name, "path"), f"{settings.path}: {fault}")


def _looks(config: Config) -> Iterator[Callable[[], object]]:
    # Imported where there is something to look at: most configurations name little.
    if config.output.parsers or config.output.descriptors:
        from llmrpc_server.output.registry import Shapes, descriptor_set

        for name, parser in config.output.parsers.items():
            yield partial(Shapes, OutputSettings(parsers={name: parser}))
        for index, path in enumerate(config.output.descriptors):
            yield partial(descriptor_set, index, path)
    if config.auth is not None:
        from llmrpc_server.auth import authenticator

        if config.auth.keys is not None:
            yield partial(authenticator.open_keys, Path(config.auth.keys))
        if config.auth.jwt is not None:
            from llmrpc_server.auth import jwks

            yield partial(jwks.opened, config.auth.jwt)
    if config.tracing is not None:
        yield tracing.load
    if config.server.tls is not None:
        from llmrpc_server.edge import tls

        yield partial(tls.credentials, config.server.tls)


def _refusals(look: Callable[[], object]) -> Iterator[BadSetting]:
    try:
        look()
    except BadSetting as error:
        yield error


def _prompts(config: Config) -> Iterator[BadSetting]:
    if config.prompts is None:
        return
    from llmrpc_server.prompts import PromptStore

    for problem in PromptStore(Path(config.prompts.path)).load():
        yield BadSetting(("prompts", "path"), problem)
