"""An application: a folder with `app.toml`, a list of pinned packages, and a script that runs its migrations."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib

FOLDER = pathlib.Path(__file__).resolve().parent.parent


class Failed(Exception):
    """What did not go as it has to."""


class App:
    def __init__(self, directory):
        described = tomllib.loads((directory / "app.toml").read_text())
        self.directory = directory
        self.name = described["name"]
        self.language = described["language"]
        self.tool = described["tool"]
        self._package = described["package"]
        self._ledger = described.get("ledger")
        # Whether running the migrations to a state once more changes nothing.
        self.repeatable = described.get("repeatable", True)
        # Whether its migrations look for rows that earlier ones have made, which a branch starts without.
        self.needs_rows = described.get("needs_rows", False)
        # What has to happen to rows of `main` that what is merged has no room for.
        self.before_merge = described.get("before_merge", [])

    @classmethod
    def all(cls):
        return [cls(path.parent) for path in sorted(FOLDER.glob("*/app.toml"))]

    @property
    def key(self):
        return self.directory.name

    @property
    def version(self):
        if self.language == "Node.js":
            manifest = json.loads((self.directory / "package.json").read_text())
            return manifest["dependencies"][self._package]
        pinned = (self.directory / "requirements.txt").read_text()
        return re.search(rf"^{re.escape(self._package)}==(\S+)", pinned, re.MULTILINE)[1]

    def install(self):
        """Installs its packages beside it, unless they are there and no older than their list."""
        if self.language == "Node.js":
            pinned, folder = "package-lock.json", self.directory / "node_modules"
            commands = [["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]]
        else:
            pinned, folder = "requirements.txt", self.directory / ".venv"
            pip = [folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
            commands = [[sys.executable, "-m", "venv", folder], [*pip, "-r", pinned]]
        installed = folder / "installed"
        if installed.exists() and installed.stat().st_mtime >= (self.directory / pinned).stat().st_mtime:
            return
        for command in commands:
            subprocess.run(command, cwd=self.directory, check=True)
        installed.touch()

    def migrate(self, stage, place):
        """Runs its migrations up to the `old` state, or to the `new` one."""
        if self.language == "Node.js":
            command = ["node", "migrate.mjs"]
        else:
            command = [self.directory / ".venv/bin/python", "-B", "migrate.py"]
        done = subprocess.run(
            [*command, stage],
            cwd=self.directory, env=os.environ | place.environment(escaped=self.language == "Python"),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )
        if done.returncode != 0:
            raise Failed(f"the migrations to the {stage} state fail:\n{done.stdout}{done.stderr}"[-4000:])

    def migrations(self, place):
        """How many migrations its ledger says have been applied; `None` if it keeps no such count."""
        return place.rows(self._ledger)[0][0] if self._ledger else None
