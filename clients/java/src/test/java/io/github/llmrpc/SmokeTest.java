package io.github.llmrpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.google.rpc.BadRequest.FieldViolation;
import io.github.llmrpc.v1.CompleteRequest;
import io.github.llmrpc.v1.CompleteResponse;
import io.github.llmrpc.v1.CompletionServiceGrpc;
import io.github.llmrpc.v1.CompletionServiceGrpc.CompletionServiceBlockingStub;
import io.github.llmrpc.v1.ContentPart;
import io.github.llmrpc.v1.ErrorReason;
import io.github.llmrpc.v1.GenerationConfig;
import io.github.llmrpc.v1.Message;
import io.github.llmrpc.v1.Role;
import io.github.llmrpc.v1.StreamCompleteResponse;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Calls the real server at LLMRPC_ADDRESS; skipped without one. */
class SmokeTest {
  private static final CompleteRequest QUESTION =
      CompleteRequest.newBuilder()
          .addMessages(
              Message.newBuilder()
                  .setRole(Role.ROLE_USER)
                  .addParts(ContentPart.newBuilder().setText("Why is the sky blue?")))
          .setConfig(GenerationConfig.newBuilder().setMaxOutputTokens(16))
          .build();

  private static final String ADDRESS = System.getenv().getOrDefault("LLMRPC_ADDRESS", "");
  private static final String NO_ADDRESS = "LLMRPC_ADDRESS is not set: there is no server to call";

  private ManagedChannel channel;

  @BeforeAll
  static void tellWhySkipped() {
    // Surefire counts skipped tests and keeps the reason to itself.
    if (ADDRESS.isEmpty()) {
      System.err.println("SmokeTest is skipped: " + NO_ADDRESS);
    }
  }

  @BeforeEach
  void connect() {
    assumeFalse(ADDRESS.isEmpty(), NO_ADDRESS);
    channel = Channels.newBuilder(ADDRESS, InsecureChannelCredentials.create()).build();
  }

  @AfterEach
  void disconnect() throws InterruptedException {
    if (channel != null) {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  @Test
  @DisplayName("Complete answers with text of the assistant and with a call id")
  void complete() {
    CompleteResponse answer = stub().complete(QUESTION);

    assertEquals(Role.ROLE_ASSISTANT, answer.getMessage().getRole());
    assertFalse(textOf(answer.getMessage()).isEmpty(), answer::toString);
    assertFalse(answer.getAccounting().getCallId().isEmpty(), answer::toString);
  }

  @Test
  @DisplayName("StreamComplete starts, sends the answer's text in deltas and closes with the whole of it")
  void streamComplete() {
    List<StreamCompleteResponse> events = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    stub()
        .streamComplete(QUESTION)
        .forEachRemaining(
            event -> {
              events.add(event);
              text.append(event.getPartDelta().getText());
            });

    StreamCompleteResponse first = events.get(0);
    StreamCompleteResponse last = events.get(events.size() - 1);
    assertEquals(StreamCompleteResponse.EventCase.COMPLETED, last.getEventCase());
    assertFalse(text.isEmpty(), events::toString);
    assertEquals(textOf(last.getCompleted().getMessage()), text.toString());
    assertEquals(last.getCompleted().getAccounting().getCallId(), first.getStarted().getCallId());
  }

  @Test
  @DisplayName("A route that does not exist is INVALID_ARGUMENT; the details name the reason, the call and the field")
  void errorHasDetails() {
    CompleteRequest request = QUESTION.toBuilder().setModel("no-such-route").build();
    Failure failure =
        Failure.of(assertThrows(StatusRuntimeException.class, () -> stub().complete(request)));

    assertEquals(Status.Code.INVALID_ARGUMENT, failure.code(), failure::toString);
    assertEquals(ErrorReason.ERROR_REASON_MODEL_NOT_FOUND, failure.reason());
    assertFalse(failure.callId().isEmpty(), failure::toString);
    assertEquals(
        List.of("model"), failure.fieldViolations().stream().map(FieldViolation::getField).toList());
  }

  private CompletionServiceBlockingStub stub() {
    return CompletionServiceGrpc.newBlockingStub(channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  private static String textOf(Message message) {
    return message.getPartsList().stream().map(ContentPart::getText).collect(Collectors.joining());
  }
}
