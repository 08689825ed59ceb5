"""Migrates the tracking store to what it was before traces, or to today's."""

import os
import sys

import sqlalchemy
from alembic import command
from mlflow.store.db import utils
from mlflow.store.tracking.dbmodels.initial_models import Base

BEFORE_TRACES = "acf3f17fdcc7"

engine = sqlalchemy.create_engine(os.environ["DATABASE_URL"].replace("://", "+psycopg2://", 1))
config = utils._get_alembic_config(engine.url.render_as_string(hide_password=False))

if sys.argv[1] == "old":
    Base.metadata.create_all(engine)
    command.upgrade(config, BEFORE_TRACES)
else:
    command.upgrade(config, "heads")
