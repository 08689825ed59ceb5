"""The tables of results, in a page of the documentation."""

from .checks import CHECKS, KNOWN_DIFFERENCES
from .compare import is_known

_BEGIN = "<!-- from here on written by `make test-drivers` -->\n"


def write(path, all_results, server_version):
    """Replaces what follows the marker."""
    with open(path) as page:
        text = page.read().partition(_BEGIN)[0]
    with open(path, "w") as page:
        page.write(text + _BEGIN + "\n" + "\n".join(_lines(all_results, server_version)) + "\n")


def _lines(all_results, server_version):
    drivers = list(all_results)
    yield f"PostgreSQL {server_version}; " + ", ".join(f"{driver.name} {all_results[driver].version}" for driver in drivers) + "."
    yield ""
    yield "| | " + " | ".join(driver.name for driver in drivers) + " |"
    yield "|---|" + ":-:|" * len(drivers)
    for area, checks in CHECKS.items():
        yield f"| **{area}** |" + " |" * len(drivers)
        for check, title in checks.items():
            yield f"| {title} | " + " | ".join(_cell(all_results[driver], driver, check) for driver in drivers) + " |"
    yield ""
    yield "What a driver does not have:"
    yield ""
    for driver in drivers:
        reasons = {}
        for check, reason in all_results[driver].absent().items():
            reasons.setdefault(reason, []).append(f"`{check}`")
        if reasons:
            yield f"- {driver.name}: " + "; ".join(f"{reason} ({', '.join(checks)})" for reason, checks in reasons.items())
    yield ""
    yield "What differs:"
    yield ""
    names = {driver.key: driver.name for driver in drivers}
    for reason, places in KNOWN_DIFFERENCES.items():
        where = dict.fromkeys(f"{names[key]} (`{check}`)" for key, check, _ in places)
        yield f"- {reason} Seen by {', '.join(where)}."


def _cell(results, driver, check):
    if check in results.absent():
        return "—"
    return "≠" if any(is_known(driver.key, check, target) for target in ("main", "branch")) else "✓"
