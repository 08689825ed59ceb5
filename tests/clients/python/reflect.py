"""Prints what SQLAlchemy and Django find in a database: `reflect.py URL`."""

import sys
import warnings

import django
import sqlalchemy as sa
from django.conf import settings
from django.core.management import call_command
from django.db import connection

warnings.simplefilter("ignore")
url = sa.make_url(sys.argv[1]).set(drivername="postgresql+psycopg")

engine = sa.create_engine(url)
found = sa.inspect(engine)
print(sorted(found.get_schema_names()), found.default_schema_name)
for schema in (None, "public", "shop"):
    print("schema", schema, found.has_table("users", schema), found.has_table("orders", schema))
    print(sorted(found.get_sequence_names(schema)), found.get_enums(schema), found.get_domains(schema))
    for table in sorted(found.get_table_names(schema)):
        print("table", table, found.get_table_comment(table, schema))
        print(found.get_columns(table, schema), found.get_pk_constraint(table, schema))
        print(found.get_foreign_keys(table, schema), found.get_indexes(table, schema))
        print(found.get_check_constraints(table, schema), found.get_unique_constraints(table, schema))
    for view in sorted(found.get_view_names(schema) + found.get_materialized_view_names(schema)):
        print("view", view, found.get_view_definition(view, schema), found.get_columns(view, schema))
metadata = sa.MetaData()
metadata.reflect(engine, schema="shop")
print(sorted(metadata.tables))

settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": url.host,
            "PORT": url.port,
            "USER": url.username,
            "NAME": url.database,
        }
    }
)
django.setup()
call_command("inspectdb", include_views=True, include_partitions=True)
with connection.cursor() as cursor:
    for table in sorted(info.name for info in connection.introspection.get_table_list(cursor)):
        print(table, connection.introspection.get_constraints(cursor, table))
        print(connection.introspection.get_sequences(cursor, table))
