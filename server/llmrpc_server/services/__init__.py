"""The RPCs, one file a service."""
