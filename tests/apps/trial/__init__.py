"""Runs real applications' migrations through the proxy, and compares with what they do without it."""
