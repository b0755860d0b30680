"""What all callers of one request_id are told alike."""

from llmrpc.v1 import accounting_pb2, completion_pb2


def outcome(answer: completion_pb2.CompleteResponse) -> bytes:
    """Return what two callers of one run have in common: everything but which of them was the first."""
    common = completion_pb2.CompleteResponse()
    common.CopyFrom(answer)
    common.accounting.CopyFrom(books(common.accounting))
    return common.SerializeToString(deterministic=True)


def books(accounting: accounting_pb2.Accounting) -> accounting_pb2.Accounting:
    """Return books without the mark of a repeat."""
    common = accounting_pb2.Accounting()
    common.CopyFrom(accounting)
    common.ClearField("replayed")
    return common
