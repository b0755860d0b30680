package io.github.llmrpc.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * What was used, by whom, and what it cost.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class UsageServiceGrpc {

  private UsageServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "llmrpc.v1.UsageService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.QueryUsageRequest,
      io.github.llmrpc.v1.QueryUsageResponse> getQueryUsageMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "QueryUsage",
      requestType = io.github.llmrpc.v1.QueryUsageRequest.class,
      responseType = io.github.llmrpc.v1.QueryUsageResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.QueryUsageRequest,
      io.github.llmrpc.v1.QueryUsageResponse> getQueryUsageMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.QueryUsageRequest, io.github.llmrpc.v1.QueryUsageResponse> getQueryUsageMethod;
    if ((getQueryUsageMethod = UsageServiceGrpc.getQueryUsageMethod) == null) {
      synchronized (UsageServiceGrpc.class) {
        if ((getQueryUsageMethod = UsageServiceGrpc.getQueryUsageMethod) == null) {
          UsageServiceGrpc.getQueryUsageMethod = getQueryUsageMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.QueryUsageRequest, io.github.llmrpc.v1.QueryUsageResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "QueryUsage"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.QueryUsageRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.QueryUsageResponse.getDefaultInstance()))
              .setSchemaDescriptor(new UsageServiceMethodDescriptorSupplier("QueryUsage"))
              .build();
        }
      }
    }
    return getQueryUsageMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.ListCallsRequest,
      io.github.llmrpc.v1.ListCallsResponse> getListCallsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListCalls",
      requestType = io.github.llmrpc.v1.ListCallsRequest.class,
      responseType = io.github.llmrpc.v1.ListCallsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.ListCallsRequest,
      io.github.llmrpc.v1.ListCallsResponse> getListCallsMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.ListCallsRequest, io.github.llmrpc.v1.ListCallsResponse> getListCallsMethod;
    if ((getListCallsMethod = UsageServiceGrpc.getListCallsMethod) == null) {
      synchronized (UsageServiceGrpc.class) {
        if ((getListCallsMethod = UsageServiceGrpc.getListCallsMethod) == null) {
          UsageServiceGrpc.getListCallsMethod = getListCallsMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.ListCallsRequest, io.github.llmrpc.v1.ListCallsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListCalls"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.ListCallsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.ListCallsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new UsageServiceMethodDescriptorSupplier("ListCalls"))
              .build();
        }
      }
    }
    return getListCallsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.GetCallRequest,
      io.github.llmrpc.v1.GetCallResponse> getGetCallMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetCall",
      requestType = io.github.llmrpc.v1.GetCallRequest.class,
      responseType = io.github.llmrpc.v1.GetCallResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.GetCallRequest,
      io.github.llmrpc.v1.GetCallResponse> getGetCallMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.GetCallRequest, io.github.llmrpc.v1.GetCallResponse> getGetCallMethod;
    if ((getGetCallMethod = UsageServiceGrpc.getGetCallMethod) == null) {
      synchronized (UsageServiceGrpc.class) {
        if ((getGetCallMethod = UsageServiceGrpc.getGetCallMethod) == null) {
          UsageServiceGrpc.getGetCallMethod = getGetCallMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.GetCallRequest, io.github.llmrpc.v1.GetCallResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetCall"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.GetCallRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.GetCallResponse.getDefaultInstance()))
              .setSchemaDescriptor(new UsageServiceMethodDescriptorSupplier("GetCall"))
              .build();
        }
      }
    }
    return getGetCallMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.ListBudgetsRequest,
      io.github.llmrpc.v1.ListBudgetsResponse> getListBudgetsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListBudgets",
      requestType = io.github.llmrpc.v1.ListBudgetsRequest.class,
      responseType = io.github.llmrpc.v1.ListBudgetsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.ListBudgetsRequest,
      io.github.llmrpc.v1.ListBudgetsResponse> getListBudgetsMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.ListBudgetsRequest, io.github.llmrpc.v1.ListBudgetsResponse> getListBudgetsMethod;
    if ((getListBudgetsMethod = UsageServiceGrpc.getListBudgetsMethod) == null) {
      synchronized (UsageServiceGrpc.class) {
        if ((getListBudgetsMethod = UsageServiceGrpc.getListBudgetsMethod) == null) {
          UsageServiceGrpc.getListBudgetsMethod = getListBudgetsMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.ListBudgetsRequest, io.github.llmrpc.v1.ListBudgetsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListBudgets"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.ListBudgetsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.ListBudgetsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new UsageServiceMethodDescriptorSupplier("ListBudgets"))
              .build();
        }
      }
    }
    return getListBudgetsMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static UsageServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<UsageServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<UsageServiceStub>() {
        @java.lang.Override
        public UsageServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new UsageServiceStub(channel, callOptions);
        }
      };
    return UsageServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static UsageServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<UsageServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<UsageServiceBlockingV2Stub>() {
        @java.lang.Override
        public UsageServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new UsageServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return UsageServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static UsageServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<UsageServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<UsageServiceBlockingStub>() {
        @java.lang.Override
        public UsageServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new UsageServiceBlockingStub(channel, callOptions);
        }
      };
    return UsageServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static UsageServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<UsageServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<UsageServiceFutureStub>() {
        @java.lang.Override
        public UsageServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new UsageServiceFutureStub(channel, callOptions);
        }
      };
    return UsageServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * What was used, by whom, and what it cost.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Sums usage by the dimensions asked for. A tenant sees its own alone.
     * </pre>
     */
    default void queryUsage(io.github.llmrpc.v1.QueryUsageRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.QueryUsageResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getQueryUsageMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists calls, newest first, without their attempts.
     * </pre>
     */
    default void listCalls(io.github.llmrpc.v1.ListCallsRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.ListCallsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListCallsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Tells the whole story of one call: every attempt, its time, usage and cost. NOT_FOUND where there is none, or it is
     * another tenant's.
     * </pre>
     */
    default void getCall(io.github.llmrpc.v1.GetCallRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.GetCallResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetCallMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists budgets and how much of them is used, held and left.
     * </pre>
     */
    default void listBudgets(io.github.llmrpc.v1.ListBudgetsRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.ListBudgetsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListBudgetsMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service UsageService.
   * <pre>
   * What was used, by whom, and what it cost.
   * </pre>
   */
  public static abstract class UsageServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return UsageServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service UsageService.
   * <pre>
   * What was used, by whom, and what it cost.
   * </pre>
   */
  public static final class UsageServiceStub
      extends io.grpc.stub.AbstractAsyncStub<UsageServiceStub> {
    private UsageServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected UsageServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new UsageServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Sums usage by the dimensions asked for. A tenant sees its own alone.
     * </pre>
     */
    public void queryUsage(io.github.llmrpc.v1.QueryUsageRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.QueryUsageResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getQueryUsageMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists calls, newest first, without their attempts.
     * </pre>
     */
    public void listCalls(io.github.llmrpc.v1.ListCallsRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.ListCallsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListCallsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Tells the whole story of one call: every attempt, its time, usage and cost. NOT_FOUND where there is none, or it is
     * another tenant's.
     * </pre>
     */
    public void getCall(io.github.llmrpc.v1.GetCallRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.GetCallResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetCallMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists budgets and how much of them is used, held and left.
     * </pre>
     */
    public void listBudgets(io.github.llmrpc.v1.ListBudgetsRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.ListBudgetsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListBudgetsMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service UsageService.
   * <pre>
   * What was used, by whom, and what it cost.
   * </pre>
   */
  public static final class UsageServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<UsageServiceBlockingV2Stub> {
    private UsageServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected UsageServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new UsageServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Sums usage by the dimensions asked for. A tenant sees its own alone.
     * </pre>
     */
    public io.github.llmrpc.v1.QueryUsageResponse queryUsage(io.github.llmrpc.v1.QueryUsageRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getQueryUsageMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists calls, newest first, without their attempts.
     * </pre>
     */
    public io.github.llmrpc.v1.ListCallsResponse listCalls(io.github.llmrpc.v1.ListCallsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListCallsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Tells the whole story of one call: every attempt, its time, usage and cost. NOT_FOUND where there is none, or it is
     * another tenant's.
     * </pre>
     */
    public io.github.llmrpc.v1.GetCallResponse getCall(io.github.llmrpc.v1.GetCallRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetCallMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists budgets and how much of them is used, held and left.
     * </pre>
     */
    public io.github.llmrpc.v1.ListBudgetsResponse listBudgets(io.github.llmrpc.v1.ListBudgetsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListBudgetsMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service UsageService.
   * <pre>
   * What was used, by whom, and what it cost.
   * </pre>
   */
  public static final class UsageServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<UsageServiceBlockingStub> {
    private UsageServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected UsageServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new UsageServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Sums usage by the dimensions asked for. A tenant sees its own alone.
     * </pre>
     */
    public io.github.llmrpc.v1.QueryUsageResponse queryUsage(io.github.llmrpc.v1.QueryUsageRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getQueryUsageMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists calls, newest first, without their attempts.
     * </pre>
     */
    public io.github.llmrpc.v1.ListCallsResponse listCalls(io.github.llmrpc.v1.ListCallsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListCallsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Tells the whole story of one call: every attempt, its time, usage and cost. NOT_FOUND where there is none, or it is
     * another tenant's.
     * </pre>
     */
    public io.github.llmrpc.v1.GetCallResponse getCall(io.github.llmrpc.v1.GetCallRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetCallMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists budgets and how much of them is used, held and left.
     * </pre>
     */
    public io.github.llmrpc.v1.ListBudgetsResponse listBudgets(io.github.llmrpc.v1.ListBudgetsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListBudgetsMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service UsageService.
   * <pre>
   * What was used, by whom, and what it cost.
   * </pre>
   */
  public static final class UsageServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<UsageServiceFutureStub> {
    private UsageServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected UsageServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new UsageServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Sums usage by the dimensions asked for. A tenant sees its own alone.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.QueryUsageResponse> queryUsage(
        io.github.llmrpc.v1.QueryUsageRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getQueryUsageMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists calls, newest first, without their attempts.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.ListCallsResponse> listCalls(
        io.github.llmrpc.v1.ListCallsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListCallsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Tells the whole story of one call: every attempt, its time, usage and cost. NOT_FOUND where there is none, or it is
     * another tenant's.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.GetCallResponse> getCall(
        io.github.llmrpc.v1.GetCallRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetCallMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists budgets and how much of them is used, held and left.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.ListBudgetsResponse> listBudgets(
        io.github.llmrpc.v1.ListBudgetsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListBudgetsMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_QUERY_USAGE = 0;
  private static final int METHODID_LIST_CALLS = 1;
  private static final int METHODID_GET_CALL = 2;
  private static final int METHODID_LIST_BUDGETS = 3;

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
        case METHODID_QUERY_USAGE:
          serviceImpl.queryUsage((io.github.llmrpc.v1.QueryUsageRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.QueryUsageResponse>) responseObserver);
          break;
        case METHODID_LIST_CALLS:
          serviceImpl.listCalls((io.github.llmrpc.v1.ListCallsRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.ListCallsResponse>) responseObserver);
          break;
        case METHODID_GET_CALL:
          serviceImpl.getCall((io.github.llmrpc.v1.GetCallRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.GetCallResponse>) responseObserver);
          break;
        case METHODID_LIST_BUDGETS:
          serviceImpl.listBudgets((io.github.llmrpc.v1.ListBudgetsRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.ListBudgetsResponse>) responseObserver);
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
          getQueryUsageMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.QueryUsageRequest,
              io.github.llmrpc.v1.QueryUsageResponse>(
                service, METHODID_QUERY_USAGE)))
        .addMethod(
          getListCallsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.ListCallsRequest,
              io.github.llmrpc.v1.ListCallsResponse>(
                service, METHODID_LIST_CALLS)))
        .addMethod(
          getGetCallMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.GetCallRequest,
              io.github.llmrpc.v1.GetCallResponse>(
                service, METHODID_GET_CALL)))
        .addMethod(
          getListBudgetsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.ListBudgetsRequest,
              io.github.llmrpc.v1.ListBudgetsResponse>(
                service, METHODID_LIST_BUDGETS)))
        .build();
  }

  private static abstract class UsageServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    UsageServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return io.github.llmrpc.v1.UsageProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("UsageService");
    }
  }

  private static final class UsageServiceFileDescriptorSupplier
      extends UsageServiceBaseDescriptorSupplier {
    UsageServiceFileDescriptorSupplier() {}
  }

  private static final class UsageServiceMethodDescriptorSupplier
      extends UsageServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    UsageServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (UsageServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new UsageServiceFileDescriptorSupplier())
              .addMethod(getQueryUsageMethod())
              .addMethod(getListCallsMethod())
              .addMethod(getGetCallMethod())
              .addMethod(getListBudgetsMethod())
              .build();
        }
      }
    }
    return result;
  }
}
