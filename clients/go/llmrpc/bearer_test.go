package llmrpc_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/llmrpc/llmrpc/clients/go/llmrpc"
)

// Each call asks for the token anew.
func TestBearerTokenIsAskedForEachCall(t *testing.T) {
	asked := 0
	bearer := llmrpc.BearerToken{Token: func(context.Context) (string, error) {
		asked++
		return "token-" + strconv.Itoa(asked), nil
	}}
	for _, expected := range []string{"Bearer token-1", "Bearer token-2"} {
		metadata, err := bearer.GetRequestMetadata(context.Background())
		if err != nil || metadata["authorization"] != expected {
			t.Errorf("expected %q, got %v, %v", expected, metadata, err)
		}
	}
}

// A source that fails fails the call.
func TestBearerTokenPassesItsErrorOn(t *testing.T) {
	broken := errors.New("no token")
	bearer := llmrpc.BearerToken{Token: func(context.Context) (string, error) { return "", broken }}
	if _, err := bearer.GetRequestMetadata(context.Background()); !errors.Is(err, broken) {
		t.Errorf("expected %v, got %v", broken, err)
	}
}

// A token does not travel in the clear unless told to.
func TestBearerTokenWantsEncryption(t *testing.T) {
	token := func(context.Context) (string, error) { return "token", nil }
	for _, allowed := range []bool{false, true} {
		_, err := grpc.NewClient("localhost:1",
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithPerRPCCredentials(llmrpc.BearerToken{Token: token, Insecure: allowed}))
		if (err == nil) != allowed {
			t.Errorf("insecure %v: %v", allowed, err)
		}
	}
}
