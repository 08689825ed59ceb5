"""What a driver's script says at each place, and where that differs from what it has to be."""

import json

from .checks import ALL, EXPECTED, KNOWN_DIFFERENCES
from .places import TARGETS


def is_known(key, check, target):
    """Whether a difference is one of those that are explained."""
    return any((key, check, target) in places for places in KNOWN_DIFFERENCES.values())


class Results:
    """Of one driver."""

    def __init__(self, key):
        self._key = key
        self.version = "?"
        self._said = {}
        self._broken = []

    def add(self, target, environment, printed, error):
        """What a run of the script has printed; `error` is why it did not end well."""
        database = environment["PGDATABASE"].partition("@")[0]
        said = self._said[target] = {}
        for line in printed.replace(database, "database").splitlines():
            item = json.loads(line)
            if "version" in item:
                self.version = item["version"]
            elif item["check"] in said or item["check"] not in ALL:
                self._broken.append(f"{target}: {item['check']} is no check, or said twice")
            else:
                said[item["check"]] = (item["outcome"], item["detail"])
        if error:
            self._broken.append(f"{target}: {error}")

    def absent(self):
        """What the driver cannot do, and why."""
        return {check: detail for check, (outcome, detail) in self._said["main"].items() if outcome == "absent"}

    def failures(self):
        """Each in words; there have to be none."""
        if self._broken:
            return self._broken
        failures = []
        for check in ALL:
            for target in TARGETS:
                wrong = self._wrong(check, target)
                known = is_known(self._key, check, target)
                if wrong and not known:
                    failures.append(f"{check}, {target}: {wrong}")
                elif known and not wrong:
                    failures.append(f"{check}, {target}: is as it should be now, and listed as a difference")
        return failures

    def _wrong(self, check, target):
        found = self._said[target].get(check)
        if check in EXPECTED:
            if target != "main":
                # Checks of what PostgreSQL does not have start on `main`.
                return found and found[0] != "absent" and "is not to be run here"
            wanted = ("ok", EXPECTED[check])
        else:
            wanted = self._said["direct"].get(check)
        if found is None:
            return "the script says nothing of it"
        if found[0] == "absent" and (target == "direct" or check in EXPECTED or wanted == found):
            return None
        if found[0] == "error":
            return found[1]
        return "".join(f"\n        {each}" for each in _differences(wanted, found))


def _differences(wanted, found, place=""):
    """The first of them, each with its place in the lists."""
    if type(wanted) is type(found) is dict:
        wanted, found = sorted(wanted.items()), sorted(found.items())
    if isinstance(wanted, (list, tuple)) and isinstance(found, (list, tuple)) and len(wanted) == len(found):
        pairs = enumerate(zip(wanted, found))
        return [each for number, pair in pairs for each in _differences(*pair, f"{place}[{number}]")][:5]
    return [] if wanted == found else [f"{place}: {_short(wanted)} has become {_short(found)}"]


def _short(said):
    return json.dumps(said, ensure_ascii=False)[:600]
