package io.github.llmrpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import io.github.llmrpc.v1.CompletionFailure;
import io.github.llmrpc.v1.ErrorReason;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FailureTest {
  @Test
  @DisplayName("Every kind of detail that a server sends is read")
  void readsEveryDetail() {
    BadRequest.FieldViolation field = BadRequest.FieldViolation.newBuilder().setField("messages").build();
    QuotaFailure.Violation limit = QuotaFailure.Violation.newBuilder().setSubject("tenant:acme").build();
    CompletionFailure completion = CompletionFailure.newBuilder().setOutputSent(true).build();
    com.google.rpc.Status status =
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.RESOURCE_EXHAUSTED.value())
            .setMessage("as told")
            .addDetails(info("llmrpc", "BUDGET_EXCEEDED"))
            .addDetails(
                Any.pack(
                    RetryInfo.newBuilder()
                        .setRetryDelay(com.google.protobuf.Duration.newBuilder().setSeconds(3))
                        .build()))
            .addDetails(Any.pack(BadRequest.newBuilder().addFieldViolations(field).build()))
            .addDetails(Any.pack(QuotaFailure.newBuilder().addViolations(limit).build()))
            .addDetails(Any.pack(completion))
            .build();

    Failure expected =
        new Failure(
            Status.Code.RESOURCE_EXHAUSTED,
            "as told",
            ErrorReason.ERROR_REASON_BUDGET_EXCEEDED,
            "01jd3x6p",
            Optional.of(Duration.ofSeconds(3)),
            List.of(field),
            List.of(limit),
            Optional.of(completion));
    assertEquals(expected, Failure.of(StatusProto.toStatusRuntimeException(status)));
  }

  @Test
  @DisplayName("A reason is known only where it comes from llmrpc and is in this client's list")
  void reasonsOfStrangersAreUnspecified() {
    List<Throwable> strangers =
        List.of(
            new IllegalStateException("no RPC"),
            Status.INTERNAL.asRuntimeException(),
            withInfo("elsewhere", "INTERNAL"),
            withInfo("llmrpc", "OF_TOMORROW"));
    for (Throwable stranger : strangers) {
      assertEquals(ErrorReason.ERROR_REASON_UNSPECIFIED, Failure.of(stranger).reason());
    }
  }

  private static Throwable withInfo(String domain, String reason) {
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.INTERNAL.value())
            .addDetails(info(domain, reason))
            .build());
  }

  private static Any info(String domain, String reason) {
    return Any.pack(
        ErrorInfo.newBuilder()
            .setDomain(domain)
            .setReason(reason)
            .putMetadata("call_id", "01jd3x6p")
            .build());
  }
}
