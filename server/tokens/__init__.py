"""Tokens: who somebody is, signed (PROTOCOL, "Tokens")."""
