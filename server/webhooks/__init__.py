"""Events to endpoints outside: signed, in order, again until they are taken (Standard Webhooks)."""
