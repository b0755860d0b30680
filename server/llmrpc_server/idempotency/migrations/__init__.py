"""The revisions of the table of requests, in their order."""
