"""What the benchmarks run, and what they watch it with."""

from . import pgbench
from .process import cpu_seconds, note, proportional_memory, rotated, run, start
from .servers import HOST, PgBouncer, Proxy, Server, Target
from .tables import CREATE_TABLES

__all__ = [
    "CREATE_TABLES",
    "HOST",
    "PgBouncer",
    "Proxy",
    "Server",
    "Target",
    "cpu_seconds",
    "note",
    "pgbench",
    "proportional_memory",
    "rotated",
    "run",
    "start",
]
