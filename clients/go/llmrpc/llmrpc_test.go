package llmrpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/llmrpc/llmrpc/clients/go/llmrpc"
	"github.com/llmrpc/llmrpc/clients/go/llmrpcv1"
)

// fakeServer answers StreamComplete with its events and then its errors, one for each call, OK when they are used up.
type fakeServer struct {
	llmrpcv1.UnimplementedCompletionServiceServer
	events   []*llmrpcv1.StreamCompleteResponse
	failures []error
	requests []*llmrpcv1.CompleteRequest
}

func (s *fakeServer) StreamComplete(
	request *llmrpcv1.CompleteRequest, stream grpc.ServerStreamingServer[llmrpcv1.StreamCompleteResponse],
) error {
	s.requests = append(s.requests, request)
	for _, event := range s.events {
		if err := stream.Send(event); err != nil {
			return err
		}
	}
	if len(s.failures) == 0 {
		return nil
	}
	failure := s.failures[0]
	s.failures = s.failures[1:]
	return failure
}

func dialFake(t *testing.T, fake *fakeServer) (context.Context, llmrpcv1.CompletionServiceClient) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	llmrpcv1.RegisterCompletionServiceServer(server, fake)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	options := append(llmrpc.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return listener.DialContext(ctx)
		}))
	connection, err := grpc.NewClient("passthrough:///fake", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx, llmrpcv1.NewCompletionServiceClient(connection)
}

func delta(text string) *llmrpcv1.StreamCompleteResponse {
	return &llmrpcv1.StreamCompleteResponse{Event: &llmrpcv1.StreamCompleteResponse_PartDelta{
		PartDelta: &llmrpcv1.PartDelta{Delta: &llmrpcv1.PartDelta_Text{Text: text}},
	}}
}

func reset() *llmrpcv1.StreamCompleteResponse {
	return &llmrpcv1.StreamCompleteResponse{Event: &llmrpcv1.StreamCompleteResponse_OutputReset{
		OutputReset: &llmrpcv1.OutputReset{},
	}}
}

func completed(text string) *llmrpcv1.StreamCompleteResponse {
	return &llmrpcv1.StreamCompleteResponse{Event: &llmrpcv1.StreamCompleteResponse_Completed{
		Completed: &llmrpcv1.CompleteResponse{Message: &llmrpcv1.Message{
			Role:  llmrpcv1.Role_ROLE_ASSISTANT,
			Parts: []*llmrpcv1.ContentPart{{Kind: &llmrpcv1.ContentPart_Text{Text: text}}},
		}},
	}}
}

func failedWith(t *testing.T, code codes.Code, details ...protoadapt.MessageV1) error {
	t.Helper()
	failed, err := status.New(code, "as told").WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	return failed.Err()
}

// The answer is that of the completed event; the observer sees every known event in order and no unknown one.
func TestStreamReturnsTheWholeAnswer(t *testing.T) {
	unknown := &llmrpcv1.StreamCompleteResponse{Sequence: 2}
	ctx, client := dialFake(t, &fakeServer{events: []*llmrpcv1.StreamCompleteResponse{
		delta("Ra"), unknown, reset(), delta("Ray"), delta("leigh"), completed("Rayleigh"),
	}})
	var seen []string
	answer, err := llmrpc.Stream(ctx, client, &llmrpcv1.CompleteRequest{}, func(event *llmrpcv1.StreamCompleteResponse) {
		switch event := event.GetEvent().(type) {
		case *llmrpcv1.StreamCompleteResponse_PartDelta:
			seen = append(seen, event.PartDelta.GetText())
		default:
			seen = append(seen, fmt.Sprintf("%T", event))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if text := llmrpc.Text(answer.GetMessage()); text != "Rayleigh" {
		t.Errorf("want Rayleigh, got %q", text)
	}
	want := []string{
		"Ra", "*llmrpcv1.StreamCompleteResponse_OutputReset",
		"Ray", "leigh", "*llmrpcv1.StreamCompleteResponse_Completed",
	}
	if !slices.Equal(want, seen) {
		t.Errorf("want %v, got %v", want, seen)
	}
}

// A stream asks for RESTART unless the request has a policy of its own, and leaves the caller's request as it is.
func TestStreamAsksForRestart(t *testing.T) {
	fake := &fakeServer{events: []*llmrpcv1.StreamCompleteResponse{completed("Yes")}}
	ctx, client := dialFake(t, fake)
	silent := &llmrpcv1.CompleteRequest{}
	strict := &llmrpcv1.CompleteRequest{Stream: &llmrpcv1.StreamOptions{
		OnInterruption: llmrpcv1.InterruptionPolicy_INTERRUPTION_POLICY_FAIL,
	}}
	for _, request := range []*llmrpcv1.CompleteRequest{silent, strict} {
		if _, err := llmrpc.Stream(ctx, client, request, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := fake.requests[0].GetStream().GetOnInterruption(); got != llmrpcv1.InterruptionPolicy_INTERRUPTION_POLICY_RESTART {
		t.Errorf("want RESTART, got %v", got)
	}
	if got := fake.requests[1].GetStream().GetOnInterruption(); got != llmrpcv1.InterruptionPolicy_INTERRUPTION_POLICY_FAIL {
		t.Errorf("want FAIL, got %v", got)
	}
	if silent.Stream != nil {
		t.Errorf("the caller's request was changed: %v", silent)
	}
}

// A stream that ends with OK and without its completed event is no answer.
func TestStreamWithoutCompletedIsAnError(t *testing.T) {
	ctx, client := dialFake(t, &fakeServer{events: []*llmrpcv1.StreamCompleteResponse{delta("Ray")}})
	answer, err := llmrpc.Stream(ctx, client, &llmrpcv1.CompleteRequest{}, nil)
	if answer != nil || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("want io.ErrUnexpectedEOF, got %v, %v", answer, err)
	}
}

// A stream that fails after output fails with the server's details.
func TestStreamFailsWithDetails(t *testing.T) {
	ctx, client := dialFake(t, &fakeServer{
		events: []*llmrpcv1.StreamCompleteResponse{delta("Ray")},
		failures: []error{failedWith(t, codes.Unavailable,
			&errdetails.ErrorInfo{Domain: "llmrpc", Reason: "PROVIDER_STREAM_BROKEN"},
			&errdetails.RetryInfo{RetryDelay: durationpb.New(3 * time.Second)},
			&errdetails.QuotaFailure{},
			&errdetails.BadRequest{},
			&llmrpcv1.CompletionFailure{OutputSent: true})},
	})
	_, err := llmrpc.Stream(ctx, client, &llmrpcv1.CompleteRequest{}, nil)
	err = fmt.Errorf("asking: %w", err)
	if code := status.Code(err); code != codes.Unavailable {
		t.Errorf("want UNAVAILABLE, got %v", code)
	}
	if reason := llmrpc.Reason(err); reason != llmrpcv1.ErrorReason_ERROR_REASON_PROVIDER_STREAM_BROKEN {
		t.Errorf("want PROVIDER_STREAM_BROKEN, got %v", reason)
	}
	failure := llmrpc.FailureOf(err)
	if delay := failure.Retry.GetRetryDelay().AsDuration(); delay != 3*time.Second {
		t.Errorf("want 3s, got %v", delay)
	}
	if !failure.Completion.GetOutputSent() || failure.Quota == nil || failure.BadRequest == nil {
		t.Errorf("details are missing: %+v", failure)
	}
}

// A call that was refused with UNAVAILABLE before anything was sent is sent again, up to three times in all.
func TestDialOptionsRetryUnavailable(t *testing.T) {
	fake := &fakeServer{failures: []error{
		failedWith(t, codes.Unavailable), failedWith(t, codes.Unavailable), failedWith(t, codes.NotFound),
	}}
	ctx, client := dialFake(t, fake)
	_, err := llmrpc.Stream(ctx, client, &llmrpcv1.CompleteRequest{}, nil)
	if code := status.Code(err); code != codes.NotFound {
		t.Errorf("want NOT_FOUND of the third attempt, got %v", err)
	}
	if got := len(fake.requests); got != 3 {
		t.Errorf("want 3 requests, got %d", got)
	}
}

// A reason is known only where it comes from llmrpc and is in this client's list.
func TestReasonOfStrangers(t *testing.T) {
	strangers := map[string]error{
		"no error":       nil,
		"no RPC":         errors.New("no RPC"),
		"no details":     status.Error(codes.Internal, "no details"),
		"another domain": failedWith(t, codes.Internal, &errdetails.ErrorInfo{Domain: "elsewhere", Reason: "INTERNAL"}),
		"a later reason": failedWith(t, codes.Internal, &errdetails.ErrorInfo{Domain: "llmrpc", Reason: "OF_TOMORROW"}),
	}
	for name, err := range strangers {
		if reason := llmrpc.Reason(err); reason != llmrpcv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
			t.Errorf("%s: want UNSPECIFIED, got %v", name, reason)
		}
	}
}
