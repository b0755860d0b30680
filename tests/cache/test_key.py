"""What makes two calls identical. No answer may be served to a request that could have had another one."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from llmrpc.v1 import completion_pb2
from llmrpc_server.access.principal import Principal
from llmrpc_server.cache.key import Keys, limits_key, request_key
from llmrpc_server.call import Call
from llmrpc_server.config import RouteCacheSettings
from llmrpc_server.plan import Plan, Route, Target
from llmrpc_server.requests.features import Demands, Harmless

Path = tuple[FieldDescriptor, ...]

# Each field of these messages stands in one of the two lists; all that is below a field goes with it.
IN_THE_KEY = {
    "model",
    "messages",
    "prompt",
    "config",
    "tools",
    "tool_choice",
    "output",
    "provider_options_json",
    "routing.fallback_models",
    "routing.disable_fallback",
    "routing.max_attempts",
    # Where a target passes it on.
    "user",
}
NOT_IN_THE_KEY = {
    "cache.mode",
    "cache.ttl",
    "cache.tags",
    "max_cost_picos",
    "request_id",
    "labels",
    "stream.on_interruption",
    "stream.partial_interval",
    "routing.attempt_timeout",
    "routing.first_token_timeout",
    "routing.idle_timeout",
    "routing.affinity_key",
}
OPENED = {"routing", "stream", "cache"}

# Of each type of field two values, none of them the one that it has by itself.
VALUES: dict[int, tuple[Any, Any]] = {
    FieldDescriptor.CPPTYPE_STRING: ("a", "b"),
    FieldDescriptor.CPPTYPE_BOOL: (True, False),
    FieldDescriptor.CPPTYPE_INT32: (1, 2),
    FieldDescriptor.CPPTYPE_INT64: (1, 2),
    FieldDescriptor.CPPTYPE_DOUBLE: (0.5, 0.25),
    FieldDescriptor.CPPTYPE_FLOAT: (0.5, 0.25),
    FieldDescriptor.CPPTYPE_ENUM: (1, 2),
}


class Vendor:
    """Stands for a provider of which only its name and what it drops are looked at."""

    def __init__(self, *drops: Harmless) -> None:
        self.name = "vendor"
        self.drops = frozenset(drops)


def call(
    request: completion_pb2.CompleteRequest,
    *,
    tenant: str = "default",
    drops: tuple[Harmless, ...] = (),
    streaming: bool = False,
    route_limit: int | None = None,
    route_cache: RouteCacheSettings | None = None,
) -> Call:
    """Make a call with a plan."""

    async def commit() -> None:
        """Commit to nothing."""

    target = Target(Vendor(*drops), "model")  # type: ignore[arg-type]
    made = Call("1", request, streaming=streaming, principal=Principal(tenant), commit=commit, deadline=None)
    route = Route(request.model or "default", (target,), max_output_tokens=route_limit, cache=route_cache)
    made.plan = Plan(route, (target,), {}, request, request, Demands())
    return made


def key(request: completion_pb2.CompleteRequest, **more: Any) -> str:
    """Return the key of a request."""
    return request_key(call(request, **more))


def decided(descriptor: Descriptor, prefix: str = "") -> Iterator[str]:
    """Yield the names that the two lists must have."""
    for field in descriptor.fields:
        if field.message_type is not None and field.name in OPENED and not prefix:
            yield from decided(field.message_type, f"{field.name}.")
        else:
            yield prefix + field.name


def leaves(descriptor: Descriptor, above: Path = ()) -> Iterator[Path]:
    """Yield the way to each field that holds a value; a message within itself is gone into once."""
    for field in descriptor.fields:
        path = (*above, field)
        if field.message_type is None:
            yield path
        elif field.message_type.GetOptions().map_entry:
            inner = field.message_type.fields_by_name["value"]
            yield from leaves(inner.message_type, path) if inner.message_type else iter([path])
        elif field.message_type not in [one.message_type for one in above]:
            yield path
            yield from leaves(field.message_type, path)


def name(path: Path) -> str:
    """Write a way as the lists do."""
    return ".".join(field.name for field in path)


def made(path: Path, number: int | None) -> completion_pb2.CompleteRequest:
    """Make a request in which a field has its first or second value, or, with None, all that is above it is there."""
    request = completion_pb2.CompleteRequest()
    inner: Message = request
    for field in path[:-1]:
        inner = below(inner, field)
    if number is not None:
        put(inner, path[-1], number)
    return request


def below(message: Message, field: FieldDescriptor) -> Message:
    """Return the message in a field, made where it is not there."""
    held: Any = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        inner: Message = held["k"]
        return inner
    if field.is_repeated:
        added: Message = held[0] if held else held.add()
        return added
    held.SetInParent()
    single: Message = held
    return single


def value(field: FieldDescriptor, number: int) -> Any:
    """Return a field's first or second value."""
    chosen = VALUES[field.cpp_type][number]
    return chosen.encode() if field.type == FieldDescriptor.TYPE_BYTES else chosen


def put(message: Message, field: FieldDescriptor, number: int) -> None:
    """Give a field its first or second value."""
    held: Any = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        held["k"] = value(field.message_type.fields_by_name["value"], number)
    elif field.message_type is not None and field.is_repeated:
        for _ in range(number + 1):
            held.add()
    elif field.message_type is not None:
        held.SetInParent()
    elif field.is_repeated:
        held.append(value(field, number))
    else:
        setattr(message, field.name, value(field, number))


LEAVES = list(leaves(completion_pb2.CompleteRequest.DESCRIPTOR))


def test_every_field_is_decided() -> None:
    """A field that is new has to be thought about: whether two answers can differ by it."""
    names = list(decided(completion_pb2.CompleteRequest.DESCRIPTOR))

    assert sorted(names) == sorted(IN_THE_KEY | NOT_IN_THE_KEY)
    assert set() == IN_THE_KEY & NOT_IN_THE_KEY
    assert len(LEAVES) > 100


@pytest.mark.parametrize("path", LEAVES, ids=name)
def test_each_field(path: Path) -> None:
    """A mutation of a field that is in the key changes the key; of one that is not, it does not."""
    keys = [key(made(path, number)) for number in (None, 0, 1)]
    within = any(name(path[:length]) in NOT_IN_THE_KEY for length in range(1, len(path) + 1))
    if within or name(path) in OPENED:
        assert 1 == len(set(keys))
    elif path[-1].message_type is not None and not path[-1].is_repeated:
        assert keys[1] == keys[2]  # Its fields are looked at one by one.
    else:
        assert keys[1] != keys[2]
        # False is what a plain flag is by itself.
        assert keys[0] != keys[1]


def test_tenants_have_keys_of_their_own() -> None:
    """The same request of two tenants has two keys, unless the operator lets them share; no tenant's name is that."""
    request = completion_pb2.CompleteRequest(model="fast")
    shared = {request_key(call(request, tenant=tenant), shared=True) for tenant in ("a", "b")}

    assert 1 == len(shared)
    assert 4 == len({key(request, tenant="a"), key(request, tenant="b"), key(request, tenant=""), *shared})
    assert key(request, tenant="shared") not in shared


def test_a_plan_s_key_is_remembered_and_nobody_else_s() -> None:
    """Calls of many tenants may share a plan: each is given its own key, whoever asked before."""
    one, other = (call(completion_pb2.CompleteRequest(model="fast"), tenant=tenant) for tenant in ("a", "b"))
    other.plan = one.plan
    asked = [(one, False), (one, False), (other, False), (other, True), (one, True), (one, False)]
    keys = Keys()

    assert [request_key(made, shared=shared) for made, shared in asked] == [
        keys.of(made, shared=shared) for made, shared in asked
    ]


def test_user_where_it_is_passed_on() -> None:
    """The user is in the key only where a target is told of it."""
    one, two = completion_pb2.CompleteRequest(user="a"), completion_pb2.CompleteRequest(user="b")

    assert key(one) != key(two)
    assert key(one, drops=(Harmless.USER,)) == key(two, drops=(Harmless.USER,))


def test_what_the_route_adds() -> None:
    """A limit of the route is the same as one of the request, and "" is the default route."""
    limited = completion_pb2.CompleteRequest(config=completion_pb2.GenerationConfig(max_output_tokens=5))

    assert key(limited) == key(completion_pb2.CompleteRequest(), route_limit=5)
    assert key(completion_pb2.CompleteRequest()) != key(completion_pb2.CompleteRequest(), route_limit=5)
    assert key(completion_pb2.CompleteRequest()) == key(completion_pb2.CompleteRequest(model="default"))


def test_the_order_of_a_map_is_nothing() -> None:
    """Maps that hold the same are the same, in whatever order they were filled."""
    options = [("a", "{}"), ("b", "{}"), ("c", "{}")]
    forth = completion_pb2.CompleteRequest(provider_options_json=dict(options))
    back = completion_pb2.CompleteRequest(provider_options_json=dict(reversed(options)))

    assert key(forth) == key(back)


LIMITS: list[dict[str, Any]] = [
    {"max_cost_picos": 5},
    {"routing": {"max_attempts": 2}},
    {"routing": {"attempt_timeout": {"seconds": 1}}},
    {"routing": {"first_token_timeout": {"seconds": 1}}},
    {"routing": {"idle_timeout": {"seconds": 1}}},
    {"stream": {"on_interruption": completion_pb2.INTERRUPTION_POLICY_RESTART}},
]


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: next(iter(limit)))
def test_calls_with_other_limits_share_no_run(limit: dict[str, Any]) -> None:
    """What bounds a call, or says how its stream may break, is its own."""
    plain, limited = completion_pb2.CompleteRequest(), completion_pb2.CompleteRequest(**limit)

    assert limits_key(call(plain, streaming=True)) != limits_key(call(limited, streaming=True))


def test_affinity_is_no_limit() -> None:
    """The affinity key, and a stream's options for a call that is none, keep nobody from sharing a run."""
    odd = completion_pb2.CompleteRequest(
        routing=completion_pb2.RoutingPolicy(affinity_key="a"),
        stream=completion_pb2.StreamOptions(on_interruption=completion_pb2.INTERRUPTION_POLICY_RESTART),
    )

    assert limits_key(call(completion_pb2.CompleteRequest())) == limits_key(call(odd))
