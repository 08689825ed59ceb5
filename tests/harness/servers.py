"""A private PostgreSQL server with the proxy in front of it, for what is run by Python."""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import psycopg

OWNER = "app"


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program_directory():
    """Where `initdb` and `postgres` are: `PGGIT_TEST_PG_BIN`, else the newest that the system has."""
    chosen = os.environ.get("PGGIT_TEST_PG_BIN")
    if chosen:
        return chosen
    packaged = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if packaged:
        return os.path.dirname(max(packaged, key=lambda path: int(path.split("/")[-3])))
    return os.path.dirname(shutil.which("initdb") or "")


class Servers:
    """Both programs, for the time of a `with`."""

    # Further arguments for each.
    postgres_arguments = ()
    pggit_arguments = ()

    def __init__(self, pggit):
        self._pggit = pggit
        # PostgreSQL refuses to run as root.
        self._user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None

    def __enter__(self):
        # Who is told to end leaves no servers behind.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        self._directory = tempfile.mkdtemp(prefix="pggit-test-")
        self.give_to_server(self._directory)
        data = os.path.join(self._directory, "data")
        self._server_program(
            "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"
        ).wait()
        self.prepare(data)
        self.port, self.proxy_port = _free_port(), _free_port()
        self._postgres = self._server_program(
            *("postgres", "-D", data, "-k", self._directory, "-p", str(self.port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200"),
            *self.postgres_arguments,
        )
        self._wait_for(self.port, self._postgres)
        self.administer(f"CREATE ROLE {OWNER} LOGIN")
        with open(self.log_path("pggit"), "w") as log:
            self._proxy = subprocess.Popen(
                [self._pggit, "serve", "--listen", f"127.0.0.1:{self.proxy_port}"]
                + ["--upstream", f"postgres://postgres@127.0.0.1:{self.port}", *self.pggit_arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            )
        self._wait_for(self.proxy_port, self._proxy)
        return self

    def __exit__(self, *_):
        for program in (self._proxy, self._postgres):
            program.send_signal(signal.SIGINT)
        for program in (self._proxy, self._postgres):
            program.wait()
        shutil.rmtree(self._directory)

    def prepare(self, data):
        """What is to be done to the data directory before the server starts."""

    def give_to_server(self, path):
        """Makes a file or a directory belong to whom the server runs as."""
        if self._user:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def log_path(self, program):
        return os.path.join(self._directory, f"{program}.log")

    def _server_program(self, name, *arguments):
        with open(self.log_path("postgres"), "a") as log:
            return subprocess.Popen(
                [os.path.join(program_directory(), name), *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                user=self._user and self._user.pw_uid, group=self._user and self._user.pw_gid,
            )

    def _wait_for(self, port, program):
        while program.poll() is None:
            try:
                return psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise RuntimeError(f"{program.args[0]} does not start, see {self._directory}")

    def administer(self, statement):
        """Runs a statement as superuser, past the proxy."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def version(self):
        """The server's, as it says itself."""
        with psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", dbname="postgres") as connection:
            return connection.info.parameter_status("server_version").partition(" ")[0]

    def create_database(self, name):
        """A database of the application's role, under no version control. Gives the way there, past the proxy."""
        self.administer(f"CREATE DATABASE {name} OWNER {OWNER}")
        return Place(self.port, self.port, name)

    def create_versioned_database(self, name):
        """A database under version control. Gives the way there, through the proxy."""
        self.create_database(name)
        with psycopg.connect(
            host="127.0.0.1", port=self.proxy_port, user="postgres", dbname=name, autocommit=True
        ) as connection:
            connection.execute("PGGIT INIT")
        return Place(self.proxy_port, self.port, name)

    def copy_rows(self, main, branch):
        """Gives a branch the rows of `main`."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname=main.database, autocommit=True
        ) as connection:
            connection.execute("SET session_replication_role = replica")
            for source, target in connection.execute(_PAIRS, [branch, "r"]).fetchall():
                connection.execute(f"DELETE FROM {target}")
                connection.execute(f"INSERT INTO {target} OVERRIDING SYSTEM VALUE SELECT * FROM {source}")
            for source, target in connection.execute(_PAIRS, [branch, "S"]).fetchall():
                connection.execute(f"SELECT setval('{target}', last_value, is_called) FROM {source}")


_PAIRS = """
SELECT format('%%I.%%I', s.logical, c.relname), format('%%I.%%I', s.physical, c.relname)
FROM pggit.branch AS b
  JOIN pggit.branch_schema AS s ON s.branch_id = b.id
  JOIN pg_namespace AS n ON n.nspname = s.physical
  JOIN pg_class AS c ON c.relnamespace = n.oid
WHERE b.name = %s AND c.relkind = %s
"""


class Place:
    """A database, or a branch of one, as its owner sees it."""

    def __init__(self, port, server_port, database, branch=None):
        self.port, self._server_port, self.database, self.branch = port, server_port, database, branch

    def on(self, branch):
        return Place(self.port, self._server_port, self.database, branch)

    @property
    def past_the_proxy(self):
        return Place(self._server_port, self._server_port, self.database)

    @property
    def name(self):
        return f"{self.database}@{self.branch}" if self.branch else self.database

    def connect(self):
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=OWNER, dbname=self.name, autocommit=True
        )

    def run(self, *statements):
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, statement, parameters=None):
        with self.connect() as connection:
            return connection.execute(statement, parameters).fetchall()

    def environment(self, escaped):
        """What a migration tool finds its database by. Some clients want an `@` in its name escaped in a URL, some plain."""
        name = self.name.replace("@", "%40") if escaped else self.name
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": OWNER,
            "PGDATABASE": self.name,
            "DATABASE_URL": f"postgresql://{OWNER}@127.0.0.1:{self.port}/{name}",
        }
