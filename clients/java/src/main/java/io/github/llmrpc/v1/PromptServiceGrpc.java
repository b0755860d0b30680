package io.github.llmrpc.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * The prompt templates on the server.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class PromptServiceGrpc {

  private PromptServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "llmrpc.v1.PromptService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.ListPromptsRequest,
      io.github.llmrpc.v1.ListPromptsResponse> getListPromptsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListPrompts",
      requestType = io.github.llmrpc.v1.ListPromptsRequest.class,
      responseType = io.github.llmrpc.v1.ListPromptsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.ListPromptsRequest,
      io.github.llmrpc.v1.ListPromptsResponse> getListPromptsMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.ListPromptsRequest, io.github.llmrpc.v1.ListPromptsResponse> getListPromptsMethod;
    if ((getListPromptsMethod = PromptServiceGrpc.getListPromptsMethod) == null) {
      synchronized (PromptServiceGrpc.class) {
        if ((getListPromptsMethod = PromptServiceGrpc.getListPromptsMethod) == null) {
          PromptServiceGrpc.getListPromptsMethod = getListPromptsMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.ListPromptsRequest, io.github.llmrpc.v1.ListPromptsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListPrompts"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.ListPromptsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.ListPromptsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new PromptServiceMethodDescriptorSupplier("ListPrompts"))
              .build();
        }
      }
    }
    return getListPromptsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.GetPromptRequest,
      io.github.llmrpc.v1.GetPromptResponse> getGetPromptMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetPrompt",
      requestType = io.github.llmrpc.v1.GetPromptRequest.class,
      responseType = io.github.llmrpc.v1.GetPromptResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.GetPromptRequest,
      io.github.llmrpc.v1.GetPromptResponse> getGetPromptMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.GetPromptRequest, io.github.llmrpc.v1.GetPromptResponse> getGetPromptMethod;
    if ((getGetPromptMethod = PromptServiceGrpc.getGetPromptMethod) == null) {
      synchronized (PromptServiceGrpc.class) {
        if ((getGetPromptMethod = PromptServiceGrpc.getGetPromptMethod) == null) {
          PromptServiceGrpc.getGetPromptMethod = getGetPromptMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.GetPromptRequest, io.github.llmrpc.v1.GetPromptResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetPrompt"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.GetPromptRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.GetPromptResponse.getDefaultInstance()))
              .setSchemaDescriptor(new PromptServiceMethodDescriptorSupplier("GetPrompt"))
              .build();
        }
      }
    }
    return getGetPromptMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.github.llmrpc.v1.RenderPromptRequest,
      io.github.llmrpc.v1.RenderPromptResponse> getRenderPromptMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "RenderPrompt",
      requestType = io.github.llmrpc.v1.RenderPromptRequest.class,
      responseType = io.github.llmrpc.v1.RenderPromptResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.github.llmrpc.v1.RenderPromptRequest,
      io.github.llmrpc.v1.RenderPromptResponse> getRenderPromptMethod() {
    io.grpc.MethodDescriptor<io.github.llmrpc.v1.RenderPromptRequest, io.github.llmrpc.v1.RenderPromptResponse> getRenderPromptMethod;
    if ((getRenderPromptMethod = PromptServiceGrpc.getRenderPromptMethod) == null) {
      synchronized (PromptServiceGrpc.class) {
        if ((getRenderPromptMethod = PromptServiceGrpc.getRenderPromptMethod) == null) {
          PromptServiceGrpc.getRenderPromptMethod = getRenderPromptMethod =
              io.grpc.MethodDescriptor.<io.github.llmrpc.v1.RenderPromptRequest, io.github.llmrpc.v1.RenderPromptResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "RenderPrompt"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.RenderPromptRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.github.llmrpc.v1.RenderPromptResponse.getDefaultInstance()))
              .setSchemaDescriptor(new PromptServiceMethodDescriptorSupplier("RenderPrompt"))
              .build();
        }
      }
    }
    return getRenderPromptMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static PromptServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<PromptServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<PromptServiceStub>() {
        @java.lang.Override
        public PromptServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new PromptServiceStub(channel, callOptions);
        }
      };
    return PromptServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static PromptServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<PromptServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<PromptServiceBlockingV2Stub>() {
        @java.lang.Override
        public PromptServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new PromptServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return PromptServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static PromptServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<PromptServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<PromptServiceBlockingStub>() {
        @java.lang.Override
        public PromptServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new PromptServiceBlockingStub(channel, callOptions);
        }
      };
    return PromptServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static PromptServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<PromptServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<PromptServiceFutureStub>() {
        @java.lang.Override
        public PromptServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new PromptServiceFutureStub(channel, callOptions);
        }
      };
    return PromptServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * The prompt templates on the server.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Lists the templates in their current versions, by name. Page through it with next_page_token.
     * </pre>
     */
    default void listPrompts(io.github.llmrpc.v1.ListPromptsRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.ListPromptsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListPromptsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Describes one version of a template: what it wants to be filled with. NOT_FOUND where there is none.
     * </pre>
     */
    default void getPrompt(io.github.llmrpc.v1.GetPromptRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.GetPromptResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetPromptMethod(), responseObserver);
    }

    /**
     * <pre>
     * Renders a template for a target without running it. INVALID_ARGUMENT names the variables that are missing or wrong.
     * </pre>
     */
    default void renderPrompt(io.github.llmrpc.v1.RenderPromptRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.RenderPromptResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRenderPromptMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service PromptService.
   * <pre>
   * The prompt templates on the server.
   * </pre>
   */
  public static abstract class PromptServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return PromptServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service PromptService.
   * <pre>
   * The prompt templates on the server.
   * </pre>
   */
  public static final class PromptServiceStub
      extends io.grpc.stub.AbstractAsyncStub<PromptServiceStub> {
    private PromptServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected PromptServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new PromptServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists the templates in their current versions, by name. Page through it with next_page_token.
     * </pre>
     */
    public void listPrompts(io.github.llmrpc.v1.ListPromptsRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.ListPromptsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListPromptsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Describes one version of a template: what it wants to be filled with. NOT_FOUND where there is none.
     * </pre>
     */
    public void getPrompt(io.github.llmrpc.v1.GetPromptRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.GetPromptResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetPromptMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Renders a template for a target without running it. INVALID_ARGUMENT names the variables that are missing or wrong.
     * </pre>
     */
    public void renderPrompt(io.github.llmrpc.v1.RenderPromptRequest request,
        io.grpc.stub.StreamObserver<io.github.llmrpc.v1.RenderPromptResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRenderPromptMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service PromptService.
   * <pre>
   * The prompt templates on the server.
   * </pre>
   */
  public static final class PromptServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<PromptServiceBlockingV2Stub> {
    private PromptServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected PromptServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new PromptServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists the templates in their current versions, by name. Page through it with next_page_token.
     * </pre>
     */
    public io.github.llmrpc.v1.ListPromptsResponse listPrompts(io.github.llmrpc.v1.ListPromptsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListPromptsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Describes one version of a template: what it wants to be filled with. NOT_FOUND where there is none.
     * </pre>
     */
    public io.github.llmrpc.v1.GetPromptResponse getPrompt(io.github.llmrpc.v1.GetPromptRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetPromptMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Renders a template for a target without running it. INVALID_ARGUMENT names the variables that are missing or wrong.
     * </pre>
     */
    public io.github.llmrpc.v1.RenderPromptResponse renderPrompt(io.github.llmrpc.v1.RenderPromptRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRenderPromptMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service PromptService.
   * <pre>
   * The prompt templates on the server.
   * </pre>
   */
  public static final class PromptServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<PromptServiceBlockingStub> {
    private PromptServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected PromptServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new PromptServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists the templates in their current versions, by name. Page through it with next_page_token.
     * </pre>
     */
    public io.github.llmrpc.v1.ListPromptsResponse listPrompts(io.github.llmrpc.v1.ListPromptsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListPromptsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Describes one version of a template: what it wants to be filled with. NOT_FOUND where there is none.
     * </pre>
     */
    public io.github.llmrpc.v1.GetPromptResponse getPrompt(io.github.llmrpc.v1.GetPromptRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetPromptMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Renders a template for a target without running it. INVALID_ARGUMENT names the variables that are missing or wrong.
     * </pre>
     */
    public io.github.llmrpc.v1.RenderPromptResponse renderPrompt(io.github.llmrpc.v1.RenderPromptRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRenderPromptMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service PromptService.
   * <pre>
   * The prompt templates on the server.
   * </pre>
   */
  public static final class PromptServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<PromptServiceFutureStub> {
    private PromptServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected PromptServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new PromptServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists the templates in their current versions, by name. Page through it with next_page_token.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.ListPromptsResponse> listPrompts(
        io.github.llmrpc.v1.ListPromptsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListPromptsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Describes one version of a template: what it wants to be filled with. NOT_FOUND where there is none.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.GetPromptResponse> getPrompt(
        io.github.llmrpc.v1.GetPromptRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetPromptMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Renders a template for a target without running it. INVALID_ARGUMENT names the variables that are missing or wrong.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.github.llmrpc.v1.RenderPromptResponse> renderPrompt(
        io.github.llmrpc.v1.RenderPromptRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRenderPromptMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_LIST_PROMPTS = 0;
  private static final int METHODID_GET_PROMPT = 1;
  private static final int METHODID_RENDER_PROMPT = 2;

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
        case METHODID_LIST_PROMPTS:
          serviceImpl.listPrompts((io.github.llmrpc.v1.ListPromptsRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.ListPromptsResponse>) responseObserver);
          break;
        case METHODID_GET_PROMPT:
          serviceImpl.getPrompt((io.github.llmrpc.v1.GetPromptRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.GetPromptResponse>) responseObserver);
          break;
        case METHODID_RENDER_PROMPT:
          serviceImpl.renderPrompt((io.github.llmrpc.v1.RenderPromptRequest) request,
              (io.grpc.stub.StreamObserver<io.github.llmrpc.v1.RenderPromptResponse>) responseObserver);
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
          getListPromptsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.ListPromptsRequest,
              io.github.llmrpc.v1.ListPromptsResponse>(
                service, METHODID_LIST_PROMPTS)))
        .addMethod(
          getGetPromptMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.GetPromptRequest,
              io.github.llmrpc.v1.GetPromptResponse>(
                service, METHODID_GET_PROMPT)))
        .addMethod(
          getRenderPromptMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.github.llmrpc.v1.RenderPromptRequest,
              io.github.llmrpc.v1.RenderPromptResponse>(
                service, METHODID_RENDER_PROMPT)))
        .build();
  }

  private static abstract class PromptServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    PromptServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return io.github.llmrpc.v1.PromptProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("PromptService");
    }
  }

  private static final class PromptServiceFileDescriptorSupplier
      extends PromptServiceBaseDescriptorSupplier {
    PromptServiceFileDescriptorSupplier() {}
  }

  private static final class PromptServiceMethodDescriptorSupplier
      extends PromptServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    PromptServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (PromptServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new PromptServiceFileDescriptorSupplier())
              .addMethod(getListPromptsMethod())
              .addMethod(getGetPromptMethod())
              .addMethod(getRenderPromptMethod())
              .build();
        }
      }
    }
    return result;
  }
}
