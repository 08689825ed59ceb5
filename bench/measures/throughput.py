"""Transactions per second of `pgbench`, and the CPU time of the proxies."""

import statistics
import tempfile
from pathlib import Path

import plot
from harness import cpu_seconds, note, pgbench, rotated
from page import table

# Names that are spliced, and in simple mode another literal each time.
NAMES = "\\set aid random(1, 100000 * :scale)\nSELECT abalance FROM public.pgbench_accounts WHERE aid = :aid;\n"
# In simple mode a text that has never been seen.
TEXTS = "\\set n random(1, 9000000000000)\nSELECT abalance AS n:n FROM public.pgbench_accounts WHERE aid = 1;\n"

EXPLANATION = """Transactions per second of `pgbench -S -n` over

- the server itself,
- PgBouncer in session mode, and in transaction mode, which knows no prepared statements in this version,
- pgGit on `main`,
- pgGit on a branch with the same rows,
- the same branch, with the schema's name in the statement, so that it has to be replaced (`names`); in simple mode each text has another literal,
- the same branch with a text that has never been seen before, in simple mode (`new texts`): each is parsed."""


def measure(options, bed):
    with tempfile.TemporaryDirectory(prefix="pggit-bench-scripts-") as directory:
        scripts = {name: Path(directory) / name for name in ("names", "texts")}
        scripts["names"].write_text(NAMES)
        scripts["texts"].write_text(TEXTS)
        named, new = (["-f", str(script), "-s", str(options.scale)] for script in scripts.values())
        bouncer, pooler, branch = bed.bouncer.target("bench"), bed.pooler.target("bench"), bed.proxy.target("bench@feature")
        cases = {
            "direct": (bed.server.target("bench"), pgbench.SELECT),
            "PgBouncer": (bouncer, pgbench.SELECT),
            "PgBouncer, transactions": (pooler, pgbench.SELECT),
            "main": (bed.proxy.target("bench"), pgbench.SELECT),
            "branch": (branch, pgbench.SELECT),
            "branch, names": (branch, named),
            "branch, new texts": (branch, new),
        }
        cells = [(mode, clients) for mode in options.modes for clients in options.clients]
        rates, costs = sample(options, cases, cells)
    return report(options, cases, cells, rates, costs)


def sample(options, cases, cells):
    """The median rate of each cell and case, and the proxy's CPU seconds per 1,000 transactions; without those that cannot be."""
    rates, costs = {}, {}
    for number in range(options.rounds):
        for mode, clients in cells:
            for name in rotated(cases, number):
                target, workload = cases[name]
                if not applies(target, name, mode):
                    continue
                before = cpu_seconds(target.pid)
                rate, transactions = pgbench.throughput(target, workload, mode, clients, options.seconds)
                used = cpu_seconds(target.pid) - before
                rates.setdefault((mode, clients, name), []).append(rate)
                costs.setdefault((mode, clients, name), []).append(1000 * used / transactions)
                note(f"round {number + 1}: {mode} {clients} {name}: {rate:.0f}/s, {1000 * used / transactions:.4f} s")
    medians = lambda found: {key: statistics.median(values) for key, values in found.items()}
    return medians(rates), medians(costs)



def applies(target, name, mode):
    return (target.prepares or mode != "prepared") and (name != "branch, new texts" or mode == "simple")


def report(options, cases, cells, rates, costs):
    proxies = [name for name in cases if name != "direct"]
    ratio = lambda found, cell, over, under: (
        f"{found[*cell, over] / found[*cell, under]:.2f}" if found.get((*cell, under)) else "–"
    )
    number = lambda found, cell, name, form: format(found[*cell, name], form) if (*cell, name) in found else "–"
    against = [("main", "PgBouncer"), ("branch", "PgBouncer"), ("branch, names", "PgBouncer")]
    rows = lambda found, names, form: [
        [cell[0], f"{cell[1]}"]
        + [number(found, cell, name, form) for name in names]
        + [ratio(found, cell, *pair) for pair in against]
        for cell in cells
    ]
    ratios = [f"{over} ÷ {under}" for over, under in against]
    groups = [f"{mode} {clients}" for mode, clients in cells]
    series = lambda found, names: {name: [found.get((*cell, name)) for cell in cells] for name in names}
    plot.bars(options.plots / "throughput.svg", "Transactions per second", groups, series(rates, list(cases)))
    plot.bars(options.plots / "cpu.svg", "CPU seconds of the proxy per 1,000 transactions", groups, series(costs, proxies))
    return "\n\n".join(
        [
            "## Throughput",
            EXPLANATION,
            table(["mode", "clients", *cases, *ratios], rows(rates, list(cases), ",.0f"), left=1),
            plot.image("throughput", "Transactions per second"),
            "CPU seconds of the proxy per 1,000 transactions.",
            table(["mode", "clients", *proxies, *ratios], rows(costs, proxies, ".4f"), left=1),
            plot.image("cpu", "CPU seconds per 1,000 transactions"),
        ]
    )
