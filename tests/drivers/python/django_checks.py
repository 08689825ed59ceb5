"""What Django sees, with psycopg beneath it. What it leaves to the driver is checked there."""

import django
from contract import (
    DATABASE, HOST, OTHER_DATABASE, PASSWORD, PORT, ROOT_CERTIFICATE, USER, absent, branch_check, check, run,
)
from django.conf import settings


def database(name=DATABASE, password=PASSWORD, autocommit=True, **options):
    return {
        "ENGINE": "django.db.backends.postgresql", "HOST": HOST, "PORT": PORT, "USER": USER, "PASSWORD": password, "NAME": name,
        "OPTIONS": {"sslmode": "disable", **options}, "AUTOCOMMIT": autocommit,
    }


settings.configure(
    USE_TZ=True,
    DATABASES={
        "default": database(),
        "binding": database(server_side_binding=True),
        "tls": database(sslmode="verify-full", sslrootcert=ROOT_CERTIFICATE),
        "wrong": database(password="wrong"),
        "nowhere": database("nowhere"),
        "serializable": database(isolation_level=4),
        "serializable_too": database(isolation_level=4),
        "other": database(OTHER_DATABASE),
        "optional": database(options="-c pggit.branch=other"),
    },
)
django.setup()

from django.contrib.postgres.fields import ArrayField  # noqa: E402
from django.core.management.color import no_style  # noqa: E402
from django.db import DatabaseError, connections, models, transaction as transactions  # noqa: E402
from django.db.models import F  # noqa: E402


class Person(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.TextField()
    email = models.CharField(max_length=40, null=True, unique=True)
    age = models.IntegerField(null=True)
    boss = models.ForeignKey("self", models.CASCADE, null=True, db_column="boss")

    class Meta:
        app_label, db_table, managed = "conformance", "person", False


class Everything(models.Model):
    id = models.IntegerField(primary_key=True)
    a_bigint = models.BigIntegerField(null=True)
    a_numeric = models.DecimalField(max_digits=30, decimal_places=10, null=True)
    a_double = models.FloatField(null=True)
    a_boolean = models.BooleanField(null=True)
    a_text = models.TextField(null=True)
    a_bytea = models.BinaryField(null=True)
    a_date = models.DateField(null=True)
    a_time = models.TimeField(null=True)
    a_timestamptz = models.DateTimeField(null=True)
    an_interval = models.DurationField(null=True)
    a_uuid = models.UUIDField(null=True)
    a_jsonb = models.JSONField(null=True)
    an_inet = models.GenericIPAddressField(null=True)
    integers = ArrayField(models.IntegerField(), null=True)

    class Meta:
        app_label, db_table, managed = "conformance", "everything", False


class Number(models.Model):
    n = models.IntegerField(primary_key=True)

    class Meta:
        app_label, db_table, managed = "conformance", "number", False


class Made(models.Model):
    name = models.CharField(max_length=20, db_index=True)
    person = models.ForeignKey(Person, models.CASCADE)

    class Meta:
        app_label, db_table = "conformance", "made"


def run_sql(text, parameters=None, using="default"):
    with connections[using].cursor() as cursor:
        cursor.execute(text, parameters)
        return cursor.fetchall() if cursor.description else cursor.statusmessage


def error_of(action, *arguments, **named):
    try:
        action(*arguments, **named)
    except DatabaseError as error:
        diag = error.__cause__.diag
        return [type(error).__name__, diag.sqlstate, diag.message_primary or str(error).partition("FATAL")[2], diag.statement_position,
                diag.schema_name, diag.table_name, diag.constraint_name]
    return "no error"


@check
def connect():
    connection = connections["default"]
    connection.ensure_connection()
    return [run_sql("SELECT current_user"), connection.pg_version, connection.timezone_name, connection.is_usable(), run_sql("SHOW TimeZone")]


@check
def tls():
    return [run_sql("SELECT current_user", using="tls"), connections["tls"].connection.info.pgconn.ssl_in_use]


@check
def refused():
    return [error_of(connections[name].ensure_connection) for name in ("wrong", "nowhere")]


@check
def types_text():
    return [list(Everything.objects.order_by("id").values_list())]


absent("left to the driver", "types_binary")


@check
def parameters():
    seen = []
    for using in ("default", "binding"):
        people = Person.objects.using(using)
        with transactions.atomic(using):
            boss = people.create(id=100, name="Grüße")
            people.bulk_create([Person(id=101 + n, name=f"n{n} %s", boss=boss, age=n) for n in range(200)], batch_size=50)
            seen.append(people.filter(boss__name__startswith="Grü", age__in=[1, 2, 3]).update(age=F("age") * 2))
            seen.append(list(people.filter(boss__id=100, age__gt=195).order_by("id").values_list("name", flat=True)))
            seen.append(list(people.select_related("boss").order_by("-id")[:2].values_list("name", "boss__name")))
            seen.append(people.aggregate(models.Avg("age"), models.Count("id")))
            seen.append([person.id for person in people.bulk_create([Person(id=1, name="again")], update_conflicts=True, unique_fields=["id"], update_fields=["name"])])
            transactions.set_rollback(True, using)
    return seen


@check
def prepared():
    seen = [run_sql("SELECT id FROM growing WHERE id = %s", [1], "binding") for _ in range(8)]
    run_sql("ALTER TABLE growing ADD COLUMN more text DEFAULT 'x'")
    return seen + [run_sql("SELECT * FROM growing WHERE id = %s", [1], "binding") for _ in range(8)]


@check
def cursor():
    seen = [sum(person.n for person in Number.objects.iterator(chunk_size=100))]
    with transactions.atomic():
        seen.append(sum(person.n for person in Number.objects.order_by("-n").iterator(chunk_size=64)))
        running = Number.objects.order_by("n").iterator(chunk_size=10)
        seen.append([next(running).n for _ in range(15)])
        seen.append(Number.objects.count())
        seen.append(next(running).n)
    return seen


@check
def several():
    run_sql("INSERT INTO sink VALUES (200, 'x'); INSERT INTO sink VALUES (201, 'y')")
    return run_sql("SELECT count(*) FROM sink")


absent("left to the driver", "pipeline", "copy_in", "copy_out", "copy_error", "notify", "notice", "cancel", "large_object")


@check
def errors():
    return [error_of(run_sql, text) for text in (
        "SELECT nothing FROM person", "SELEC 1", "SELECT * FROM nowhere", "SELECT * FROM public.nowhere",
        "INSERT INTO person (name, email) VALUES ('x', 'ada@example.org')", "INSERT INTO public.person (name, age) VALUES ('x', -1)",
        "INSERT INTO person (name) VALUES (NULL)", "INSERT INTO person (name, boss) VALUES ('x', 99)", "SELECT 1/0", "SELECT refuse()",
    )] + [error_of(Person.objects.create, name="x", email="ada@example.org"), error_of(Person(id=2, name="x", boss_id=999).save)]


@check
def transaction():
    seen = []
    with transactions.atomic():
        run_sql("INSERT INTO sink VALUES (2000, 'committed')")
        transactions.on_commit(lambda: seen.append("committed"))
    try:
        with transactions.atomic():
            run_sql("INSERT INTO sink VALUES (2001, 'rolled back')")
            seen.append(error_of(run_sql, "SELECT 1/0"))
            run_sql("SELECT 1")
    except DatabaseError as error:
        seen.append(str(error))
    seen.append(run_sql("SELECT id FROM sink WHERE id BETWEEN 2000 AND 2099"))
    with connections["default"].schema_editor() as editor:
        editor.create_model(Made)
    Made.objects.create(name="one", person_id=1)
    seen.append(list(Made.objects.values_list("name", "person__name")))
    with connections["default"].schema_editor() as editor:
        editor.add_field(Made, added("more", models.IntegerField(default=7)))
        editor.alter_field(Made, Made._meta.get_field("name"), added("name", models.CharField(max_length=99)))
    seen.append(run_sql("SELECT more FROM made"))
    with connections["default"].schema_editor() as editor:
        editor.delete_model(Made)
    return seen


def added(name, field):
    field.set_attributes_from_name(name)
    field.model = Made
    return field


@check
def savepoint():
    seen = []
    with transactions.atomic():
        run_sql("INSERT INTO sink VALUES (2100, 'outer')")
        def inner():
            with transactions.atomic():
                run_sql("INSERT INTO sink VALUES (2101, 'inner')")
                run_sql("SELECT 1/0")
        seen.append(error_of(inner))
        with transactions.atomic():
            run_sql("INSERT INTO sink VALUES (2102, 'inner')")
        one = transactions.savepoint()
        run_sql("INSERT INTO sink VALUES (2103, 'inner')")
        transactions.savepoint_rollback(one)
    return seen + [run_sql("SELECT id FROM sink WHERE id BETWEEN 2100 AND 2199 ORDER BY id")]


@check
def isolation():
    one, two = "serializable", "serializable_too"
    def conflicting():
        with transactions.atomic(one):
            run_sql("SELECT sum(n) FROM number", using=one)
            with transactions.atomic(two):
                run_sql("SELECT sum(n) FROM number", using=two)
                run_sql("INSERT INTO number VALUES (5002)", using=two)
            run_sql("INSERT INTO number VALUES (5001)", using=one)
    seen = [run_sql("SHOW transaction_isolation", using=one), error_of(conflicting)]
    with transactions.atomic():
        seen.append(list(Person.objects.select_for_update(skip_locked=True).filter(id=1).values_list("name")))
    run_sql("DELETE FROM number WHERE n > 1000")
    return seen


@check
def introspection():
    connection = connections["default"]
    look = connection.introspection
    with connection.cursor() as cursor:
        seen = [sorted((table.name, table.type, table.comment) for table in look.get_table_list(cursor))]
        for table in ("person", "everything", "adult"):
            seen.append([tuple(column) for column in look.get_table_description(cursor, table)])
            seen += [look.get_relations(cursor, table), look.get_constraints(cursor, table), look.get_sequences(cursor, table)]
            seen.append([look.get_field_type(column.type_code, column) for column in look.get_table_description(cursor, table) if column.type_code in look.data_types_reverse])
        # An OID differs.
        seen = without_oids(seen)
    run_sql(connection.ops.sequence_reset_sql(no_style(), [Person])[0])
    return seen + [Person.objects.create(name="next").id, Person.objects.filter(name="next").delete()]


def without_oids(seen):
    return [[tuple("an OID" if type(item) is int and item > 16383 else item for item in row) if isinstance(row, tuple) else row for row in part]
            if isinstance(part, list) else part for part in seen]


def where(using="default"):
    return run_sql("SELECT name FROM place", using=using)[0][0]


@branch_check
def branch_in_database():
    return [run_sql("SHOW pggit.branch", using="other")[0][0], where("other")]


@branch_check
def branch_in_options():
    return [run_sql("SHOW pggit.branch", using="optional")[0][0], where("optional")]


@branch_check
def branch_switch():
    seen = [where()]
    run_sql("SET pggit.branch = 'other'")
    seen.append(where())
    run_sql("RESET pggit.branch")
    seen.append(where())
    with transactions.atomic():
        run_sql("SET LOCAL pggit.branch = %s", ["other"])
        seen.append(where())
    return seen + [where()]


@branch_check
def prepared_across_switch():
    seen = []
    for branch in ("main", "other", "main"):
        run_sql(f"SET pggit.branch = '{branch}'", using="binding")
        seen += {run_sql("SELECT name FROM place WHERE name <> %s", [""], "binding")[0][0] for _ in range(8)}
    return seen


def listed(rows):
    return sorted(row[:2] for row in rows)


@branch_check
def pggit_simple():
    return listed(run_sql("PGGIT BRANCH"))


@branch_check
def pggit_extended():
    return listed(run_sql("PGGIT BRANCH", using="binding"))


@branch_check
def pggit_prepared():
    seen = [listed(run_sql("PGGIT BRANCH", using="binding")) for _ in range(8)]
    return [seen[0], seen[-1]]


@branch_check
def pggit_error():
    seen = [error_of(run_sql, text) for text in ("PGGIT CHECKOUT nowhere", "PGGIT CHECKOUT")]
    assert seen[1][3], seen
    with transactions.atomic():
        seen.append(error_of(run_sql, "PGGIT BRANCH inside"))
        transactions.set_rollback(True)
    return [error[1] for error in seen]


def messages(limit):
    return [row[4] for row in run_sql(f"PGGIT LOG LIMIT {limit}")]


@branch_check
def ddl_commit():
    run_sql("CREATE TABLE made (id int)")
    seen = messages(1)
    run_sql("DROP TABLE made")
    return seen


@branch_check
def ddl_transaction():
    before = len(messages(1000))
    with connections["default"].schema_editor() as editor:
        editor.create_model(Made)
    between = len(messages(1000))
    with transactions.atomic(), connections["default"].schema_editor() as editor:
        editor.delete_model(Made)
        transactions.set_rollback(True)
    return [between - before, len(messages(1000)) - between]


run(django.get_version())
