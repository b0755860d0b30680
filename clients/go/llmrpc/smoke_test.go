package llmrpc_test

import (
	"context"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/llmrpc/llmrpc/clients/go/llmrpc"
	"github.com/llmrpc/llmrpc/clients/go/llmrpcv1"
)

// served is a client of the real server at LLMRPC_ADDRESS; without one the test is skipped.
func served(t *testing.T) (context.Context, llmrpcv1.CompletionServiceClient) {
	t.Helper()
	address := os.Getenv("LLMRPC_ADDRESS")
	if address == "" {
		t.Skip("LLMRPC_ADDRESS is not set: there is no server to call")
	}
	options := append(llmrpc.DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	connection, err := grpc.NewClient(address, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx, llmrpcv1.NewCompletionServiceClient(connection)
}

func question() *llmrpcv1.CompleteRequest {
	limit := int32(16)
	return &llmrpcv1.CompleteRequest{
		Messages: []*llmrpcv1.Message{llmrpc.User("Why is the sky blue?")},
		Config:   &llmrpcv1.GenerationConfig{MaxOutputTokens: &limit},
	}
}

// Complete answers with text, and the call's id is the same in the metadata and in the books.
func TestServedComplete(t *testing.T) {
	ctx, client := served(t)
	var header metadata.MD
	answer, err := client.Complete(ctx, question(), grpc.Header(&header))
	if err != nil {
		t.Fatal(err)
	}
	if llmrpc.Text(answer.GetMessage()) == "" {
		t.Errorf("no text in %v", answer)
	}
	if role := answer.GetMessage().GetRole(); role != llmrpcv1.Role_ROLE_ASSISTANT {
		t.Errorf("role: want ROLE_ASSISTANT, got %v", role)
	}
	callID := answer.GetAccounting().GetCallId()
	if got := header.Get("llmrpc-call-id"); callID == "" || len(got) != 1 || got[0] != callID {
		t.Errorf("call id: %q in the accounting, %q in the metadata", callID, got)
	}
}

// StreamComplete starts, sends the answer's text in deltas and closes with the whole of it.
func TestServedStreamComplete(t *testing.T) {
	ctx, client := served(t)
	var events []*llmrpcv1.StreamCompleteResponse
	var text string
	answer, err := llmrpc.Stream(ctx, client, question(), func(event *llmrpcv1.StreamCompleteResponse) {
		events = append(events, event)
		text += event.GetPartDelta().GetText()
		if event.GetOutputReset() != nil {
			text = ""
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if text == "" || text != llmrpc.Text(answer.GetMessage()) {
		t.Errorf("deltas %q, answer %q", text, llmrpc.Text(answer.GetMessage()))
	}
	if id := events[0].GetStarted().GetCallId(); id == "" || id != answer.GetAccounting().GetCallId() {
		t.Errorf("call id: %q at the start, %q at the end", id, answer.GetAccounting().GetCallId())
	}
	if events[len(events)-1].GetCompleted() == nil {
		t.Errorf("last event: want completed, got %v", events[len(events)-1])
	}
}

// A route that does not exist is INVALID_ARGUMENT, and the details name the reason, the call and the field.
func TestServedErrorHasDetails(t *testing.T) {
	ctx, client := served(t)
	request := question()
	request.Model = "no-such-route"
	_, err := client.Complete(ctx, request)
	if code := status.Code(err); code != codes.InvalidArgument {
		t.Fatalf("want INVALID_ARGUMENT, got %v", err)
	}
	if reason := llmrpc.Reason(err); reason != llmrpcv1.ErrorReason_ERROR_REASON_MODEL_NOT_FOUND {
		t.Errorf("want MODEL_NOT_FOUND, got %v", reason)
	}
	failure := llmrpc.FailureOf(err)
	if failure.Info.GetMetadata()["call_id"] == "" {
		t.Errorf("no call_id in %v", failure.Info)
	}
	violations := failure.BadRequest.GetFieldViolations()
	if len(violations) != 1 || violations[0].GetField() != "model" {
		t.Errorf("want one violation of the field model, got %v", violations)
	}
}
