package llmrpc

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/llmrpc/llmrpc/clients/go/llmrpcv1"
)

// Stream runs request as a stream and returns the whole answer. observe, unless nil, gets each event as it comes, save
// those that this client does not know. On an OutputReset it must drop everything that it got before.
//
// Since the answer returned is right in spite of resets, Stream asks for INTERRUPTION_POLICY_RESTART where the request
// says nothing about interruptions.
func Stream(
	ctx context.Context,
	client llmrpcv1.CompletionServiceClient,
	request *llmrpcv1.CompleteRequest,
	observe func(*llmrpcv1.StreamCompleteResponse),
	options ...grpc.CallOption,
) (*llmrpcv1.CompleteResponse, error) {
	// Closes the upstream request when observe panics.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	stream, err := client.StreamComplete(ctx, withRestart(request), options...)
	if err != nil {
		return nil, err
	}
	var answer *llmrpcv1.CompleteResponse
	for {
		event, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if completed := event.GetCompleted(); completed != nil {
			answer = completed
		}
		if observe != nil && event.GetEvent() != nil {
			observe(event)
		}
	}
	if answer == nil {
		return nil, fmt.Errorf("llmrpc: the stream ended without its completed event: %w", io.ErrUnexpectedEOF)
	}
	return answer, nil
}

func withRestart(request *llmrpcv1.CompleteRequest) *llmrpcv1.CompleteRequest {
	if request.GetStream().GetOnInterruption() != llmrpcv1.InterruptionPolicy_INTERRUPTION_POLICY_UNSPECIFIED {
		return request
	}
	request = proto.CloneOf(request)
	if request.Stream == nil {
		request.Stream = &llmrpcv1.StreamOptions{}
	}
	request.Stream.OnInterruption = llmrpcv1.InterruptionPolicy_INTERRUPTION_POLICY_RESTART
	return request
}
