"""Who calls: from what an RPC brings with it to a principal.

authenticator: the ways in, in their order; credentials: what an RPC brings with it.
keys, key_file: API keys, and the file that `llmrpc keys` writes.
tokens, jwks: JSON Web Tokens, and the public keys that they are checked with.
certificates, forwarded: the certificate of a connection, or of the one that a mesh's proxy saw.
"""
