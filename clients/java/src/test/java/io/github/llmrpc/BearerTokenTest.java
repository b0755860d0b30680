package io.github.llmrpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.llmrpc.v1.CompleteRequest;
import io.github.llmrpc.v1.CompleteResponse;
import io.github.llmrpc.v1.CompletionServiceGrpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BearerTokenTest {
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    ServerInterceptor look =
        new ServerInterceptor() {
          @Override
          public <Q, A> ServerCall.Listener<Q> interceptCall(
              ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            seen.add(headers.get(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER)));
            return next.startCall(call, headers);
          }
        };
    CompletionServiceGrpc.CompletionServiceImplBase answering =
        new CompletionServiceGrpc.CompletionServiceImplBase() {
          @Override
          public void complete(CompleteRequest request, StreamObserver<CompleteResponse> answer) {
            answer.onNext(CompleteResponse.getDefaultInstance());
            answer.onCompleted();
          }
        };
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(answering)
            .intercept(look)
            .build()
            .start();
    channel = Channels.newBuilder("127.0.0.1:" + server.getPort(), InsecureChannelCredentials.create()).build();
  }

  @AfterEach
  void stop() throws Exception {
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
  }

  private void call(BearerToken token) {
    CompletionServiceGrpc.newBlockingStub(channel)
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .withCallCredentials(token)
        .complete(CompleteRequest.getDefaultInstance());
  }

  @Test
  @DisplayName("Each call asks for the token anew")
  void asksForEachCall() {
    AtomicInteger asked = new AtomicInteger();
    BearerToken token = BearerToken.insecure(() -> "token-" + asked.incrementAndGet());
    call(token);
    call(token);
    assertEquals(List.of("Bearer token-1", "Bearer token-2"), seen);
  }

  @Test
  @DisplayName("A token does not travel in the clear unless told to")
  void wantsEncryption() {
    BearerToken token = BearerToken.of(() -> "token");
    StatusRuntimeException refused = assertThrows(StatusRuntimeException.class, () -> call(token));
    assertEquals(Status.Code.UNAUTHENTICATED, refused.getStatus().getCode());
    assertEquals(List.of(), seen);
  }
}
