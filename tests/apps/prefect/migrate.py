"""Migrates the server's database to that of Prefect 2.0, or to today's."""

import os
import sys
import tempfile

os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="pggit-prefect-")
os.environ["PREFECT_API_DATABASE_CONNECTION_URL"] = os.environ["DATABASE_URL"].replace("://", "+asyncpg://", 1)
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"

import anyio  # noqa: E402
from prefect.server.database.alembic_commands import alembic_upgrade  # noqa: E402


async def migrate():
    await anyio.to_thread.run_sync(alembic_upgrade, "2d5e000696f1" if sys.argv[1] == "old" else "head")


anyio.run(migrate)
