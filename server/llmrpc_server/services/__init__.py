"""The RPCs, one file a service; handlers.py makes their methods ready for gRPC, paging.py divides what they list."""
