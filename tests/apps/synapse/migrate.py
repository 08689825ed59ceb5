"""Prepares the database as the server does when it starts: with the schema of version 80, or of today."""

import os
import sys
import tempfile

from synapse.config.homeserver import HomeServerConfig
from synapse.storage import prepare_database
from synapse.storage.database import make_conn
from synapse.storage.engines import create_engine

SETTINGS = {
    "server_name": "test",
    "report_stats": False,
    "media_store_path": tempfile.gettempdir(),
    "pid_file": os.devnull,
    "signing_key": "ed25519 test AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "macaroon_secret_key": "test",
    "form_secret": "test",
    "database": {
        "name": "psycopg2",
        "args": {
            "host": os.environ["PGHOST"],
            "port": int(os.environ["PGPORT"]),
            "user": os.environ["PGUSER"],
            "dbname": os.environ["PGDATABASE"],
        },
    },
}

if sys.argv[1] == "old":
    prepare_database.SCHEMA_VERSION = 80

config = HomeServerConfig()
config.parse_config_dict(SETTINGS, "", "")
database = config.database.get_single_database()
engine = create_engine(database.config)
with make_conn(db_config=database, engine=engine, default_txn_name="migrate", server_name="test") as connection:
    prepare_database.prepare_database(connection, engine, config=config)
    connection.commit()
