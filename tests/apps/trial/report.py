"""The table of results, in a page of the documentation."""

import re

_TABLE = re.compile(r"(?m)^\| application .*\n(?:\|.*\n)*")
_HEAD = """\
| application | version | language | migrations by | applied | commits | objects | result |
|---|---|---|---|--:|--:|--:|---|
"""


def report(path, results):
    lines = [
        f"| {app.name} | {app.version} | {app.language} | {app.tool} | {trial.migrations or ''} | {trial.commits or ''}"
        f" | {trial.objects or ''} | {outcome.splitlines()[0]} |\n"
        for app, trial, outcome in results
    ]
    with open(path) as page:
        text = page.read()
    with open(path, "w") as page:
        page.write(_TABLE.sub(lambda _: _HEAD + "".join(lines), text, count=1))
