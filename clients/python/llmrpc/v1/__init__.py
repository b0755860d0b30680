"""Generated from protos/llmrpc/v1 by `just generate`."""

import warnings

# With the oldest generator on purpose: runtimes of protobuf 5 to 7 take what it made. Version 6 warns of each file.
warnings.filterwarnings("ignore", message="Protobuf gencode version .* at llmrpc/v1/", category=UserWarning)
