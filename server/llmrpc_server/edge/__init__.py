"""Where gRPC ends: nothing below the step "edge" knows this room.

rpc: the record of an RPC, of any kind; caller: what goes out to whoever made it, and until when.
tls: certificates that change while the server runs; listening: taking an address, and why it cannot be taken.
unregistered: how generated services are added.
"""
