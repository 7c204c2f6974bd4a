"""Every message of the protocol: what a client asks, what it is answered, what it is told. See `catalogue`."""
