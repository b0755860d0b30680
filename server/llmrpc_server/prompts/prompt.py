"""One version of a prompt, and one that a call has filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from llmrpc.v1 import completion_pb2, message_pb2, prompt_pb2
from llmrpc_server.errors import InvalidRequest, Violation
from llmrpc_server.prompts.file import PromptFile, Variable
from llmrpc_server.prompts.variables import fill

if TYPE_CHECKING:
    from llmrpc_server.prompts.templates import ChatTemplate


class Asked(Protocol):
    """Who will be asked: what decides the variant."""

    @property
    def name(self) -> str:
        """As "provider/model"."""
        ...

    @property
    def model(self) -> str:
        """The model."""
        ...

    @property
    def provider(self) -> Any:
        """The provider, with its name and kind."""
        ...


@dataclass(frozen=True, slots=True)
class Prompt:
    """A version of a prompt, compiled.

    Attributes:
        digest: Of the file's content: another one may render otherwise.
        defaults: What it adds to a request.
        common: Its messages.
        variants: Those for some targets, by what names them.
    """

    name: str
    version: str
    digest: str
    file: PromptFile
    defaults: completion_pb2.CompleteRequest
    common: "ChatTemplate"
    variants: Mapping[str, "ChatTemplate"]

    @property
    def variables(self) -> Mapping[str, Variable]:
        """What it is filled with, by name."""
        return self.file.variables

    def variant_for(self, target: Asked) -> str:
        """Return what names the variant for a target: the narrowest that there is; empty for the common one."""
        names = (target.name, target.model, target.provider.name, target.provider.kind)
        return next((name for name in names if name in self.variants), "")

    def filled(self, given: Mapping[str, completion_pb2.PromptValue]) -> "Filled":
        """Fill it in.

        Raises:
            InvalidRequest: Variables are missing, not declared or wrong.
        """
        return Filled(self, fill(self.variables, given))

    def message(self, versions: Sequence[str], *, current: bool) -> prompt_pb2.Prompt:
        """Make the message that describes it."""
        variables = [
            prompt_pb2.PromptVariable(
                name=name,
                description=variable.description,
                required=variable.required and not variable.has_default,
                schema_json=variable.json_schema,
                default_json=variable.default_json,
            )
            for name, variable in self.variables.items()
        ]
        return prompt_pb2.Prompt(
            name=self.name,
            version=self.version,
            current=current,
            description=self.file.description,
            variables=variables,
            variants=sorted(self.variants),
            versions=versions,
        )


@dataclass(slots=True)
class Filled:
    """A prompt with the values of one call; rendered when a target is asked."""

    prompt: Prompt
    values: Mapping[str, Any]
    _rendered: dict[str, Sequence[message_pb2.Message]] = field(default_factory=dict)

    def messages(self, target: Asked) -> Sequence[message_pb2.Message]:
        """Return the messages for a target.

        Raises:
            InvalidRequest: The template cannot be carried out with these values, or what it makes is too large.
        """
        if target.name not in self._rendered:
            self._rendered[target.name] = self._render(target)
        return self._rendered[target.name]

    def _render(self, target: Asked) -> list[message_pb2.Message]:
        from llmrpc_server.prompts.templates import RenderingFailed, carried

        variant = self.prompt.variant_for(target)
        template = self.prompt.variants[variant] if variant else self.prompt.common
        of_target = {"provider_kind": target.provider.kind, "provider": target.provider.name, "model": target.model}
        values = {
            name: [carried(message) for message in value] if self.prompt.variables[name].type == "messages" else value
            for name, value in self.values.items()
        }
        try:
            return template.render({**values, **of_target})
        except RenderingFailed as error:
            raise InvalidRequest.of(Violation("prompt.variables", str(error))) from error
