package io.github.llmrpc;

import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannelBuilder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Channels with the recommended settings. */
public final class Channels {
  /** The size of message that the server takes and that a client should take. */
  public static final int MAX_MESSAGE_BYTES = 32 << 20;

  /**
   * Spreads calls over all addresses of a name and sends a call again that no server has taken on.
   *
   * <p>A retry never pays for an answer twice: once the server has asked a provider it has sent its initial metadata,
   * after which gRPC does not retry. There is no timeout, because it would cut streams too; put a deadline on the stub,
   * which the server takes as the budget of the whole call. There is no healthCheckConfig, because behind a proxy one
   * draining server would take the whole connection down.
   */
  private static final Map<String, ?> SERVICE_CONFIG =
      Map.of(
          "loadBalancingConfig",
          List.of(Map.of("round_robin", Map.of())),
          "methodConfig",
          List.of(
              Map.of(
                  "name",
                  List.of(Map.of("service", "llmrpc.v1.CompletionService")),
                  "retryPolicy",
                  Map.of(
                      "maxAttempts", 3.0,
                      "initialBackoff", "0.2s",
                      "maxBackoff", "2s",
                      "backoffMultiplier", 2.0,
                      "retryableStatusCodes", List.of("UNAVAILABLE")))),
          "retryThrottling",
          Map.of("maxTokens", 10.0, "tokenRatio", 0.1));

  private Channels() {}

  /**
   * A builder for a channel to {@code target}, for example {@code "localhost:50051"} or {@code "dns:///llmrpc:50051"},
   * with round robin, retries, messages of 32 MiB, and pings while a call is silent: they notice a dead connection and
   * keep intermediaries from closing one on which a model is still thinking.
   */
  public static ManagedChannelBuilder<?> newBuilder(String target, ChannelCredentials credentials) {
    return Grpc.newChannelBuilder(target, credentials)
        .defaultServiceConfig(SERVICE_CONFIG)
        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
        // Above these a request would silently lose its retries.
        .perRpcBufferLimit(MAX_MESSAGE_BYTES)
        .retryBufferSize(4L * MAX_MESSAGE_BYTES)
        .keepAliveTime(30, TimeUnit.SECONDS)
        .keepAliveTimeout(10, TimeUnit.SECONDS);
  }
}
