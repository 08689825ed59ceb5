"""Servers with passwords and TLS, and the databases in which the checks run."""

import os
import subprocess
import time

import psycopg
from servers import OWNER, Servers

from .drivers import FOLDER

PASSWORD = "pass word's"
TARGETS = ("direct", "main", "branch")

_HBA = """\
local all all      trust
host  all postgres 127.0.0.1/32 trust
host  all all      127.0.0.1/32 scram-sha-256
"""


class SecureServers(Servers):
    """PostgreSQL and the proxy with one certificate, for a role with a password."""

    postgres_arguments = ("-c", "ssl=on", "-c", "ssl_cert_file=cert.pem", "-c", "ssl_key_file=key.pem")

    def prepare(self, data):
        self.certificate, key = os.path.join(data, "cert.pem"), os.path.join(data, "key.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
            + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:false"]
            + ["-keyout", key, "-out", self.certificate],
            check=True, capture_output=True,
        )
        for path in (self.certificate, key):
            self.give_to_server(path)
        with open(os.path.join(data, "pg_hba.conf"), "w") as file:
            file.write(_HBA)
        config = os.path.join(data, "pggit.toml")
        with open(config, "w") as file:
            file.write(f"[tls]\nmode = 'allow'\ncert = '{self.certificate}'\nkey = '{key}'\n")
        self.pggit_arguments = ("--config", config)

    def place(self, name, target):
        """The environment of a script in a new database of its own."""
        self.administer(f"ALTER ROLE {OWNER} PASSWORD '{PASSWORD.replace(chr(39), 2 * chr(39))}'")
        self.create_database(name)
        port = self.port if target == "direct" else self.proxy_port
        if target != "direct":
            with _connect(port, "postgres", name) as connection:
                connection.execute("PGGIT INIT")
        with _connect(port, OWNER, name) as connection:
            connection.execute((FOLDER / "schema.sql").read_text())
            if target != "direct":
                connection.execute("PGGIT BRANCH other")
                connection.execute("SET pggit.branch = other")
                connection.execute("INSERT INTO place VALUES ('other')")
        if target == "branch":
            with _connect(port, OWNER, name) as connection:
                connection.execute("PGGIT BRANCH feature")
            name += "@feature"
        with _connect(port, OWNER, name) as connection:
            connection.execute((FOLDER / "rows.sql").read_text())
            # A new branch's objects are made behind it.
            while target != "direct" and _hydrates(connection):
                time.sleep(0.05)
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "PGUSER": OWNER,
            "PGPASSWORD": PASSWORD,
            "PGDATABASE": name,
            "ROOT_CERTIFICATE": self.certificate,
            "TARGET": target,
            "OTHER_DATABASE": f"{name.partition('@')[0]}@other",
        }


def _connect(port, user, database):
    return psycopg.connect(
        host="127.0.0.1", port=port, user=user, password=PASSWORD, dbname=database, autocommit=True
    )


def _hydrates(connection):
    return any(row[0].startswith("hydrating") for row in connection.execute("SELECT state FROM pggit.branches"))
