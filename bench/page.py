"""docs/performance.md: what is measured, and after it what was written by hand and stays."""

import datetime
import os
import platform
import re
from pathlib import Path

from harness import PgBouncer, Proxy, Server, run

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/performance.md"
PLOTS = ROOT / "docs/performance"
# What follows this line is not measured but explained.
BY_HAND = "<!-- Written by hand"


def heading(options):
    version = lambda *command: run(command).strip().splitlines()[0]
    processor = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    return f"""# Performance

Measured by `make bench` (`bench/run`) on {datetime.date.today().isoformat()}: medians of {options.rounds} interleaved rounds of {options.seconds} seconds.

- {os.cpu_count()} × {processor[1] if processor else platform.machine()}, {memory:.0f} GiB, Linux {platform.release()}; clients, proxies and server share them
- {version(Server.program("postgres"), "--version")}, fsync off
- {version(PgBouncer.program(), "--version")}
- {version(str(Proxy.PROGRAM), "--version")}"""


def table(columns, rows, left=0):
    """A Markdown table; the first `left` columns are text."""
    rule = ["---" if at < left else "---:" for at in range(len(columns))]
    return "\n".join(
        ["| " + " | ".join(columns) + " |", "|" + "|".join(rule) + "|", *("| " + " | ".join(row) + " |" for row in rows)]
    )


def write(sections):
    _, marker, by_hand = PAGE.read_text().partition(BY_HAND)
    PAGE.write_text("\n\n".join(sections) + "\n\n" + marker + by_hand)
