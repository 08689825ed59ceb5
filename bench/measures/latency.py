"""What the proxies add to the time that a transaction takes, at a rate that leaves them time to spare."""

import statistics

import plot
from harness import note, pgbench, rotated
from page import table

CLIENTS = 10
RATE = 2000
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}


def measure(options, bed):
    cases = {
        "direct": bed.server.target("bench"),
        "PgBouncer": bed.bouncer.target("bench"),
        "main": bed.proxy.target("bench"),
        "branch": bed.proxy.target("bench@feature"),
    }
    found = {}
    for number in range(options.rounds):
        for mode in options.modes:
            for name in rotated(cases, number):
                arguments = ["-S", "-M", mode, "-c", str(CLIENTS), "-j", "2", "-T", str(2 * options.seconds), "-R", str(RATE)]
                # Connecting disturbs the first ones.
                times = sorted(pgbench.durations(cases[name], arguments)[RATE // 10 :])
                for label, quantile in QUANTILES.items():
                    at = min(int(quantile * len(times)), len(times) - 1)
                    found.setdefault((mode, name, label), []).append(times[at])
                note(f"round {number + 1}: latency, {mode} {name}: median {statistics.median(times)} µs")
    median = lambda *key: statistics.median(found[key])
    added = lambda mode, name, label: median(mode, name, label) - median(mode, "direct", label)
    proxies = [name for name in cases if name != "direct"]
    rows = [
        [mode, label, f"{median(mode, 'direct', label):,.0f}", *(f"{added(mode, name, label):,.0f}" for name in proxies)]
        for mode in options.modes
        for label in QUANTILES
    ]
    groups = [f"{mode} {label}" for mode in options.modes for label in QUANTILES]
    values = {name: [added(mode, name, label) for mode in options.modes for label in QUANTILES] for name in proxies}
    plot.bars(options.plots / "latency.svg", "Microseconds added to a transaction", groups, values)
    return "\n\n".join(
        [
            "## Latency",
            f"Microseconds of a transaction (`pgbench -S -R {RATE:,}`, {CLIENTS} clients), and how many more each proxy makes of them. What a\n"
            "transaction waits because pgbench is late is part of it.",
            table(["mode", "quantile", "direct", *(f"{name} adds" for name in proxies)], rows, left=2),
            plot.image("latency", "Added latency"),
        ]
    )
