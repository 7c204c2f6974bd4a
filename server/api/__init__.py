"""The HTTP API under `/api`: one file a resource."""
