// Package llmrpc makes the generated client (package llmrpcv1) comfortable: how to dial, how to run a stream to its end,
// how to read an error's details. Everything here can be done with the generated code alone.
package llmrpc

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

// MaxMessageBytes is the size of message that the server takes and that a client should take.
const MaxMessageBytes = 32 << 20

// ServiceConfig spreads calls over all addresses of a name and sends a call again that no server has taken on.
//
// A retry never pays for an answer twice: once the server has asked a provider it has sent its initial metadata, after
// which gRPC does not retry. There is no timeout, because it would cut streams too; put a deadline on the context, which
// the server takes as the budget of the whole call. There is no healthCheckConfig, because behind a proxy one draining
// server would take the whole connection down.
const ServiceConfig = `{
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "llmrpc.v1.CompletionService"}],
    "retryPolicy": {
      "maxAttempts": 3,
      "initialBackoff": "0.2s",
      "maxBackoff": "2s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }],
  "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}
}`

// DialOptions are the recommended options of grpc.NewClient; add transport credentials to them.
//
// Beside ServiceConfig and MaxMessageBytes they send pings while a call is silent, so that a dead connection is noticed
// and no intermediary closes one on which a model is still thinking.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultServiceConfig(ServiceConfig),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(MaxMessageBytes),
			// Above gRPC's 256 KiB a request would silently lose its retries.
			grpc.MaxRetryRPCBufferSize(MaxMessageBytes),
		),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
	}
}
