package io.github.llmrpc.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * The response cache.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class CacheServiceGrpc {

  private CacheServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "llmrpc.v1.CacheService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.InvalidateCacheRequest,
      io.github.llmrpc.v1.InvalidateCacheResponse> getInvalidateCacheMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "InvalidateCache",
      requestType = io.github.llmrpc.v1.InvalidateCacheRequest.class,
      responseType = io.github.llmrpc.v1.InvalidateCacheResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.InvalidateCacheRequest,
      io.github.llmrpc.v1.InvalidateCacheResponse> getInvalidateCacheMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.InvalidateCacheRequest, io.github.llmrpc.v1.InvalidateCacheResponse> getInvalidateCacheMethod;
    if ((getInvalidateCacheMethod = CacheServiceGrpc.getInvalidateCacheMethod) == null) {
      synchronized (CacheServiceGrpc.class) {
        if ((getInvalidateCacheMethod = CacheServiceGrpc.getInvalidateCacheMethod) == null) {
          CacheServiceGrpc.getInvalidateCacheMethod = getInvalidateCacheMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.InvalidateCacheRequest, io.github.llmrpc.v1.InvalidateCacheResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "InvalidateCache"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.InvalidateCacheRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.InvalidateCacheResponse.getDefaultInstance()))
              .setSchemaDescriptor(new CacheServiceMethodDescriptorSupplier("InvalidateCache"))
              .build();
        }
      }
    }
    return getInvalidateCacheMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.GetCacheStatsRequest,
      io.github.llmrpc.v1.GetCacheStatsResponse> getGetCacheStatsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetCacheStats",
      requestType = io.github.llmrpc.v1.GetCacheStatsRequest.class,
      responseType = io.github.llmrpc.v1.GetCacheStatsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.GetCacheStatsRequest,
      io.github.llmrpc.v1.GetCacheStatsResponse> getGetCacheStatsMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.GetCacheStatsRequest, io.github.llmrpc.v1.GetCacheStatsResponse> getGetCacheStatsMethod;
    if ((getGetCacheStatsMethod = CacheServiceGrpc.getGetCacheStatsMethod) == null) {
      synchronized (CacheServiceGrpc.class) {
        if ((getGetCacheStatsMethod = CacheServiceGrpc.getGetCacheStatsMethod) == null) {
          CacheServiceGrpc.getGetCacheStatsMethod = getGetCacheStatsMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.GetCacheStatsRequest, io.github.llmrpc.v1.GetCacheStatsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetCacheStats"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.GetCacheStatsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.GetCacheStatsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new CacheServiceMethodDescriptorSupplier("GetCacheStats"))
              .build();
        }
      }
    }
    return getGetCacheStatsMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static CacheServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<CacheServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<CacheServiceStub>() {
        @java.lang.Override
        public CacheServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new CacheServiceStub(channel, callOptions);
        }
      };
    return CacheServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static CacheServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<CacheServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<CacheServiceBlockingV2Stub>() {
        @java.lang.Override
        public CacheServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new CacheServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return CacheServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static CacheServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<CacheServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<CacheServiceBlockingStub>() {
        @java.lang.Override
        public CacheServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new CacheServiceBlockingStub(channel, callOptions);
        }
      };
    return CacheServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static CacheServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<CacheServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<CacheServiceFutureStub>() {
        @java.lang.Override
        public CacheServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new CacheServiceFutureStub(channel, callOptions);
        }
      };
    return CacheServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * The response cache.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Makes stored answers unreachable. Answers when no server process serves them any more (within a second).
     * </pre>
     */
    default void invalidateCache(io.github.llmrpc.v1.InvalidateCacheRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.InvalidateCacheResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getInvalidateCacheMethod(), responseObserver);
    }

    /**
     * <pre>
     * Counts what the cache did, by route, in the one server process that the call reached. Without the admin scope: what it
     * did for the caller's tenant.
     * </pre>
     */
    default void getCacheStats(io.github.llmrpc.v1.GetCacheStatsRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.GetCacheStatsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetCacheStatsMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service CacheService.
   * <pre>
   * The response cache.
   * </pre>
   */
  public static abstract class CacheServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return CacheServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service CacheService.
   * <pre>
   * The response cache.
   * </pre>
   */
  public static final class CacheServiceStub
      extends io.grpc.stub.AbstractAsyncStub<CacheServiceStub> {
    private CacheServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected CacheServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new CacheServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes stored answers unreachable. Answers when no server process serves them any more (within a second).
     * </pre>
     */
    public void invalidateCache(io.github.llmrpc.v1.InvalidateCacheRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.InvalidateCacheResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getInvalidateCacheMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Counts what the cache did, by route, in the one server process that the call reached. Without the admin scope: what it
     * did for the caller's tenant.
     * </pre>
     */
    public void getCacheStats(io.github.llmrpc.v1.GetCacheStatsRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.GetCacheStatsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetCacheStatsMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service CacheService.
   * <pre>
   * The response cache.
   * </pre>
   */
  public static final class CacheServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<CacheServiceBlockingV2Stub> {
    private CacheServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected CacheServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new CacheServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes stored answers unreachable. Answers when no server process serves them any more (within a second).
     * </pre>
     */
    public io.github.llmrpc.v1.InvalidateCacheResponse invalidateCache(io.github.llmrpc.v1.InvalidateCacheRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getInvalidateCacheMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Counts what the cache did, by route, in the one server process that the call reached. Without the admin scope: what it
     * did for the caller's tenant.
     * </pre>
     */
    public io.github.llmrpc.v1.GetCacheStatsResponse getCacheStats(io.github.llmrpc.v1.GetCacheStatsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetCacheStatsMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service CacheService.
   * <pre>
   * The response cache.
   * </pre>
   */
  public static final class CacheServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<CacheServiceBlockingStub> {
    private CacheServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected CacheServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new CacheServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes stored answers unreachable. Answers when no server process serves them any more (within a second).
     * </pre>
     */
    public io.github.llmrpc.v1.InvalidateCacheResponse invalidateCache(io.github.llmrpc.v1.InvalidateCacheRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getInvalidateCacheMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Counts what the cache did, by route, in the one server process that the call reached. Without the admin scope: what it
     * did for the caller's tenant.
     * </pre>
     */
    public io.github.llmrpc.v1.GetCacheStatsResponse getCacheStats(io.github.llmrpc.v1.GetCacheStatsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetCacheStatsMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service CacheService.
   * <pre>
   * The response cache.
   * </pre>
   */
  public static final class CacheServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<CacheServiceFutureStub> {
    private CacheServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected CacheServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new CacheServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Makes stored answers unreachable. Answers when no server process serves them any more (within a second).
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.InvalidateCacheResponse> invalidateCache(
        io.github.llmrpc.v1.InvalidateCacheRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getInvalidateCacheMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Counts what the cache did, by route, in the one server process that the call reached. Without the admin scope: what it
     * did for the caller's tenant.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.GetCacheStatsResponse> getCacheStats(
        io.github.llmrpc.v1.GetCacheStatsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetCacheStatsMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_INVALIDATE_CACHE = 0;
  private static final int METHODID_GET_CACHE_STATS = 1;

  private static final class MethodHandlers<Req, Resp> implements
      io.grpc.stub.ServerCalls.UnaryMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ServerStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ClientStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.BidiStreamingMethod<Req, Resp> {
    private final AsyncService serviceImpl;
    private final int methodId;

    MethodHandlers(AsyncService serviceImpl, int methodId) {
      this.serviceImpl = serviceImpl;
      this.methodId = methodId;
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public void invoke(Req request, io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_INVALIDATE_CACHE:
          serviceImpl.invalidateCache((io.github.llmrpc.v1.InvalidateCacheRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.InvalidateCacheResponse>) responseObserver);
          break;
        case METHODID_GET_CACHE_STATS:
          serviceImpl.getCacheStats((io.github.llmrpc.v1.GetCacheStatsRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.GetCacheStatsResponse>) responseObserver);
          break;
        default:
          throw new AssertionError();
      }
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public io.grpc.stub.StreamObserver<Req> invoke(
        io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getInvalidateCacheMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.InvalidateCacheRequest,
              io.github.llmrpc.v1.InvalidateCacheResponse>(
                service, METHODID_INVALIDATE_CACHE)))
        .addMethod(
          getGetCacheStatsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.GetCacheStatsRequest,
              io.github.llmrpc.v1.GetCacheStatsResponse>(
                service, METHODID_GET_CACHE_STATS)))
        .build();
  }

  private static abstract class CacheServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    CacheServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return io.github.llmrpc.v1.CacheProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("CacheService");
    }
  }

  private static final class CacheServiceFileDescriptorSupplier
      extends CacheServiceBaseDescriptorSupplier {
    CacheServiceFileDescriptorSupplier() {}
  }

  private static final class CacheServiceMethodDescriptorSupplier
      extends CacheServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    CacheServiceMethodDescriptorSupplier(java.lang.String methodName) {
      this.methodName = methodName;
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
      return getServiceDescriptor().findMethodByName(methodName);
    }
  }

  private static volatile io.grpc.ServiceDescriptor serviceDescriptor;

  public static io.grpc.ServiceDescriptor getServiceDescriptor() {
    io.grpc.ServiceDescriptor result = serviceDescriptor;
    if (result == null) {
      synchronized (CacheServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new CacheServiceFileDescriptorSupplier())
              .addMethod(getInvalidateCacheMethod())
              .addMethod(getGetCacheStatsMethod())
              .build();
        }
      }
    }
    return result;
  }
}
