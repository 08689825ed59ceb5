"""Many bytes at once: COPY in and out, and a big result; with and without TLS."""

import contextlib
import statistics
import time

import plot
from harness import note, proportional_memory, rotated
from harness.client import Client, message
from page import table

ACTIONS = {"result": "SELECT * FROM pgbench_accounts", "COPY out": "COPY pgbench_accounts TO STDOUT", "COPY in": None}
COPY_IN = "COPY sink FROM STDIN"
ROW = b"%d\t%d\t0\t" + b" " * 84 + b"\n"


def measure(options, bed):
    bed.server.sql("bench", "CREATE UNLOGGED TABLE sink (LIKE pgbench_accounts)")
    rows = copy_data(100_000 * options.scale)
    hops = {
        "no": {"direct": bed.server.target("bench"), "PgBouncer": bed.bouncer.target("bench"), "pgGit": bed.proxy.target("bench")},
        "both hops": {
            "direct": bed.server.target("bench", tls=True),
            "PgBouncer": bed.tls_bouncer.target("bench"),
            "pgGit": bed.tls_proxy.target("bench"),
        },
    }
    rates, grown = {}, {}
    for number in range(options.rounds):
        for tls, cases in hops.items():
            for action in ACTIONS:
                for name in rotated(cases, number):
                    target = cases[name]
                    memory = proportional_memory(target.pid) if target.pid else 0
                    rate = timed(target, action, rows, bed)
                    growth = proportional_memory(target.pid) - memory if target.pid else 0
                    note(f"round {number + 1}: {action}, TLS {tls}, {name}: {rate:.0f} MB/s, {growth / 1e6:.1f} MB")
                    rates.setdefault((action, tls, name), []).append(rate)
                    grown[name] = max(grown.get(name, 0), growth)
    median = lambda *key: statistics.median(rates[key])
    cells = [(action, tls) for tls in hops for action in ACTIONS]
    names = ["direct", "PgBouncer", "pgGit"]
    lines = [
        [action, tls, *(f"{median(action, tls, name):,.0f}" for name in names)]
        + [f"{median(action, tls, name) / median(action, tls, 'direct'):.2f}" for name in names[1:]]
        for action, tls in cells
    ]
    plot.bars(
        options.plots / "bulk.svg",
        "Megabytes per second",
        [action if tls == "no" else f"{action}, TLS" for action, tls in cells],
        {name: [median(*cell, name) for cell in cells] for name in names},
    )
    return "\n\n".join(
        [
            "## Bulk",
            f"Megabytes per second of one connection, {len(rows) / 1e6:,.0f} MB each time. The client only counts bytes. The proxies' memory grew by at\n"
            f"most {grown['PgBouncer'] / 1e6:.1f} MB (PgBouncer) and {grown['pgGit'] / 1e6:.1f} MB (pgGit).",
            table(["", "TLS", *names, "PgBouncer ÷ direct", "pgGit ÷ direct"], lines, left=2),
            plot.image("bulk", "Megabytes per second"),
        ]
    )


def timed(target, action, rows, bed):
    """Megabytes per second."""
    with contextlib.closing(Client(target)) as client:
        begun = time.monotonic()
        if action == "COPY in":
            client.copy_in(COPY_IN, rows)
            count = len(rows)
        else:
            count = client.query(ACTIONS[action])
        took = time.monotonic() - begun
    if action == "COPY in":
        bed.server.sql("bench", "TRUNCATE sink")
    return count / took / 1e6


def copy_data(count):
    """The rows of pgbench_accounts as CopyData messages, some in each, as libpq's clients send them."""
    lines = [ROW % (number, number % 10) for number in range(count)]
    return b"".join(message(b"d", b"".join(lines[start : start + 80])) for start in range(0, count, 80))
