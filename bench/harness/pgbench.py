"""pgbench: how fast it is over a target, and how long each transaction takes."""

import glob
import os
import re
import tempfile
from pathlib import Path

from .process import run
from .servers import Server

SELECT = ["-S"]


def throughput(target, workload, mode, clients, seconds, connect=False):
    """Transactions per second without the time to connect, and how many there were; with `connect`, each has a connection of its own."""
    threads = min(clients, os.cpu_count() or 1)
    arguments = ["-n", "-M", mode, "-c", str(clients), "-j", str(threads), "-T", str(seconds)]
    output = pgbench(target, [*workload, *arguments, *(["-C"] if connect else [])])
    rate = re.search(r"tps = ([\d.]+) \((?:without initial|including reconnection)", output)
    transactions = re.search(r"actually processed: (\d+)", output)
    return float(rate[1]), int(transactions[1])


def durations(target, arguments):
    """The microseconds that each transaction took, in the order in which they ended in each thread."""
    with tempfile.TemporaryDirectory(prefix="pggit-bench-log-") as directory:
        pgbench(target, [*arguments, "-n", "-l", f"--log-prefix={directory}/log"])
        logs = [Path(name).read_text() for name in sorted(glob.glob(f"{directory}/log.*"))]
        return [int(line.split(" ", 3)[2]) for log in logs for line in log.splitlines()]


def pgbench(target, arguments):
    return run([Server.program("pgbench"), *arguments, *target.address()], environment=target.environment())
