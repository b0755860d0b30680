"""Where gRPC ends: nothing below the step "edge" knows this room.

rpc: the record of an RPC, of any kind; caller: what goes out to whoever made it, and until when.
tls: certificates that change while the server runs; listening: why an address cannot be listened on.
unregistered: how generated services are added.
"""
