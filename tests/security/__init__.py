"""What hostile participants and strangers may do, and what comes of it: see README.md."""
