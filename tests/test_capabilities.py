"""The documentation of what each wire format can say, against the code."""

from llmrpc_server import providers
from llmrpc_server.requests.features import IN_WORDS, Feature, Harmless
from toolchains import ROOT

PAGE = (ROOT / "docs" / "capabilities.md").read_text()

Rows = list[tuple[str, dict[str, str]]]


def rows(first: str) -> Rows:
    """Return the table whose first column is called so: of each row the first cell, and the others by their column."""
    (block,) = [block for block in PAGE.split("\n\n") if block.startswith(f"| {first} |")]
    header, _, *others = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
    return [(row[0].strip("`"), dict(zip(header[1:], row[1:], strict=True))) for row in others]


def test_every_feature_has_a_row() -> None:
    """What a request can need is told for every kind of provider as the code has it, in the code's words."""
    kinds = {kind: providers.load(kind) for kind in providers.KINDS}

    assert [
        (
            str(feature),
            {
                kind: "yes" if feature in loaded.features else "in words" if feature in IN_WORDS else "refused"
                for kind, loaded in kinds.items()
            },
        )
        for feature in Feature
    ] == rows("needed")


def test_every_harmless_parameter_has_a_row() -> None:
    """What may be left out is told for every kind of provider as the code has it."""
    kinds = {kind: providers.load(kind) for kind in providers.KINDS}

    assert [
        (str(parameter), {kind: "dropped" if parameter in loaded.drops else "yes" for kind, loaded in kinds.items()})
        for parameter in Harmless
    ] == rows("parameter")
