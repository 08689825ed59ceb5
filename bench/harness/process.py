"""Programs: how they are started and stopped, and what they use."""

import contextlib
import os
import pwd
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def run(arguments, unprivileged=False, environment=None):
    """Runs a program to its end and gives what it printed."""
    done = subprocess.run(
        arguments, cwd="/", capture_output=True, text=True, env=environment, **as_user(unprivileged)
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def start(arguments, log, stack, unprivileged=False):
    """Starts a program that is stopped at the end; gives its process id."""
    with open(log, "w") as output:
        process = subprocess.Popen(
            arguments, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, **as_user(unprivileged)
        )

    def stop():
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(stop)
    return process.pid


def unprivileged_user():
    """Whom PostgreSQL and PgBouncer run as: neither accepts root."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else None


def give_to_unprivileged(*paths):
    user = unprivileged_user()
    for path in paths if user else ():
        os.chown(path, user.pw_uid, user.pw_gid)


def as_user(unprivileged):
    user = unprivileged_user() if unprivileged else None
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def cpu_seconds(pid):
    """User and system time of a process so far; 0 if there is none."""
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def proportional_memory(pid):
    """Bytes that a process has in memory, what it shares counted in part (PSS)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s*(\d+)", rollup, re.MULTILINE)[1]) * 1024


def free_port(host):
    with socket.create_server((host, 0)) as listener:
        return listener.getsockname()[1]


def wait_for_port(host, port):
    def listening():
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
            return True
        return False

    wait_for(listening)


def wait_for(probe):
    deadline = time.monotonic() + 60
    while not probe():
        if time.monotonic() > deadline:
            raise RuntimeError("a server did not start")
        time.sleep(0.05)


def note(text):
    print(text, file=sys.stderr, flush=True)


def rotated(names, number):
    """The names in another order each round, so that none always follows the same one."""
    names = list(names)
    shift = number % len(names)
    return names[shift:] + names[:shift]
