package llmrpc

import "context"

// BearerToken gives every call a token: an API key, or one that is renewed while the program runs. Hand it to
// grpc.WithPerRPCCredentials.
type BearerToken struct {
	// Token returns the current token. It is called for every RPC, so a source that fetches tokens should keep them.
	Token func(context.Context) (string, error)
	// Insecure lets the token travel unencrypted: to this machine, or where a service mesh encrypts.
	Insecure bool
}

// GetRequestMetadata makes the metadata of one call.
func (b BearerToken) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := b.Token(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + token}, nil
}

// RequireTransportSecurity tells gRPC to refuse a connection without TLS.
func (b BearerToken) RequireTransportSecurity() bool { return !b.Insecure }
