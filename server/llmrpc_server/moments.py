"""Moments and durations as protobuf has them."""

import time

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp


def duration(seconds: float) -> Duration:
    """Make the protobuf Duration of so many seconds."""
    return Duration(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))


def now() -> Timestamp:
    """Make the protobuf Timestamp of this moment."""
    seconds, nanos = divmod(time.time_ns(), 1_000_000_000)
    return Timestamp(seconds=seconds, nanos=nanos)


def timestamp(seconds: float) -> Timestamp:
    """Make the protobuf Timestamp of so many seconds since 1970."""
    return Timestamp(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))
