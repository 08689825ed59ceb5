"""The servers: a private PostgreSQL, PgBouncer and pgGit in front of it. All on the loopback interface, without passwords."""

import dataclasses
import glob
import os
import shutil
import subprocess
from pathlib import Path

from .process import free_port, give_to_unprivileged, run, start, wait_for, wait_for_port

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"


@dataclasses.dataclass(frozen=True)
class Target:
    """Where a client connects."""

    port: int
    database: str
    # Of the proxy, whose CPU time and memory are looked at.
    pid: int | None = None
    tls: bool = False
    # A proxy in transaction mode knows no prepared statements.
    prepares: bool = True

    def address(self):
        return ["-h", HOST, "-p", str(self.port), "-U", "postgres", self.database]

    def environment(self):
        return {**os.environ, "PGSSLMODE": "require" if self.tls else "disable"}


class Server:
    """A private PostgreSQL. With `tls` it takes connections with TLS as well."""

    def __init__(self, directory, stack, tls=False):
        self.port = free_port(HOST)
        self.certificate, self.key = make_certificate(directory)
        data = directory / "data"
        give_to_unprivileged(directory)
        run([self.program("initdb"), "-D", str(data), "-U", "postgres", "--auth=trust", "-N"], unprivileged=True)
        settings = {
            "listen_addresses": HOST,
            "unix_socket_directories": str(directory),
            "max_connections": 600,
            "shared_buffers": "512MB",
            "max_locks_per_transaction": 256,
            "fsync": "off",
            "full_page_writes": "off",
            "max_wal_size": "4GB",
            "autovacuum": "off",
            "ssl": "on" if tls else "off",
            "ssl_cert_file": str(self.certificate),
            "ssl_key_file": str(self.key),
        }
        arguments = [self.program("postgres"), "-D", str(data), "-p", str(self.port)]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        start(arguments, directory / "postgres.log", stack, unprivileged=True)
        ready = [self.program("pg_isready"), "-q", "-h", HOST, "-p", str(self.port)]
        wait_for(lambda: subprocess.run(ready).returncode == 0)

    @staticmethod
    def program(name):
        installed = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
        return installed[-1] if installed else name

    def target(self, database, tls=False):
        return Target(self.port, database, tls=tls)

    def address(self, database):
        return self.target(database).address()

    def sql(self, database, text):
        return psql(self.target(database), text)


class PgBouncer:
    """On the same terms: no passwords, TCP to the server; with TLS on both hops or on none."""

    def __init__(self, directory, server, stack, mode, tls=False, port=None, connections=400):
        self.port = free_port(HOST)
        self.tls = tls
        self.mode = mode
        name = f"pgbouncer-{self.port}"
        users = directory / f"{name}.users"
        users.write_text('"postgres" ""\n"idle" ""\n')
        config = directory / f"{name}.ini"
        encryption = f"""
client_tls_sslmode = require
client_tls_cert_file = {server.certificate}
client_tls_key_file = {server.key}
server_tls_sslmode = require
"""
        config.write_text(
            f"""[databases]
* = host={HOST} port={port or server.port}
[pgbouncer]
listen_addr = {HOST}
listen_port = {self.port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = {mode}
max_client_conn = {connections}
default_pool_size = {connections}
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
log_stats = 0
{encryption if tls else ""}"""
        )
        give_to_unprivileged(users, config)
        self.pid = start([self.program(), "-q", str(config)], directory / f"{name}.log", stack, unprivileged=True)
        wait_for_port(HOST, self.port)

    @staticmethod
    def program():
        # On some systems it is where only root's PATH leads.
        program = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
        if program is None:
            raise RuntimeError("pgbouncer is missing: run `make bench`, which installs it")
        return program

    def target(self, database):
        return Target(self.port, database, self.pid, self.tls, prepares=self.mode == "session")


class Proxy:
    """pgGit, as built by `make build`."""

    PROGRAM = ROOT / "target/release/pggit"

    def __init__(self, directory, server, stack, tls=False, port=None, connections=1000):
        self.port = free_port(HOST)
        self.tls = tls
        if not self.PROGRAM.exists():
            raise RuntimeError("target/release/pggit is missing: run `make build`")
        config = directory / f"pggit-{self.port}.toml"
        config.write_text(
            f"""listen = ["{HOST}:{self.port}"]
[tls]
mode = "{"require" if tls else "disable"}"
cert = "{server.certificate}"
key = "{server.key}"
[upstream]
url = "postgres://postgres@{HOST}:{port or server.port}/postgres?sslmode={"require" if tls else "disable"}"
[limits]
max_connections = {connections}
"""
        )
        log = directory / f"pggit-{self.port}.log"
        self.pid = start([str(self.PROGRAM), "serve", "--config", str(config)], log, stack)
        wait_for_port(HOST, self.port)

    def target(self, database):
        return Target(self.port, database, self.pid, self.tls)

    def address(self, database):
        return self.target(database).address()

    def sql(self, database, text):
        return psql(self.target(database), text)


def psql(target, text):
    arguments = [Server.program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *target.address(), "-c", text]
    return run(arguments, environment=target.environment())


def make_certificate(directory):
    """A certificate for HOST, signed by itself, and its key."""
    certificate, key = directory / "server.crt", directory / "server.key"
    run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-days", "2", "-subj", "/CN=localhost", "-addext", f"subjectAltName=IP:{HOST}"]
        + ["-keyout", str(key), "-out", str(certificate)]
    )
    key.chmod(0o600)
    give_to_unprivileged(certificate, key)
    return certificate, key
