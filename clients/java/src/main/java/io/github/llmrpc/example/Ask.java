package io.github.llmrpc.example;

import io.github.llmrpc.Channels;
import io.github.llmrpc.Failure;
import io.github.llmrpc.v1.Accounting;
import io.github.llmrpc.v1.Attempt;
import io.github.llmrpc.v1.CompleteRequest;
import io.github.llmrpc.v1.CompleteResponse;
import io.github.llmrpc.v1.CompletionServiceGrpc;
import io.github.llmrpc.v1.CompletionServiceGrpc.CompletionServiceBlockingStub;
import io.github.llmrpc.v1.ContentPart;
import io.github.llmrpc.v1.InterruptionPolicy;
import io.github.llmrpc.v1.Message;
import io.github.llmrpc.v1.Role;
import io.github.llmrpc.v1.StreamCompleteResponse;
import io.github.llmrpc.v1.StreamOptions;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/** Streams one answer to the terminal. Arguments: the server's host:port, the question. */
public final class Ask {
  private Ask() {}

  public static void main(String[] args) throws InterruptedException {
    String address = args.length > 0 ? args[0] : "localhost:50051";
    String question = args.length > 1 ? args[1] : "Why is the sky blue?";
    ManagedChannel channel = Channels.newBuilder(address, InsecureChannelCredentials.create()).build();
    boolean answered = false;
    try {
      // The deadline is the budget of the whole call: all attempts, waits and fallbacks together.
      ask(CompletionServiceGrpc.newBlockingStub(channel).withDeadlineAfter(2, TimeUnit.MINUTES), question);
      answered = true;
    } catch (StatusRuntimeException error) {
      printFailure(Failure.of(error));
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
    System.exit(answered ? 0 : 1);
  }

  private static void ask(CompletionServiceBlockingStub stub, String question) {
    CompleteRequest request =
        CompleteRequest.newBuilder()
            .addMessages(
                Message.newBuilder()
                    .setRole(Role.ROLE_USER)
                    .addParts(ContentPart.newBuilder().setText(question)))
            // printEvent shows an OutputReset, so the server may start an interrupted answer again.
            .setStream(
                StreamOptions.newBuilder().setOnInterruption(InterruptionPolicy.INTERRUPTION_POLICY_RESTART))
            .build();
    Iterator<StreamCompleteResponse> events = stub.streamComplete(request);
    while (events.hasNext()) {
      printEvent(events.next());
    }
  }

  private static void printEvent(StreamCompleteResponse event) {
    switch (event.getEventCase()) {
      case PART_DELTA -> {
        System.out.print(event.getPartDelta().getText());
        System.out.flush();
      }
      // A terminal cannot take back what it printed; a window would be emptied here.
      case OUTPUT_RESET -> System.out.print("\n\n[the answer starts again]\n\n");
      case ATTEMPT_FAILED -> {
        Attempt failed = event.getAttemptFailed().getAttempt();
        System.err.printf(
            "[%s failed: %s; next: %s]%n",
            failed.getTarget().getProvider(),
            failed.getReason(),
            event.getAttemptFailed().getNextTarget().getProvider());
      }
      case COMPLETED -> printEnd(event.getCompleted());
      default -> {
        // Later servers may send more kinds of events (EVENT_NOT_SET): what is not needed is ignored.
      }
    }
  }

  private static void printEnd(CompleteResponse answer) {
    Accounting accounting = answer.getAccounting();
    System.out.printf(
        "%n%n%s/%s, %s, %d tokens in, %d out, call %s%n",
        accounting.getTarget().getProvider(),
        accounting.getTarget().getModel(),
        answer.getFinishReason().name().replace("FINISH_REASON_", ""),
        accounting.getUsage().getInputTokens(),
        accounting.getUsage().getOutputTokens(),
        accounting.getCallId());
  }

  private static void printFailure(Failure failure) {
    System.err.printf("%s: %s%n", failure.code(), failure.message());
    if (!failure.callId().isEmpty()) {
      System.err.printf("  reason %s, call %s%n", failure.reason(), failure.callId());
    }
    failure.retryDelay().ifPresent(delay -> System.err.printf("  try again in %s s%n", delay.toMillis() / 1000.0));
    failure
        .fieldViolations()
        .forEach(field -> System.err.printf("  field %s: %s%n", field.getField(), field.getDescription()));
    failure
        .quotaViolations()
        .forEach(limit -> System.err.printf("  limit %s: %s%n", limit.getSubject(), limit.getDescription()));
    failure
        .completion()
        .ifPresent(
            completion ->
                completion
                    .getAccounting()
                    .getAttemptsList()
                    .forEach(
                        attempt ->
                            System.err.printf(
                                "  attempt %d at %s/%s: %s%n",
                                attempt.getNumber(),
                                attempt.getTarget().getProvider(),
                                attempt.getTarget().getModel(),
                                attempt.getReason())));
  }
}
