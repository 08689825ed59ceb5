"""Usage: python -m trial [--pggit PROGRAM] [--write FILE] [APPLICATION…]"""

import argparse
import os
import sys
import time

from .app import App, FOLDER, Failed
from .report import report
from servers import Servers
from .trial import Trial


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pggit", default=FOLDER.parent.parent / "target/debug/pggit", help="the program to try")
    arguments.add_argument("--write", metavar="FILE", help="a page whose table of results is to be replaced")
    arguments.add_argument("application", nargs="*", choices=[[], *(app.key for app in App.all())])
    chosen = arguments.parse_args()
    apps = [app for app in App.all() if not chosen.application or app.key in chosen.application]
    failures, results = 0, []
    with Servers(os.path.abspath(chosen.pggit)) as servers:
        for app in apps:
            app.install()
            started, trial, outcome = time.monotonic(), Trial(app, servers), "ok"
            try:
                trial.run()
            except Failed as failure:
                failures, outcome = failures + 1, str(failure)
            print(f"{app.name} {app.version}: {outcome} ({time.monotonic() - started:.0f} s)", flush=True)
            results.append((app, trial, outcome))
    if chosen.write:
        report(chosen.write, results)
    return failures


sys.exit(main())
