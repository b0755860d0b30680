package io.github.llmrpc;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
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

/**
 * What the error of a failed call tells, read from its status and the details in it.
 *
 * @param code the gRPC status code
 * @param message for people; programs switch on the reason
 * @param reason why the call failed; {@code ERROR_REASON_UNSPECIFIED} where this client does not know the reason or the
 *     error did not come from llmrpc: treat those by the code alone
 * @param callId what to quote when asking the operator; empty if no server answered
 * @param retryDelay how long to wait before the next try
 * @param fieldViolations which fields to fix
 * @param quotaViolations which limits of the server were reached
 * @param completion what the call used and cost, and each attempt, if a provider was asked
 */
public record Failure(
    Status.Code code,
    String message,
    ErrorReason reason,
    String callId,
    Optional<Duration> retryDelay,
    List<BadRequest.FieldViolation> fieldViolations,
    List<QuotaFailure.Violation> quotaViolations,
    Optional<CompletionFailure> completion) {

  private static final String DOMAIN = "llmrpc";

  /** Reads what a stub threw or an observer's {@code onError} was given. */
  public static Failure of(Throwable error) {
    Status status = Status.fromThrowable(error);
    com.google.rpc.Status details = StatusProto.fromThrowable(error);
    List<Any> packed = details == null ? List.of() : details.getDetailsList();
    Optional<ErrorInfo> info = find(packed, ErrorInfo.class).filter(found -> found.getDomain().equals(DOMAIN));
    return new Failure(
        status.getCode(),
        Optional.ofNullable(status.getDescription()).orElse(""),
        info.map(found -> reasonNamed(found.getReason())).orElse(ErrorReason.ERROR_REASON_UNSPECIFIED),
        info.map(found -> found.getMetadataOrDefault("call_id", "")).orElse(""),
        find(packed, RetryInfo.class).map(RetryInfo::getRetryDelay).map(Failure::toDuration),
        find(packed, BadRequest.class).map(BadRequest::getFieldViolationsList).orElse(List.of()),
        find(packed, QuotaFailure.class).map(QuotaFailure::getViolationsList).orElse(List.of()),
        find(packed, CompletionFailure.class));
  }

  private static ErrorReason reasonNamed(String name) {
    EnumValueDescriptor known = ErrorReason.getDescriptor().findValueByName("ERROR_REASON_" + name);
    return known == null ? ErrorReason.ERROR_REASON_UNSPECIFIED : ErrorReason.valueOf(known);
  }

  private static Duration toDuration(com.google.protobuf.Duration duration) {
    return Duration.ofSeconds(duration.getSeconds(), duration.getNanos());
  }

  private static <T extends Message> Optional<T> find(List<Any> packed, Class<T> type) {
    for (Any detail : packed) {
      if (detail.is(type)) {
        try {
          return Optional.of(detail.unpack(type));
        } catch (InvalidProtocolBufferException e) {
          // A detail that cannot be read must not hide the error it explains.
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }
}
