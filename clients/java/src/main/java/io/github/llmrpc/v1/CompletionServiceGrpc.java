package io.github.llmrpc.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Runs completions at the provider that routing selects.
 * The RPC's deadline is the budget of the whole call: all attempts, waits, fallbacks and repairs together. Without one the
 * route's total timeout holds. Cancelling the RPC closes the upstream request. Errors carry google.rpc details; see
 * ErrorReason. Metadata "llmrpc-call-id" names the call; it is what to quote when asking the operator about it.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class CompletionServiceGrpc {

  private CompletionServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "llmrpc.v1.CompletionService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.CompleteRequest,
      io.github.llmrpc.v1.CompleteResponse> getCompleteMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Complete",
      requestType = io.github.llmrpc.v1.CompleteRequest.class,
      responseType = io.github.llmrpc.v1.CompleteResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.CompleteRequest,
      io.github.llmrpc.v1.CompleteResponse> getCompleteMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.CompleteRequest, io.github.llmrpc.v1.CompleteResponse> getCompleteMethod;
    if ((getCompleteMethod = CompletionServiceGrpc.getCompleteMethod) == null) {
      synchronized (CompletionServiceGrpc.class) {
        if ((getCompleteMethod = CompletionServiceGrpc.getCompleteMethod) == null) {
          CompletionServiceGrpc.getCompleteMethod = getCompleteMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.CompleteRequest, io.github.llmrpc.v1.CompleteResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Complete"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.CompleteRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.CompleteResponse.getDefaultInstance()))
              .setSchemaDescriptor(new CompletionServiceMethodDescriptorSupplier("Complete"))
              .build();
        }
      }
    }
    return getCompleteMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.CompleteRequest,
      io.github.llmrpc.v1.StreamCompleteResponse> getStreamCompleteMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "StreamComplete",
      requestType = io.github.llmrpc.v1.CompleteRequest.class,
      responseType = io.github.llmrpc.v1.StreamCompleteResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.CompleteRequest,
      io.github.llmrpc.v1.StreamCompleteResponse> getStreamCompleteMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.CompleteRequest, io.github.llmrpc.v1.StreamCompleteResponse> getStreamCompleteMethod;
    if ((getStreamCompleteMethod = CompletionServiceGrpc.getStreamCompleteMethod) == null) {
      synchronized (CompletionServiceGrpc.class) {
        if ((getStreamCompleteMethod = CompletionServiceGrpc.getStreamCompleteMethod) == null) {
          CompletionServiceGrpc.getStreamCompleteMethod = getStreamCompleteMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.CompleteRequest, io.github.llmrpc.v1.StreamCompleteResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "StreamComplete"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.CompleteRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.StreamCompleteResponse.getDefaultInstance()))
              .setSchemaDescriptor(new CompletionServiceMethodDescriptorSupplier("StreamComplete"))
              .build();
        }
      }
    }
    return getStreamCompleteMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.PlanCompletionRequest,
      io.github.llmrpc.v1.PlanCompletionResponse> getPlanCompletionMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "PlanCompletion",
      requestType = io.github.llmrpc.v1.PlanCompletionRequest.class,
      responseType = io.github.llmrpc.v1.PlanCompletionResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.PlanCompletionRequest,
      io.github.llmrpc.v1.PlanCompletionResponse> getPlanCompletionMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.PlanCompletionRequest, io.github.llmrpc.v1.PlanCompletionResponse> getPlanCompletionMethod;
    if ((getPlanCompletionMethod = CompletionServiceGrpc.getPlanCompletionMethod) == null) {
      synchronized (CompletionServiceGrpc.class) {
        if ((getPlanCompletionMethod = CompletionServiceGrpc.getPlanCompletionMethod) == null) {
          CompletionServiceGrpc.getPlanCompletionMethod = getPlanCompletionMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.PlanCompletionRequest, io.github.llmrpc.v1.PlanCompletionResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "PlanCompletion"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.PlanCompletionRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.PlanCompletionResponse.getDefaultInstance()))
              .setSchemaDescriptor(new CompletionServiceMethodDescriptorSupplier("PlanCompletion"))
              .build();
        }
      }
    }
    return getPlanCompletionMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static CompletionServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<CompletionServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<CompletionServiceStub>() {
        @java.lang.Override
        public CompletionServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new CompletionServiceStub(channel, callOptions);
        }
      };
    return CompletionServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static CompletionServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<CompletionServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<CompletionServiceBlockingV2Stub>() {
        @java.lang.Override
        public CompletionServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new CompletionServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return CompletionServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static CompletionServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<CompletionServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<CompletionServiceBlockingStub>() {
        @java.lang.Override
        public CompletionServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new CompletionServiceBlockingStub(channel, callOptions);
        }
      };
    return CompletionServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static CompletionServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<CompletionServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<CompletionServiceFutureStub>() {
        @java.lang.Override
        public CompletionServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new CompletionServiceFutureStub(channel, callOptions);
        }
      };
    return CompletionServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Runs completions at the provider that routing selects.
   * The RPC's deadline is the budget of the whole call: all attempts, waits, fallbacks and repairs together. Without one the
   * route's total timeout holds. Cancelling the RPC closes the upstream request. Errors carry google.rpc details; see
   * ErrorReason. Metadata "llmrpc-call-id" names the call; it is what to quote when asking the operator about it.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Runs one completion and returns it whole.
     * INVALID_ARGUMENT: mend the request (BadRequest names the fields). UNAVAILABLE and RESOURCE_EXHAUSTED: try again, after
     * RetryInfo's delay where there is one. DEADLINE_EXCEEDED: the deadline passed, nothing goes on. INTERNAL: the
     * operator's to mend. UNIMPLEMENTED: no target can do what the request needs.
     * </pre>
     */
    default void complete(io.github.llmrpc.v1.CompleteRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.CompleteResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCompleteMethod(), responseObserver);
    }

    /**
     * <pre>
     * Runs one completion and streams it as events; see StreamCompleteResponse. Errors are those of Complete; status OK
     * means that the answer is whole.
     * </pre>
     */
    default void streamComplete(io.github.llmrpc.v1.CompleteRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.StreamCompleteResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getStreamCompleteMethod(), responseObserver);
    }

    /**
     * <pre>
     * Routes, checks and prices a request without running it: answers which targets would be tried, in which order, and
     * fails as Complete would for a bad request. Costs nothing.
     * </pre>
     */
    default void planCompletion(io.github.llmrpc.v1.PlanCompletionRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.PlanCompletionResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getPlanCompletionMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service CompletionService.
   * <pre>
   * Runs completions at the provider that routing selects.
   * The RPC's deadline is the budget of the whole call: all attempts, waits, fallbacks and repairs together. Without one the
   * route's total timeout holds. Cancelling the RPC closes the upstream request. Errors carry google.rpc details; see
   * ErrorReason. Metadata "llmrpc-call-id" names the call; it is what to quote when asking the operator about it.
   * </pre>
   */
  public static abstract class CompletionServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return CompletionServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service CompletionService.
   * <pre>
   * Runs completions at the provider that routing selects.
   * The RPC's deadline is the budget of the whole call: all attempts, waits, fallbacks and repairs together. Without one the
   * route's total timeout holds. Cancelling the RPC closes the upstream request. Errors carry google.rpc details; see
   * ErrorReason. Metadata "llmrpc-call-id" names the call; it is what to quote when asking the operator about it.
   * </pre>
   */
  public static final class CompletionServiceStub
      extends io.grpc.stub.AbstractAsyncStub<CompletionServiceStub> {
    private CompletionServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected CompletionServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new CompletionServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Runs one completion and returns it whole.
     * INVALID_ARGUMENT: mend the request (BadRequest names the fields). UNAVAILABLE and RESOURCE_EXHAUSTED: try again, after
     * RetryInfo's delay where there is one. DEADLINE_EXCEEDED: the deadline passed, nothing goes on. INTERNAL: the
     * operator's to mend. UNIMPLEMENTED: no target can do what the request needs.
     * </pre>
     */
    public void complete(io.github.llmrpc.v1.CompleteRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.CompleteResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCompleteMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Runs one completion and streams it as events; see StreamCompleteResponse. Errors are those of Complete; status OK
     * means that the answer is whole.
     * </pre>
     */
    public void streamComplete(io.github.llmrpc.v1.CompleteRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.StreamCompleteResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getStreamCompleteMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Routes, checks and prices a request without running it: answers which targets would be tried, in which order, and
     * fails as Complete would for a bad request. Costs nothing.
     * </pre>
     */
    public void planCompletion(io.github.llmrpc.v1.PlanCompletionRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.PlanCompletionResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getPlanCompletionMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service CompletionService.
   * <pre>
   * Runs completions at the provider that routing selects.
   * The RPC's deadline is the budget of the whole call: all attempts, waits, fallbacks and repairs together. Without one the
   * route's total timeout holds. Cancelling the RPC closes the upstream request. Errors carry google.rpc details; see
   * ErrorReason. Metadata "llmrpc-call-id" names the call; it is what to quote when asking the operator about it.
   * </pre>
   */
  public static final class CompletionServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<CompletionServiceBlockingV2Stub> {
    private CompletionServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected CompletionServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new CompletionServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Runs one completion and returns it whole.
     * INVALID_ARGUMENT: mend the request (BadRequest names the fields). UNAVAILABLE and RESOURCE_EXHAUSTED: try again, after
     * RetryInfo's delay where there is one. DEADLINE_EXCEEDED: the deadline passed, nothing goes on. INTERNAL: the
     * operator's to mend. UNIMPLEMENTED: no target can do what the request needs.
     * </pre>
     */
    public io.github.llmrpc.v1.CompleteResponse complete(io.github.llmrpc.v1.CompleteRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCompleteMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Runs one completion and streams it as events; see StreamCompleteResponse. Errors are those of Complete; status OK
     * means that the answer is whole.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, io.github.llmrpc.v1.StreamCompleteResponse>
        streamComplete(io.github.llmrpc.v1.CompleteRequest request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getStreamCompleteMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Routes, checks and prices a request without running it: answers which targets would be tried, in which order, and
     * fails as Complete would for a bad request. Costs nothing.
     * </pre>
     */
    public io.github.llmrpc.v1.PlanCompletionResponse planCompletion(io.github.llmrpc.v1.PlanCompletionRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getPlanCompletionMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service CompletionService.
   * <pre>
   * Runs completions at the provider that routing selects.
   * The RPC's deadline is the budget of the whole call: all attempts, waits, fallbacks and repairs together. Without one the
   * route's total timeout holds. Cancelling the RPC closes the upstream request. Errors carry google.rpc details; see
   * ErrorReason. Metadata "llmrpc-call-id" names the call; it is what to quote when asking the operator about it.
   * </pre>
   */
  public static final class CompletionServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<CompletionServiceBlockingStub> {
    private CompletionServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected CompletionServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new CompletionServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Runs one completion and returns it whole.
     * INVALID_ARGUMENT: mend the request (BadRequest names the fields). UNAVAILABLE and RESOURCE_EXHAUSTED: try again, after
     * RetryInfo's delay where there is one. DEADLINE_EXCEEDED: the deadline passed, nothing goes on. INTERNAL: the
     * operator's to mend. UNIMPLEMENTED: no target can do what the request needs.
     * </pre>
     */
    public io.github.llmrpc.v1.CompleteResponse complete(io.github.llmrpc.v1.CompleteRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCompleteMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Runs one completion and streams it as events; see StreamCompleteResponse. Errors are those of Complete; status OK
     * means that the answer is whole.
     * </pre>
     */
    public java.util.Iterator<io.github.llmrpc.v1.StreamCompleteResponse> streamComplete(
        io.github.llmrpc.v1.CompleteRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getStreamCompleteMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Routes, checks and prices a request without running it: answers which targets would be tried, in which order, and
     * fails as Complete would for a bad request. Costs nothing.
     * </pre>
     */
    public io.github.llmrpc.v1.PlanCompletionResponse planCompletion(io.github.llmrpc.v1.PlanCompletionRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getPlanCompletionMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service CompletionService.
   * <pre>
   * Runs completions at the provider that routing selects.
   * The RPC's deadline is the budget of the whole call: all attempts, waits, fallbacks and repairs together. Without one the
   * route's total timeout holds. Cancelling the RPC closes the upstream request. Errors carry google.rpc details; see
   * ErrorReason. Metadata "llmrpc-call-id" names the call; it is what to quote when asking the operator about it.
   * </pre>
   */
  public static final class CompletionServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<CompletionServiceFutureStub> {
    private CompletionServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected CompletionServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new CompletionServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Runs one completion and returns it whole.
     * INVALID_ARGUMENT: mend the request (BadRequest names the fields). UNAVAILABLE and RESOURCE_EXHAUSTED: try again, after
     * RetryInfo's delay where there is one. DEADLINE_EXCEEDED: the deadline passed, nothing goes on. INTERNAL: the
     * operator's to mend. UNIMPLEMENTED: no target can do what the request needs.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.CompleteResponse> complete(
        io.github.llmrpc.v1.CompleteRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCompleteMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Routes, checks and prices a request without running it: answers which targets would be tried, in which order, and
     * fails as Complete would for a bad request. Costs nothing.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.PlanCompletionResponse> planCompletion(
        io.github.llmrpc.v1.PlanCompletionRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getPlanCompletionMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_COMPLETE = 0;
  private static final int METHODID_STREAM_COMPLETE = 1;
  private static final int METHODID_PLAN_COMPLETION = 2;

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
        case METHODID_COMPLETE:
          serviceImpl.complete((io.github.llmrpc.v1.CompleteRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.CompleteResponse>) responseObserver);
          break;
        case METHODID_STREAM_COMPLETE:
          serviceImpl.streamComplete((io.github.llmrpc.v1.CompleteRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.StreamCompleteResponse>) responseObserver);
          break;
        case METHODID_PLAN_COMPLETION:
          serviceImpl.planCompletion((io.github.llmrpc.v1.PlanCompletionRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.PlanCompletionResponse>) responseObserver);
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
          getCompleteMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.CompleteRequest,
              io.github.llmrpc.v1.CompleteResponse>(
                service, METHODID_COMPLETE)))
        .addMethod(
          getStreamCompleteMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              io.github.llmrpc.v1.CompleteRequest,
              io.github.llmrpc.v1.StreamCompleteResponse>(
                service, METHODID_STREAM_COMPLETE)))
        .addMethod(
          getPlanCompletionMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.PlanCompletionRequest,
              io.github.llmrpc.v1.PlanCompletionResponse>(
                service, METHODID_PLAN_COMPLETION)))
        .build();
  }

  private static abstract class CompletionServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    CompletionServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return io.github.llmrpc.v1.CompletionProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("CompletionService");
    }
  }

  private static final class CompletionServiceFileDescriptorSupplier
      extends CompletionServiceBaseDescriptorSupplier {
    CompletionServiceFileDescriptorSupplier() {}
  }

  private static final class CompletionServiceMethodDescriptorSupplier
      extends CompletionServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    CompletionServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (CompletionServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new CompletionServiceFileDescriptorSupplier())
              .addMethod(getCompleteMethod())
              .addMethod(getStreamCompleteMethod())
              .addMethod(getPlanCompletionMethod())
              .build();
        }
      }
    }
    return result;
  }
}
