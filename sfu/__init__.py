"""Rooms' media. Knows no socket.io, no HTTP and no SQL."""
