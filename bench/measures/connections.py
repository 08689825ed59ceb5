"""Idle connections: how much memory each takes. New ones: how many a second."""

import contextlib
import statistics
import sys
import time
from pathlib import Path

from harness import HOST, PgBouncer, Proxy, note, pgbench, proportional_memory, rotated
from harness.client import Client
from harness.process import free_port, start, wait_for_port
from page import table

STUB = Path(__file__).resolve().parent.parent / "harness/stub.py"


def measure(options, bed):
    return "\n\n".join(["## Connections", memory(options, bed), rate(options, bed)])


def memory(options, bed):
    """Each session has run a statement, and has its own connection to a server that is a stub."""
    rows = []
    with contextlib.ExitStack() as stack:
        port = free_port(HOST)
        start([sys.executable, str(STUB), str(port), str(bed.server.port)], bed.directory / "stub.log", stack)
        wait_for_port(HOST, port)
        terms = {"port": port, "connections": options.connections + 100}
        cases = {
            "PgBouncer": lambda stack: PgBouncer(bed.directory, bed.server, stack, "session", **terms).target("bench"),
            "main": lambda stack: Proxy(bed.directory, bed.server, stack, **terms).target("bench"),
            "branch": lambda stack: Proxy(bed.directory, bed.server, stack, **terms).target("bench@feature"),
        }
        for name, begin in cases.items():
            # A process of its own: what one case leaves free would serve the next.
            with contextlib.ExitStack() as own:
                each, total = idle(begin(own), options.connections)
            note(f"{options.connections} idle connections, {name}: {each / 1000:.1f} kB each")
            rows.append([name, f"{each / 1000:.1f}", f"{total / 1e6:.1f}"])
    return "\n\n".join(
        [
            f"Memory of the proxy (PSS) with {options.connections:,} idle connections that have each run a statement and hold a connection to the\n"
            "server: kilobytes for each, and megabytes in all. The server is a stub, which the proxies cannot tell.",
            table(["", "kB per connection", "MB in all"], rows, left=1),
        ]
    )


def idle(target, count):
    """Bytes for each of so many connections, and for all with the process itself."""
    # The first one has the process read what all need.
    Client(target, "idle").close()
    before = proportional_memory(target.pid)
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            client = Client(target, "idle")
            stack.callback(client.socket.close)
            client.query("SELECT 1")
        time.sleep(2)
        after = proportional_memory(target.pid)
    return (after - before) / count, after


def rate(options, bed):
    cases = {
        "direct": bed.server.target("bench"),
        "PgBouncer": bed.bouncer.target("bench"),
        "main": bed.proxy.target("bench"),
        "branch": bed.proxy.target("bench@feature"),
    }
    rates = {name: [] for name in cases}
    for number in range(options.rounds):
        for name in rotated(cases, number):
            found, _ = pgbench.throughput(cases[name], pgbench.SELECT, "simple", 10, options.seconds, connect=True)
            note(f"round {number + 1}: connecting, {name}: {found:.0f}/s")
            rates[name].append(found)
    return "\n\n".join(
        [
            "Connections per second that each run one `SELECT` (`pgbench -S -C`, 10 clients). PgBouncer keeps its connections to the server;\n"
            "pgGit makes one for each client, as a client without a proxy does.",
            table([*cases], [[f"{statistics.median(rates[name]):,.0f}" for name in cases]]),
        ]
    )
