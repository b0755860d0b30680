"""grpc.reflection: what the API looks like, in the version that older tools ask for and in that of newer ones."""

from collections.abc import Iterable
from typing import Final

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha import reflection, reflection_pb2

_ALPHA: Final = "grpc.reflection.v1alpha"
_PACKAGES: Final = (_ALPHA, "grpc.reflection.v1")
NAMES: Final = tuple(f"{package}.ServerReflection" for package in _PACKAGES)


def handlers(services: Iterable[str]) -> tuple[grpc.GenericRpcHandler, ...]:
    """Make the handlers to register, of which grpcio has the older one alone; on the wire the two are the same."""
    _know_the_newer()
    answers = reflection.aio.ReflectionServicer((*services, *NAMES))
    handler = grpc.stream_stream_rpc_method_handler(
        answers.ServerReflectionInfo,
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    return tuple(grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": handler}) for name in NAMES)


def _know_the_newer() -> None:
    """Make what tools look up of each service that is listed."""
    file = descriptor_pb2.FileDescriptorProto.FromString(reflection_pb2.DESCRIPTOR.serialized_pb)
    file.name, file.package = "grpc/reflection/v1/reflection.proto", _PACKAGES[1]
    for method in file.service[0].method:
        method.input_type = method.input_type.replace(*_PACKAGES)
        method.output_type = method.output_type.replace(*_PACKAGES)
    for field in (field for message in file.message_type for field in message.field if field.HasField("type_name")):
        field.type_name = field.type_name.replace(*_PACKAGES)
    descriptor_pool.Default().Add(file)
