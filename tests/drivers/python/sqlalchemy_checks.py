"""What SQLAlchemy sees, with psycopg beneath it. What it leaves to the driver is checked there."""

import sqlalchemy as sa
from contract import (
    DATABASE, HOST, OTHER_DATABASE, PASSWORD, PORT, ROOT_CERTIFICATE, USER, absent, branch_check, check, plain, run,
)
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.automap import automap_base


def engine(database=DATABASE, execution_options=None, password=PASSWORD, **query):
    url = sa.URL.create("postgresql+psycopg", USER, password, HOST, PORT, database, {"sslmode": "disable"} | query)
    return sa.create_engine(url, execution_options=execution_options or {})


def connect():
    return engine().connect()


def rows(result):
    return [tuple(row) for row in result]


def error_of(action, *arguments):
    try:
        action(*arguments)
    except DBAPIError as error:
        diag = error.orig.diag
        return [type(error).__name__, diag.sqlstate, diag.message_primary, diag.statement_position, diag.schema_name, diag.table_name, diag.constraint_name]
    return "no error"


def _connect(connection):
    return [rows(connection.execute(sa.text("SELECT current_user"))), connection.dialect.server_version_info, connection.dialect._backslash_escapes]


_connect.__name__ = "connect"
check(_connect)


@check
def tls():
    with engine(sslmode="verify-full", sslrootcert=ROOT_CERTIFICATE).connect() as connection:
        return [connection.connection.driver_connection.info.pgconn.ssl_in_use, rows(connection.execute(sa.text("SELECT current_user")))]


@check
def refused():
    seen = []
    for words in ({"password": "wrong"}, {"database": "nowhere"}):
        try:
            engine(**words).connect()
        except DBAPIError as error:
            seen.append(str(error.orig).partition("FATAL")[2])
    return seen


def everything(connection):
    table = sa.Table("everything", sa.MetaData(), autoload_with=connection)
    return [[(column.name, str(column.type)) for column in table.columns], rows(connection.execute(sa.select(table).order_by(table.c.id)))]


types_text = check(everything)
types_text.__name__ = "types_text"
absent("left to the driver", "types_binary", "pipeline", "copy_in", "copy_out", "copy_error", "notify", "notice", "cancel", "large_object")


class Base(orm.DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "person"
    id: orm.Mapped[int] = orm.mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    name: orm.Mapped[str]
    email: orm.Mapped[str | None]
    age: orm.Mapped[int | None]
    boss: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("person.id"))
    staff: orm.Mapped[list["Person"]] = orm.relationship()


@check
def parameters(connection):
    with orm.Session(connection) as session:
        boss = Person(id=100, name="Grüße", age=50, staff=[Person(id=101 + n, name=f"n{n}") for n in range(30)])
        session.add(boss)
        session.flush()
        found = session.scalars(sa.select(Person).where(Person.id >= 100).options(orm.selectinload(Person.staff)).order_by(Person.id)).all()
        seen = [len(found), len(found[0].staff), found[0].name]
        seen.append(rows(session.execute(
            postgresql.insert(Person).values(id=100, name="again").on_conflict_do_update(index_elements=["id"], set_={"name": "again"}).returning(Person.name)
        )))
        seen.append(rows(session.execute(sa.insert(Person).returning(Person.name, sort_by_parameter_order=True), [{"id": 200 + n, "name": f"many {n}"} for n in range(1500)]))[-1])
        seen.append(session.execute(sa.update(Person).where(Person.id > 190).values(age=Person.id * 2)).rowcount)
        session.rollback()
    return seen


@check
def prepared(connection):
    text = sa.text("SELECT id FROM growing WHERE id = :id")
    seen = [rows(connection.execute(text, {"id": 1})) for _ in range(8)]
    star = sa.text("SELECT * FROM growing")
    seen += [rows(connection.execute(star)) for _ in range(8)]
    connection.commit()
    with engine().begin() as other:
        other.execute(sa.text("ALTER TABLE growing ADD COLUMN more text DEFAULT 'x'"))
    seen.append(error_of(connection.execute, star))
    connection.rollback()
    return seen + rows(connection.execute(text, {"id": 1}))


@check
def cursor(connection):
    result = connection.execution_options(stream_results=True, yield_per=100).execute(sa.text("SELECT n FROM number ORDER BY n"))
    return [sum(row[0] for row in part) for part in result.partitions()]


@check
def several(connection):
    connection.exec_driver_sql("INSERT INTO sink VALUES (200, 'x'); INSERT INTO sink VALUES (201, 'y')")
    return rows(connection.execute(sa.text("SELECT count(*) FROM sink")))


@check
def errors(connection):
    seen = []
    for text in (
        "SELECT nothing FROM person", "SELEC 1", "SELECT * FROM nowhere", "SELECT * FROM public.nowhere",
        "INSERT INTO person (name, email) VALUES ('x', 'ada@example.org')", "INSERT INTO public.person (name, age) VALUES ('x', -1)",
        "INSERT INTO person (name) VALUES (NULL)", "INSERT INTO person (name, boss) VALUES ('x', 99)", "SELECT 1/0", "SELECT refuse()",
    ):
        seen.append(error_of(connection.execute, sa.text(text)))
        connection.rollback()
    return seen


@check
def transaction(connection):
    seen = []
    connection.execute(sa.text("INSERT INTO sink VALUES (2000, 'committed')"))
    connection.commit()
    connection.execute(sa.text("INSERT INTO sink VALUES (2001, 'rolled back')"))
    connection.rollback()
    seen += [error_of(connection.execute, sa.text("SELECT 1/0")), error_of(connection.execute, sa.text("SELECT 1"))]
    connection.rollback()
    Base.metadata.create_all(connection)
    sa.MetaData().create_all(connection)
    made = sa.Table("made_here", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", sa.DateTime, index=True))
    made.create(connection)
    connection.execute(made.insert(), [{"id": n} for n in range(3)])
    seen.append(rows(connection.execute(sa.select(made.c.id))))
    connection.rollback()
    seen.append(sa.inspect(connection).has_table("made_here"))
    return seen + rows(connection.execute(sa.text("SELECT id FROM sink WHERE id BETWEEN 2000 AND 2099")))


@check
def savepoint(connection):
    connection.execute(sa.text("INSERT INTO sink VALUES (2100, 'outer')"))
    inner = connection.begin_nested()
    connection.execute(sa.text("INSERT INTO sink VALUES (2101, 'inner')"))
    seen = [error_of(connection.execute, sa.text("SELECT 1/0"))]
    inner.rollback()
    with connection.begin_nested():
        connection.execute(sa.text("INSERT INTO sink VALUES (2102, 'inner')"))
    connection.commit()
    return seen + rows(connection.execute(sa.text("SELECT id FROM sink WHERE id BETWEEN 2100 AND 2199 ORDER BY id")))


@check
def isolation():
    with engine().connect() as one, engine().connect() as two:
        one, two = (each.execution_options(isolation_level="SERIALIZABLE") for each in (one, two))
        for each in (one, two):
            each.execute(sa.text("SELECT sum(n) FROM number"))
        one.execute(sa.text("INSERT INTO number VALUES (5001)"))
        two.execute(sa.text("INSERT INTO number VALUES (5002)"))
        one.commit()
        seen = [error_of(two.commit)]
        two.rollback()
        two.execute(sa.text("DELETE FROM number WHERE n > 1000"))
        two.commit()
    with engine(execution_options={"isolation_level": "AUTOCOMMIT", "postgresql_readonly": True}).connect() as reader:
        return seen + [error_of(reader.execute, sa.text("INSERT INTO number VALUES (5003)")), reader.get_isolation_level()]


def reflected(connection, schema=None):
    inspector = sa.inspect(connection)
    seen = [sorted(inspector.get_table_names(schema)), sorted(inspector.get_view_names(schema)), [enum["name"] for enum in inspector.get_enums(schema)]]
    for table in ("person", "everything", "adult"):
        seen.append([
            [(column["name"], str(column["type"]), column["nullable"], column["default"], column.get("identity") is not None) for column in inspector.get_columns(table, schema)],
            inspector.get_pk_constraint(table, schema), inspector.get_foreign_keys(table, schema), inspector.get_unique_constraints(table, schema),
            inspector.get_check_constraints(table, schema), inspector.get_indexes(table, schema),
        ])
    seen += [inspector.get_table_comment("person", schema), inspector.get_view_definition("adult", schema), inspector.has_table("person", schema)]
    return seen


@check
def introspection(connection):
    inspector = sa.inspect(connection)
    automap = automap_base()
    automap.prepare(connection)
    schemas = [name for name in inspector.get_schema_names() if not name.startswith("pggit")]
    return [
        inspector.default_schema_name, sorted(schemas), reflected(connection), plain(reflected(connection, "public")),
        sorted(automap.classes.keys()), sorted(automap.metadata.tables["person"].columns.keys()),
    ]


def where(connection):
    return connection.scalar(sa.text("SELECT name FROM place"))


@branch_check
def branch_in_database():
    with engine(OTHER_DATABASE).connect() as connection:
        return [connection.scalar(sa.text("SHOW pggit.branch")), where(connection)]


@branch_check
def branch_in_options():
    with engine(options="-c pggit.branch=other").connect() as connection:
        return [connection.scalar(sa.text("SHOW pggit.branch")), where(connection)]


@branch_check
def branch_switch(connection):
    seen = [where(connection)]
    connection.execute(sa.text("SET pggit.branch = 'other'"))
    seen.append(where(connection))
    connection.rollback()
    seen.append(where(connection))
    connection.execute(sa.text("SET LOCAL pggit.branch = 'other'"))
    seen.append(where(connection))
    connection.commit()
    return seen + [where(connection)]


@branch_check
def prepared_across_switch(connection):
    seen = []
    for branch in ("main", "other", "main"):
        connection.execute(sa.text(f"SET pggit.branch = '{branch}'"))
        found = {where(connection) for _ in range(8)}
        seen += found
    return seen


def listed(result):
    return sorted((row.branch, row.current) for row in result)


def autocommitting():
    return engine(execution_options={"isolation_level": "AUTOCOMMIT"}).connect()


absent("left to the driver", "pggit_simple")


@branch_check
def pggit_extended(connection):
    return listed(connection.execute(sa.text("PGGIT BRANCH")))


@branch_check
def pggit_prepared(connection):
    seen = [listed(connection.execute(sa.text("PGGIT BRANCH"))) for _ in range(8)]
    return [seen[0], seen[-1]]


@branch_check
def pggit_error():
    with autocommitting() as connection:
        seen = [error_of(connection.execute, sa.text(text)) for text in ("PGGIT CHECKOUT nowhere", "PGGIT CHECKOUT")]
    assert seen[1][3], seen
    with connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        seen.append(error_of(connection.execute, sa.text("PGGIT BRANCH inside")))
    return [error[1] for error in seen]


@branch_check
def ddl_commit():
    with autocommitting() as connection:
        connection.execute(sa.schema.CreateTable(sa.Table("made", sa.MetaData(), sa.Column("id", sa.Integer))))
        return [row.message for row in connection.execute(sa.text("PGGIT LOG LIMIT 1"))]


@branch_check
def ddl_transaction(connection):
    def commits():
        return len(connection.execute(sa.text("PGGIT LOG LIMIT 1000")).all())
    metadata = sa.MetaData()
    one = sa.Table("in_one", metadata, sa.Column("id", sa.Integer, primary_key=True))
    sa.Table("in_two", metadata, sa.Column("id", sa.ForeignKey(one.c.id)))
    before = commits()
    metadata.create_all(connection)
    connection.commit()
    between = commits()
    metadata.drop_all(connection)
    connection.rollback()
    return [between - before, commits() - between]


run(sa.__version__, connect)
