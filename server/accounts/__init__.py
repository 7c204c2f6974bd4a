"""Accounts: signing up and in, staying signed in, signing out (REQUIREMENTS MGT-20)."""
