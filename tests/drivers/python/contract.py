"""How a script says what it sees: one line of JSON for each check."""

import asyncio
import inspect
import json
import os

HOST, PORT, USER = os.environ["PGHOST"], int(os.environ["PGPORT"]), os.environ["PGUSER"]
PASSWORD, DATABASE = os.environ["PGPASSWORD"], os.environ["PGDATABASE"]
OTHER_DATABASE, ROOT_CERTIFICATE = os.environ["OTHER_DATABASE"], os.environ["ROOT_CERTIFICATE"]
# What only the proxy has is checked on `main`.
THROUGH_THE_PROXY = os.environ["TARGET"] == "main"

_checks = []


def check(function):
    """Has a function run whose name is the check's, and whose result is what it saw."""
    _checks.append(function)
    return function


def branch_check(function):
    """The same for what only the proxy has."""
    if THROUGH_THE_PROXY:
        _checks.append(function)
    return function


def absent(reason, *names):
    """The driver has no such thing."""
    for name in names:
        _checks.append((name, reason))


def run(version, connect=None):
    """Runs all of them, each on a connection of its own if there is `connect` to make it."""
    _say({"version": version})
    if connect and inspect.iscoroutinefunction(connect):
        asyncio.run(_run_all_async(connect))
        return
    for one in _checks:
        if isinstance(one, tuple):
            _say({"check": one[0], "outcome": "absent", "detail": one[1]})
            continue
        try:
            if inspect.signature(one).parameters:
                with connect() as connection:
                    seen = one(connection)
            else:
                seen = one()
            _say_seen(one, seen)
        except Exception as error:
            _say_failed(one, error)


async def _run_all_async(connect):
    for one in _checks:
        if isinstance(one, tuple):
            _say({"check": one[0], "outcome": "absent", "detail": one[1]})
            continue
        try:
            if inspect.signature(one).parameters:
                connection = await connect()
                seen = await one(connection)
                await connection.close()
            else:
                seen = await one()
            _say_seen(one, seen)
        except Exception as error:
            _say_failed(one, error)


def _say_seen(one, seen):
    _say({"check": one.__name__, "outcome": "ok", "detail": plain(seen)})


def _say_failed(one, error):
    _say({"check": one.__name__, "outcome": "error", "detail": f"{type(error).__name__}: {error}"})


def plain(value):
    """As JSON has it; what JSON has not, as Python writes it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, str)) else repr(value)


def _say(line):
    print(json.dumps(line, ensure_ascii=False), flush=True)
