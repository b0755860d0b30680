"""PromptService: the prompt templates on the server."""

from typing import Any

import grpc

from llmrpc.v1 import prompt_pb2
from llmrpc_server.access.scopes import allows_model
from llmrpc_server.edge import rpc
from llmrpc_server.errors import InvalidRequest, PermissionDenied, Violation
from llmrpc_server.planning.routing import DEFAULT_ROUTE, Router
from llmrpc_server.prompts import PromptStore
from llmrpc_server.services.handlers import unary
from llmrpc_server.services.paging import first_page, name_token, page_size, read_name

NAME = "llmrpc.v1.PromptService"


class PromptService:
    """Answers from the store."""

    def __init__(self, store: PromptStore, router: Router) -> None:
        self._store = store
        self._router = router

    def handlers(self) -> grpc.GenericRpcHandler:
        """Make the handlers to register."""
        methods = {
            "ListPrompts": unary(self.list_prompts, prompt_pb2.ListPromptsRequest, prompt_pb2.ListPromptsResponse),
            "GetPrompt": unary(self.get_prompt, prompt_pb2.GetPromptRequest, prompt_pb2.GetPromptResponse),
            "RenderPrompt": unary(self.render_prompt, prompt_pb2.RenderPromptRequest, prompt_pb2.RenderPromptResponse),
        }
        return grpc.method_handlers_generic_handler(NAME, methods)

    async def list_prompts(self, request: prompt_pb2.ListPromptsRequest, _context: Any) -> Any:
        """List the prompts in their current versions, by name."""
        violations: list[Violation] = []
        size = page_size(request.page_size, violations)
        after = read_name(request.page_token, violations)
        if violations:
            raise InvalidRequest.of(*violations)
        page, last = first_page([prompt for prompt in self._store if prompt.name > after], size)
        return prompt_pb2.ListPromptsResponse(
            prompts=[prompt.message(self._store.versions(prompt.name), current=True) for prompt in page],
            next_page_token="" if last is None else name_token(last.name),
        )

    async def get_prompt(self, request: prompt_pb2.GetPromptRequest, _context: Any) -> Any:
        """Describe a version of a prompt."""
        if not request.name:
            raise InvalidRequest.of(Violation("name", "must be set"))
        prompt = self._store.get(request.name, request.version)
        current = prompt.version == self._store.current(prompt.name)
        described = prompt.message(self._store.versions(prompt.name), current=current)
        return prompt_pb2.GetPromptResponse(prompt=described)

    async def render_prompt(self, request: prompt_pb2.RenderPromptRequest, _context: Any) -> Any:
        """Render a prompt for the first target of a route."""
        if not request.prompt.name:
            raise InvalidRequest.of(Violation("prompt.name", "must be set"))
        prompt = self._store.get(request.prompt.name, request.prompt.version, field="prompt.name")
        model = request.model or prompt.defaults.model
        # Only callers who may ask for a model learn whether it exists.
        if not allows_model(rpc.principal().scopes, model or DEFAULT_ROUTE):
            raise PermissionDenied
        target = self._router.route(model).targets[0]
        messages = prompt.filled(request.prompt.variables).messages(target)
        return prompt_pb2.RenderPromptResponse(messages=messages, variant=prompt.variant_for(target))
