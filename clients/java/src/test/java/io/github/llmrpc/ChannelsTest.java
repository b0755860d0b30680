package io.github.llmrpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.llmrpc.v1.CompleteRequest;
import io.github.llmrpc.v1.CompleteResponse;
import io.github.llmrpc.v1.CompletionServiceGrpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ChannelsTest {
  @Test
  @DisplayName("A call that was refused with UNAVAILABLE is sent again, up to three times in all")
  void retriesUnavailable() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    CompletionServiceGrpc.CompletionServiceImplBase busyTwice =
        new CompletionServiceGrpc.CompletionServiceImplBase() {
          @Override
          public void complete(CompleteRequest request, StreamObserver<CompleteResponse> answer) {
            if (requests.incrementAndGet() < 3) {
              answer.onError(Status.UNAVAILABLE.asRuntimeException());
              return;
            }
            answer.onNext(CompleteResponse.getDefaultInstance());
            answer.onCompleted();
          }
        };
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(busyTwice)
            .build()
            .start();
    ManagedChannel channel =
        Channels.newBuilder("127.0.0.1:" + server.getPort(), InsecureChannelCredentials.create()).build();
    try {
      CompletionServiceGrpc.newBlockingStub(channel)
          .withDeadlineAfter(10, TimeUnit.SECONDS)
          .complete(CompleteRequest.getDefaultInstance());
      assertEquals(3, requests.get());
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
      server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }
}
