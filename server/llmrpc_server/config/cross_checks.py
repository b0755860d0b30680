"""Rules over several sections, each of which is good by itself."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from llmrpc_server.config.document import Document, Path_, Problem, key_name
from llmrpc_server.config.schema import Config
from llmrpc_server.config.suggestions import did_you_mean
from llmrpc_server.config.wording import as_written


def entries(document: Document, section: str) -> Iterator[tuple[str, Any]]:
    """Return the names in a section and what stands behind each, as far as there are any."""
    found = document.data.get(section) if isinstance(document.data, dict) else None
    yield from found.items() if isinstance(found, dict) else ()


def hopeless_targets(document: Document, providers: Mapping[str, tuple[str, Any]]) -> Iterator[Problem]:
    """Find targets that can never answer, also in a document that is no good otherwise.

    Args:
        providers: Those whose sections are good. One whose settings have `only_models` has these alone.
    """
    known = [name for name, _ in entries(document, "providers")]
    # Where one has a name that is none, that is what is wrong.
    sound = bool(known) and not any(name == "" or "/" in name for name in known)
    for path, provider, model in _targets(document) if sound else ():
        models = getattr(providers[provider][1], "only_models", None) if provider in providers else None
        text = ""
        if provider not in known:
            text = f'no provider "{provider}" is configured{did_you_mean(provider, known)}'
        # A path without a name names no model: then the path is what is wrong.
        elif models is not None and all(models) and model not in models:
            text = f"must be {' or '.join(f'{provider}/{one}' for one in models)}: the provider has no other model"
        if text:
            yield Problem(document.line(as_written(path, document)), key_name(path), text)


def _targets(document: Document) -> Iterator[tuple[Path_, str, str]]:
    """Yield the path, the provider and the model of each target that has both."""
    for name, route in entries(document, "routes"):
        targets = route.get("targets") if isinstance(route, dict) else route
        for index, target in enumerate(targets if isinstance(targets, list) else ()):
            written = target.get("model") if isinstance(target, dict) else target
            provider, _, model = written.partition("/") if isinstance(written, str) else ("", "", "")
            if provider and model:
                yield ("routes", name, "targets", index), provider, model


def _sound(wrong: Iterable[Path_], *paths: Path_) -> bool:
    """Tell whether nothing is wrong at some paths, in what they hold, or with what they are in."""
    return not any(one[: len(path)] == path[: len(one)] for one in wrong for path in paths)


def unasked_certificates(config: Config, document: Document, wrong: Iterable[Path_]) -> Iterator[Problem]:
    """Find rows of certificates that nobody is ever asked for."""
    if not _sound(wrong, ("auth", "certificates"), ("auth", "forwarded"), ("server", "tls")):
        return
    auth, tls = config.auth, config.server.tls
    if auth is not None and auth.certificates and not auth.forwarded and not (tls and tls.client_ca):
        path = ("auth", "certificates")
        text = "no certificate is ever seen: set server.tls.client_ca, or auth.forwarded behind a mesh"
        yield Problem(document.line(path), key_name(path), text)


def uncountable(config: Config, document: Document, wrong: Iterable[Path_]) -> Iterator[Problem]:
    """Find memcached servers that keep answers and cannot count."""
    if not _sound(wrong, ("cache", "memcached"), ("limits", "rates")):
        return
    for index, address in enumerate(config.cache.memcached if config.limits.rates else ()):
        if address.startswith("/"):
            path = ("cache", "memcached", index)
            yield Problem(document.line(path), key_name(path), "must be HOST:PORT where limits.rates are counted in it")
