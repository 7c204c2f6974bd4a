"""How often somebody may ask: buckets, quotas, and where they are counted (REQUIREMENTS SIG-15)."""
