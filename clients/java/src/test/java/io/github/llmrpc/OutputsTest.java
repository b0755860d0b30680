package io.github.llmrpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.github.llmrpc.v1.CompleteRequest;
import io.github.llmrpc.v1.CompleteResponse;
import io.github.llmrpc.v1.CompletionServiceGrpc;
import io.github.llmrpc.v1.ContentPart;
import io.github.llmrpc.v1.Message;
import io.github.llmrpc.v1.Role;
import io.github.llmrpc.v1.Target;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Calls the real server at LLMRPC_ADDRESS; skipped without one. */
class OutputsTest {
  private static final String ADDRESS = System.getenv().getOrDefault("LLMRPC_ADDRESS", "");

  @Test
  @DisplayName("A message type goes in, an instance of it comes out, checked by the server")
  void answersInTheCallersType() throws Exception {
    assumeFalse(ADDRESS.isEmpty(), "LLMRPC_ADDRESS is not set: there is no server to call");
    ManagedChannel channel = Channels.newBuilder(ADDRESS, InsecureChannelCredentials.create()).build();
    try {
      CompleteResponse answer =
          CompletionServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(20, TimeUnit.SECONDS)
              .complete(
                  CompleteRequest.newBuilder()
                      .setModel("openai/text={\"provider\": \"acme\", \"model\": \"m\"}")
                      .addMessages(
                          Message.newBuilder()
                              .setRole(Role.ROLE_USER)
                              .addParts(ContentPart.newBuilder().setText("Who?")))
                      .setOutput(Outputs.of(Target.getDescriptor()))
                      .build());
      Target target = Target.parseFrom(answer.getParsed().getProtobuf());
      assertEquals("acme", target.getProvider());
      assertEquals("m", target.getModel());
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }
}
