package io.github.llmrpc;

import io.grpc.CallCredentials;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Gives every call a token: an API key, or one that is renewed while the program runs. Hand it to {@code
 * stub.withCallCredentials}.
 */
public final class BearerToken extends CallCredentials {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Supplier<String> token;
  private final SecurityLevel needed;

  private BearerToken(Supplier<String> token, SecurityLevel needed) {
    this.token = token;
    this.needed = needed;
  }

  /** Travels over TLS alone; {@code token} is asked for each call, on a thread that may wait. */
  public static BearerToken of(Supplier<String> token) {
    return new BearerToken(token, SecurityLevel.PRIVACY_AND_INTEGRITY);
  }

  /** Travels unencrypted, too: to this machine, or where a service mesh encrypts. */
  public static BearerToken insecure(Supplier<String> token) {
    return new BearerToken(token, SecurityLevel.NONE);
  }

  @Override
  public void applyRequestMetadata(RequestInfo request, Executor executor, MetadataApplier applier) {
    if (request.getSecurityLevel().compareTo(needed) < 0) {
      applier.fail(Status.UNAUTHENTICATED.withDescription("the token would travel unencrypted: use TLS"));
      return;
    }
    executor.execute(
        () -> {
          Metadata headers = new Metadata();
          try {
            headers.put(AUTHORIZATION, "Bearer " + token.get());
          } catch (RuntimeException error) {
            applier.fail(Status.UNAUTHENTICATED.withDescription("there is no token").withCause(error));
            return;
          }
          applier.apply(headers);
        });
  }
}
