"""Usage: python -m conformance [--pggit PROGRAM] [--write FILE] [DRIVER…]"""

import argparse
import os
import sys
import time

from .compare import Results
from .drivers import DRIVERS, FOLDER, run
from .matrix import write
from .places import TARGETS, SecureServers


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pggit", default=FOLDER.parent.parent / "target/debug/pggit", help="the program to try")
    arguments.add_argument("--write", metavar="FILE", help="a page whose table of results is to be replaced")
    arguments.add_argument("driver", nargs="*", choices=[[], *(driver.key for driver in DRIVERS)])
    chosen = arguments.parse_args()
    drivers = [driver for driver in DRIVERS if not chosen.driver or driver.key in chosen.driver]
    all_results = {}
    with SecureServers(os.path.abspath(chosen.pggit)) as servers:
        for driver in drivers:
            started, results = time.monotonic(), Results(driver.key)
            for target in TARGETS:
                environment = servers.place(f"{driver.key}_{target}", target)
                results.add(target, environment, *run(driver, environment))
            failures = results.failures()
            said = "".join(f"\n    {failure}" for failure in failures) or "ok"
            print(f"{driver.name} {results.version}: {said} ({time.monotonic() - started:.0f} s)", flush=True)
            all_results[driver] = results
        server_version = servers.version()
    failed = any(results.failures() for results in all_results.values())
    if chosen.write and not failed:
        write(chosen.write, all_results, server_version)
    return failed


sys.exit(main())
