"""How gRPC itself is set."""

from datetime import timedelta
from typing import Any

MAX_MESSAGE_BYTES = 32 * 1024 * 1024
MAX_METADATA_BYTES = 16 * 1024
MAX_WAITING = 100_000


def options(max_connection_age: timedelta, *, shares_port: bool) -> list[tuple[str, Any]]:
    """Make the options of a server whose connections are asked to end at an age, alone on its port or not."""
    return [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        # Between two limits gRPC would refuse calls by chance.
        ("grpc.max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
        # Two servers on one port would share its calls in silence; workers do so under one supervisor.
        ("grpc.so_reuseport", int(shares_port)),
        # A client may ask every 10 s, also while a model thinks, whether anybody is there.
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        # Calls that come faster than they are taken on wait. Beyond a thousand gRPC would end some by chance,
        # as CANCELLED and without a word; who may not stay is told so by the step "limits".
        ("grpc.server.max_pending_requests", MAX_WAITING),
        ("grpc.server.max_pending_requests_hard_limit", MAX_WAITING),
        # The grace stays at its default, for ever: it would cut streams.
        ("grpc.max_connection_age_ms", int(max_connection_age.total_seconds() * 1000)),
    ]
