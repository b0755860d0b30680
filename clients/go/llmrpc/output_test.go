package llmrpc_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/llmrpc/llmrpc/clients/go/llmrpc"
	"github.com/llmrpc/llmrpc/clients/go/llmrpcv1"
)

// An answer without a message is told as that, and leaves the message alone.
func TestParseNothing(t *testing.T) {
	if err := llmrpc.Parse(&llmrpcv1.CompleteResponse{}, &llmrpcv1.Target{}); !errors.Is(err, llmrpc.ErrNotParsed) {
		t.Errorf("err = %v", err)
	}
}

// A message type goes in, an instance of it comes out, checked by the server.
func TestOutputOf(t *testing.T) {
	address := os.Getenv("LLMRPC_ADDRESS")
	if address == "" {
		t.Skip("LLMRPC_ADDRESS names no server")
	}
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	answer, err := llmrpcv1.NewCompletionServiceClient(connection).Complete(ctx, &llmrpcv1.CompleteRequest{
		Model:    "openai/text={\"provider\": \"acme\", \"model\": \"m\"}",
		Messages: []*llmrpcv1.Message{llmrpc.User("Who?")},
		Output:   llmrpc.OutputOf(&llmrpcv1.Target{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	target := &llmrpcv1.Target{}
	if err := llmrpc.Parse(answer, target); err != nil {
		t.Fatal(err)
	}
	if target.GetProvider() != "acme" || target.GetModel() != "m" {
		t.Errorf("target = %v", target)
	}
}
