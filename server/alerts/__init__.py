"""Alerts: rules over the log, fired once for as long as something lasts (REQUIREMENTS EVT-12, SIG-16)."""
