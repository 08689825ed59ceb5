"""What each application is put through."""

import difflib
import time

from .app import Failed
from .changes import changes_for
from .dump import dump


class Trial:
    """One application on one pair of servers. What it found is in its attributes."""

    def __init__(self, app, servers):
        self._app, self._servers = app, servers
        self.migrations = self.commits = self.objects = None

    def run(self):
        """Raises `Failed`, with the step in its text, at the first thing that is not as it has to be."""
        for step in (self._directly, self._on_main, self._on_a_branch, self._changed_on_a_branch):
            try:
                step()
            except Failed:
                raise
            except Exception as error:
                raise Failed(f"{type(error).__name__}: {error}") from error
        return self

    def _directly(self):
        """Without the proxy: what everything else is compared with."""
        plain = self._servers.create_database(self._database("plain"))
        self._app.migrate("old", plain)
        self._old = dump(plain)
        self._app.migrate("new", plain)
        self._new = dump(plain)
        self.migrations = self._app.migrations(plain)
        self._changes = changes_for(plain)
        plain.run(*self._changes)
        self._changed = dump(plain)

    def _on_main(self):
        self._main = main = self._servers.create_versioned_database(self._database("main"))
        self._app.migrate("old", main)
        self._check(main, self._old, "main, old")
        self._app.migrate("new", main)
        self._check(main, self._new, "main, new")
        self.commits = len(main.rows("PGGIT LOG LIMIT 1000000"))
        self.objects = dict(main.rows("PGGIT STATUS"))["objects"]

    def _on_a_branch(self):
        main = self._servers.create_versioned_database(self._database("branch"))
        self._app.migrate("old", main)
        main.run("PGGIT BRANCH feature")
        feature = main.on("feature")
        self._check(feature, self._old, "branch, old")
        if self._app.needs_rows:
            self._servers.copy_rows(main, "feature")
        self._app.migrate("new", feature)
        self._check(feature, self._new, "branch, new")
        self._check(main, self._old, "main, while the branch is ahead")
        main.run(*self._app.before_merge)
        self._merge(main)
        self._check(main, self._new, "main, merged")
        if self._app.repeatable:
            self._app.migrate("new", main)
            self._check(main, self._new, "main, migrated again after the merge")

    def _changed_on_a_branch(self):
        main = self._main
        main.run("PGGIT BRANCH feature")
        feature = main.on("feature")
        self._check(feature, self._new, "second branch")
        feature.run(*self._changes)
        self._check(feature, self._changed, "second branch, changed")
        self._merge(main)
        self._check(main, self._changed, "main, changes merged")

    def _merge(self, main):
        [answer] = main.rows("PGGIT MERGE feature ALLOW DATA LOSS")
        if answer[0] not in ("fast_forward", "merged"):
            raise Failed(f"the merge ends with {answer}")

    def _check(self, place, expected, what):
        """The dump is the expected one, and the proxy knows of no difference to its head."""
        status = place.rows("PGGIT STATUS")
        # A new branch's objects are made behind it.
        while (state := dict(status)["state"]).startswith("hydrating"):
            time.sleep(0.2)
            status = place.rows("PGGIT STATUS")
        if not state.startswith("clean") or any(item.startswith("not versioned") for item, _ in status):
            raise Failed(f"{what}: {status}")
        found = dump(place)
        if found != expected:
            lines = difflib.unified_diff(_lines(expected), _lines(found), "without the proxy", what, lineterm="", n=2)
            raise Failed("\n".join(lines))

    def _database(self, use):
        return f"{self._app.key}_{use}".replace("-", "_")


def _lines(pieces):
    return [line for piece in pieces for line in piece.splitlines()]
