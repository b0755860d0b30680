package llmrpc

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	"github.com/llmrpc/llmrpc/clients/go/llmrpcv1"
)

const errorDomain = "llmrpc"

// Failure is what an error tells beside its gRPC code and message. A part that was not sent is nil.
type Failure struct {
	// Why the call failed, and its call id in the metadata "call_id".
	Info *errdetails.ErrorInfo
	// How long to wait before the next try.
	Retry *errdetails.RetryInfo
	// Which fields to mend.
	BadRequest *errdetails.BadRequest
	// Which limit of the server was reached.
	Quota *errdetails.QuotaFailure
	// What the call used and cost, and each attempt.
	Completion *llmrpcv1.CompletionFailure
}

// FailureOf reads the details of an RPC's error, wrapped ones included. They are all nil for any other error.
func FailureOf(err error) Failure {
	var failure Failure
	for _, detail := range status.Convert(err).Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			if detail.GetDomain() == errorDomain {
				failure.Info = detail
			}
		case *errdetails.RetryInfo:
			failure.Retry = detail
		case *errdetails.BadRequest:
			failure.BadRequest = detail
		case *errdetails.QuotaFailure:
			failure.Quota = detail
		case *llmrpcv1.CompletionFailure:
			failure.Completion = detail
		}
	}
	return failure
}

// Reason tells why an RPC failed. It is ERROR_REASON_UNSPECIFIED for a reason that this client does not know and for an
// error that did not come from llmrpc: treat those by the gRPC code alone.
func Reason(err error) llmrpcv1.ErrorReason {
	name := "ERROR_REASON_" + FailureOf(err).Info.GetReason()
	return llmrpcv1.ErrorReason(llmrpcv1.ErrorReason_value[name])
}
