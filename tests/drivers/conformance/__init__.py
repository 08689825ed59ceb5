"""Runs drivers' scripts with PostgreSQL alone and through the proxy, and compares what they see."""
