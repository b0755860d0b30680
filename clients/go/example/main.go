// Example streams one answer to the terminal:
//
//	go run ./example -address localhost:50051 "Why is the sky blue?"
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/llmrpc/llmrpc/clients/go/llmrpc"
	"github.com/llmrpc/llmrpc/clients/go/llmrpcv1"
)

func main() {
	address := flag.String("address", "localhost:50051", "host:port of the llmrpc server")
	model := flag.String("model", "", "a route or provider/model; empty: the route default")
	flag.Parse()
	question := strings.Join(flag.Args(), " ")
	if question == "" {
		question = "Why is the sky blue?"
	}

	// Ctrl-C cancels the RPC, and with it the request at the provider.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := ask(ctx, *address, *model, question); err != nil {
		printFailure(os.Stderr, err)
		os.Exit(1)
	}
}

func ask(ctx context.Context, address, model, question string) error {
	options := append(llmrpc.DialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	connection, err := grpc.NewClient(address, options...)
	if err != nil {
		return err
	}
	defer connection.Close()
	client := llmrpcv1.NewCompletionServiceClient(connection)

	// The deadline is the budget of the whole call: all attempts, waits and fallbacks together.
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	answer, err := llmrpc.Stream(ctx, client, &llmrpcv1.CompleteRequest{
		Model:    model,
		Messages: []*llmrpcv1.Message{llmrpc.User(question)},
	}, printEvent)
	if err != nil {
		return err
	}

	accounting := answer.GetAccounting()
	fmt.Printf("\n\n%s/%s, %s, %d tokens in, %d out, call %s\n",
		accounting.GetTarget().GetProvider(), accounting.GetTarget().GetModel(),
		strings.TrimPrefix(answer.GetFinishReason().String(), "FINISH_REASON_"),
		accounting.GetUsage().GetInputTokens(), accounting.GetUsage().GetOutputTokens(), accounting.GetCallId())
	return nil
}

func printEvent(event *llmrpcv1.StreamCompleteResponse) {
	switch event := event.GetEvent().(type) {
	case *llmrpcv1.StreamCompleteResponse_PartDelta:
		fmt.Print(event.PartDelta.GetText())
	case *llmrpcv1.StreamCompleteResponse_OutputReset:
		// A terminal cannot take back what it printed; a window would be emptied here.
		fmt.Print("\n\n[the answer starts again]\n\n")
	case *llmrpcv1.StreamCompleteResponse_AttemptFailed:
		failed := event.AttemptFailed
		fmt.Fprintf(os.Stderr, "[%s failed: %s; next: %s]\n",
			failed.GetAttempt().GetTarget().GetProvider(), failed.GetAttempt().GetReason(),
			failed.GetNextTarget().GetProvider())
	default:
		// Later servers may send more kinds of events: what is not needed is ignored.
	}
}

func printFailure(out io.Writer, err error) {
	failed := status.Convert(err)
	fmt.Fprintf(out, "%s: %s\n", failed.Code(), failed.Message())
	failure := llmrpc.FailureOf(err)
	if info := failure.Info; info != nil {
		fmt.Fprintf(out, "  reason %s, call %s\n", info.GetReason(), info.GetMetadata()["call_id"])
	}
	if retry := failure.Retry; retry != nil {
		fmt.Fprintf(out, "  try again in %s\n", retry.GetRetryDelay().AsDuration())
	}
	for _, violation := range failure.BadRequest.GetFieldViolations() {
		fmt.Fprintf(out, "  field %s: %s\n", violation.GetField(), violation.GetDescription())
	}
	for _, violation := range failure.Quota.GetViolations() {
		fmt.Fprintf(out, "  limit %s: %s\n", violation.GetSubject(), violation.GetDescription())
	}
	for _, attempt := range failure.Completion.GetAccounting().GetAttempts() {
		fmt.Fprintf(out, "  attempt %d at %s/%s: %s\n", attempt.GetNumber(),
			attempt.GetTarget().GetProvider(), attempt.GetTarget().GetModel(), attempt.GetReason())
	}
}
