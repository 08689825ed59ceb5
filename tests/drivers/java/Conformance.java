// What pgjdbc sees. Run as it stands: java -cp postgresql.jar Conformance.java

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

public class Conformance {
    static final Map<String, String> PLACE = System.getenv();
    static final boolean THROUGH_THE_PROXY = PLACE.get("TARGET").equals("main");

    interface Look {
        Object at(Connection connection) throws Exception;
    }

    interface Action {
        void run() throws Exception;
    }

    static final String[] BAD = {
        "SELECT nothing FROM person", "SELECT 'é', nothing FROM person", "SELEC 1", "SELECT * FROM nowhere", "SELECT * FROM public.nowhere",
        "INSERT INTO person (name, email) VALUES ('x', 'ada@example.org')", "INSERT INTO public.person (name, age) VALUES ('x', -1)",
        "INSERT INTO person (name) VALUES (NULL)", "INSERT INTO person (name, boss) VALUES ('x', 99)",
        "INSERT INTO public.person (name, years) VALUES ('x', 0)", "SELECT 1/0", "SELECT refuse()", "SELECT public.nothing(1)",
        "CREATE TABLE person (id int)", "DROP TABLE nowhere",
    };

    public static void main(String[] arguments) throws Exception {
        print("{\"version\": \"" + org.postgresql.util.DriverInfo.DRIVER_VERSION + "\"}");
        check("connect", c -> {
            DatabaseMetaData told = c.getMetaData();
            return list(told.getUserName(), told.getDatabaseProductVersion(), c.getSchema(), c.isValid(5), rows(c, "SELECT current_user"));
        });
        check("tls", c -> {
            List<Object> seen = new ArrayList<>();
            for (String mode : List.of("verify-full", "require")) {
                try (Connection secure = connect("sslmode", mode, "sslrootcert", PLACE.get("ROOT_CERTIFICATE"))) {
                    seen.add(rows(secure, "SELECT current_user"));
                }
            }
            return seen;
        });
        check("refused", c -> list(refusal(() -> connect("password", "wrong")), refusal(() -> connect("database", "nowhere")), refusal(() -> connect("options", "-c nonsense=1"))));
        check("types_text", c -> everything(c, "binaryTransfer", "false"));
        check("types_binary", c -> everything(c, "prepareThreshold", "-1"));
        check("parameters", Conformance::parameters);
        check("prepared", Conformance::prepared);
        check("pipeline", Conformance::batches);
        check("cursor", Conformance::cursor);
        check("several", c -> {
            List<Object> seen = new ArrayList<>();
            for (String mode : List.of("simple", "extended")) {
                try (Connection other = connect("preferQueryMode", mode); Statement statement = other.createStatement()) {
                    boolean more = statement.execute("SELECT 1; INSERT INTO sink VALUES (" + (200 + mode.length()) + ", 'x'); SELECT name FROM place");
                    while (more || statement.getUpdateCount() != -1) {
                        seen.add(more ? rows(statement.getResultSet()) : statement.getUpdateCount());
                        more = statement.getMoreResults();
                    }
                    seen.add(refusal(() -> statement.execute("INSERT INTO sink VALUES (301, 'gone'); SELECT 1/0")));
                }
            }
            seen.add(rows(c, "SELECT count(*) FROM sink WHERE id > 300"));
            return seen;
        });
        check("copy_in", c -> {
            CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
            StringBuilder lines = new StringBuilder();
            for (int n = 1000; n < 1300; n++) lines.append(n).append('\t').append("x".repeat(1000)).append('\n');
            List<Object> seen = list(copy.copyIn("COPY sink FROM STDIN", new StringReader(lines.toString())));
            seen.add(rows(c, "SELECT count(*), sum(length(note)) FROM sink WHERE id >= 1000"));
            return seen;
        });
        check("copy_out", c -> {
            CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
            StringWriter people = new StringWriter();
            ByteArrayOutputStream binary = new ByteArrayOutputStream(), much = new ByteArrayOutputStream();
            return list(
                copy.copyOut("COPY person TO STDOUT", people), people.toString(), copy.copyOut("COPY number TO STDOUT (FORMAT binary)", binary), binary.size(),
                copy.copyOut("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 5000)) TO STDOUT", much), much.size(), rows(c, "SELECT 'after'"));
        });
        check("copy_error", c -> {
            CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
            List<Object> seen = list(refusal(() -> copy.copyIn("COPY sink FROM STDIN", new StringReader("1500\tgood\nbad\tbad\n"))));
            CopyIn givenUp = copy.copyIn("COPY sink FROM STDIN");
            byte[] line = "1501\tnever\n".getBytes();
            givenUp.writeToCopy(line, 0, line.length);
            givenUp.cancelCopy();
            seen.add(refusal(() -> copy.copyIn("COPY nowhere FROM STDIN")));
            seen.add(refusal(() -> copy.copyOut("COPY (SELECT 1 / (500 - n) FROM number) TO STDOUT", new ByteArrayOutputStream())));
            seen.add(rows(c, "SELECT count(*) FROM sink WHERE id >= 1500"));
            return seen;
        });
        check("notify", c -> {
            run(c, "LISTEN chatter");
            try (Connection other = connect()) {
                run(other, "NOTIFY chatter, 'from another'");
            }
            run(c, "NOTIFY chatter, 'from myself'");
            List<Object> heard = new ArrayList<>();
            while (heard.size() < 2) {
                PGNotification[] notes = c.unwrap(PGConnection.class).getNotifications(10000);
                if (notes == null) break;
                for (PGNotification note : notes) heard.add(note.getName() + ": " + note.getParameter());
            }
            return heard;
        });
        check("notice", c -> {
            List<Object> seen = new ArrayList<>();
            try (Statement statement = c.createStatement()) {
                for (String text : List.of("SELECT tell('x')", "DROP TABLE IF EXISTS nowhere")) {
                    statement.execute(text);
                    for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
                        seen.add(list(warning.getSQLState(), warning.getMessage()));
                    }
                    statement.clearWarnings();
                }
            }
            return seen;
        });
        check("cancel", c -> {
            List<Object> seen = new ArrayList<>();
            try (Statement statement = c.createStatement(); Connection other = connect()) {
                Thread cancelling = new Thread(() -> {
                    try {
                        String asleep = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
                        while (rows(other, asleep).isEmpty()) Thread.sleep(20);
                        statement.cancel();
                    } catch (Exception error) {
                        throw new IllegalStateException(error);
                    }
                });
                cancelling.start();
                seen.add(refusal(() -> statement.execute("SELECT pg_sleep(60)")));
                cancelling.join();
                seen.add(rows(c, "SELECT 'goes on'"));
                statement.setQueryTimeout(1);
                seen.add(refusal(() -> statement.execute("SELECT pg_sleep(60)")));
            }
            seen.add(rows(c, "SELECT 'goes on'"));
            return seen;
        });
        check("errors", c -> {
            List<Object> seen = new ArrayList<>();
            try (Connection simple = connect("preferQueryMode", "simple")) {
                for (String text : BAD) {
                    seen.add(refusal(() -> run(c, text)));
                    seen.add(refusal(() -> run(simple, text)));
                }
            }
            seen.add(refusal(() -> rows(c, "SELECT id FROM public.person WHERE name = ? AND nothing = 1", "x")));
            return seen;
        });
        check("large_object", Conformance::largeObject);
        check("transaction", c -> {
            List<Object> seen = new ArrayList<>();
            c.setAutoCommit(false);
            run(c, "INSERT INTO sink VALUES (2000, 'committed')");
            c.commit();
            run(c, "INSERT INTO sink VALUES (2001, 'rolled back')");
            c.rollback();
            seen.add(refusal(() -> run(c, "SELECT 1/0")));
            seen.add(refusal(() -> run(c, "SELECT 1")));
            seen.add(refusal(c::commit));
            c.rollback();
            run(c, "CREATE TABLE undone (id int)");
            run(c, "INSERT INTO undone VALUES (1)");
            c.rollback();
            seen.add(refusal(() -> run(c, "SELECT * FROM undone")));
            c.rollback();
            c.setAutoCommit(true);
            seen.add(rows(c, "SELECT id FROM sink WHERE id BETWEEN 2000 AND 2099"));
            return seen;
        });
        check("savepoint", c -> {
            List<Object> seen = new ArrayList<>();
            for (String autosave : List.of("never", "always")) {
                try (Connection other = connect("autosave", autosave)) {
                    other.setAutoCommit(false);
                    int id = 2100 + 10 * autosave.length();
                    run(other, "INSERT INTO sink VALUES (" + id + ", 'outer')");
                    Savepoint one = other.setSavepoint("one");
                    run(other, "INSERT INTO sink VALUES (" + (id + 1) + ", 'inner')");
                    seen.add(refusal(() -> run(other, "SELECT nothing")));
                    if (autosave.equals("never")) other.rollback(one);
                    Savepoint unnamed = other.setSavepoint();
                    run(other, "INSERT INTO sink VALUES (" + (id + 2) + ", 'inner')");
                    other.releaseSavepoint(unnamed);
                    other.commit();
                }
            }
            seen.add(rows(c, "SELECT id FROM sink WHERE id BETWEEN 2100 AND 2199 ORDER BY id"));
            return seen;
        });
        check("isolation", c -> {
            List<Object> seen = new ArrayList<>();
            try (Connection one = connect(); Connection two = connect()) {
                for (Connection each : List.of(one, two)) {
                    each.setAutoCommit(false);
                    each.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
                    rows(each, "SELECT sum(n) FROM number");
                }
                run(one, "INSERT INTO number VALUES (5001)");
                run(two, "INSERT INTO number VALUES (5002)");
                one.commit();
                seen.add(refusal(two::commit));
                two.rollback();
                two.setReadOnly(true);
                seen.add(refusal(() -> run(two, "INSERT INTO number VALUES (5003)")));
            }
            run(c, "DELETE FROM number WHERE n > 1000");
            return seen;
        });
        check("introspection", Conformance::introspection);
        branchCheck("branch_in_database", c -> whereabouts(connect("database", PLACE.get("OTHER_DATABASE"))));
        branchCheck("branch_in_options", c -> whereabouts(connect("options", "-c pggit.branch=other")));
        branchCheck("branch_switch", c -> {
            List<Object> seen = list(where(c));
            for (String text : List.of("SET pggit.branch = 'other'", "RESET pggit.branch")) {
                run(c, text);
                seen.add(where(c));
            }
            c.setAutoCommit(false);
            run(c, "SET LOCAL pggit.branch = 'other'");
            seen.add(where(c));
            c.commit();
            seen.add(where(c));
            return seen;
        });
        // Also once the driver has named the statement on the server.
        branchCheck("prepared_across_switch", c -> {
            List<Object> seen = new ArrayList<>();
            try (PreparedStatement statement = c.prepareStatement("SELECT name FROM place")) {
                for (String branch : List.of("main", "other", "main")) {
                    run(c, "SET pggit.branch = '" + branch + "'");
                    for (int repeat = 0; repeat < 7; repeat++) {
                        Object found = rows(statement.executeQuery()).get(0);
                        if (repeat == 0) seen.add(((List<?>) found).get(0));
                        else if (!((List<?>) found).get(0).equals(seen.get(seen.size() - 1))) throw new IllegalStateException("now " + found);
                    }
                }
            }
            return seen;
        });
        branchCheck("pggit_simple", c -> listed(connect("preferQueryMode", "simple")));
        branchCheck("pggit_extended", Conformance::listed);
        branchCheck("pggit_prepared", c -> {
            List<Object> seen = new ArrayList<>();
            try (Connection named = connect("prepareThreshold", "1")) {
                seen.add(listed(named));
                seen.add(listed(named));
            }
            return seen;
        });
        branchCheck("pggit_error", c -> {
            List<Object> codes = new ArrayList<>();
            for (String text : List.of("PGGIT CHECKOUT nowhere", "PGGIT CHECKOUT")) codes.add(code(() -> run(c, text)));
            c.setAutoCommit(false);
            run(c, "SELECT 1");
            codes.add(code(() -> run(c, "PGGIT BRANCH inside")));
            return codes;
        });
        branchCheck("ddl_commit", c -> {
            run(c, "CREATE TABLE made (id int)");
            return list(((List<?>) rows(c, "PGGIT LOG LIMIT 1").get(0)).get(4));
        });
        branchCheck("ddl_transaction", c -> {
            int before = rows(c, "PGGIT LOG LIMIT 1000").size();
            c.setAutoCommit(false);
            run(c, "CREATE TABLE in_one (id int)");
            run(c, "ALTER TABLE in_one ADD COLUMN more text");
            c.commit();
            int between = rows(c, "PGGIT LOG LIMIT 1000").size();
            run(c, "DROP TABLE in_one");
            c.rollback();
            return list(between - before, rows(c, "PGGIT LOG LIMIT 1000").size() - between);
        });
    }

    static Object everything(Connection c, String property, String value) throws Exception {
        try (Connection other = connect(property, value); PreparedStatement statement = other.prepareStatement("SELECT * FROM everything ORDER BY id")) {
            List<Object> described = new ArrayList<>();
            ResultSetMetaData told = statement.getMetaData();
            for (int column = 1; column <= told.getColumnCount(); column++) {
                described.add(list(told.getColumnName(column), told.getColumnClassName(column), told.getPrecision(column), told.getScale(column), told.isNullable(column)));
            }
            return list(described, rows(statement.executeQuery()), rows(statement.executeQuery()));
        }
    }

    static Object parameters(Connection c) throws Exception {
        List<Object> seen = new ArrayList<>();
        for (int threshold : new int[] {-1, 5}) {
            try (Connection other = connect("prepareThreshold", String.valueOf(threshold))) {
                seen.add(rows(other, "SELECT ?::int, ?::bigint, ?::float8, ?, ?::bytea, ?::boolean, ?::text", 1, 1L << 40, 1.5, "Grüße ' \\", new byte[] {0, -1}, true, null));
                Array array = other.createArrayOf("text", new Object[] {"a", null, "b\"c"});
                seen.add(rows(other, "SELECT ?, ?::numeric, ?::timestamptz, ?::uuid", array, new java.math.BigDecimal("1e30"), java.sql.Timestamp.valueOf("2024-02-29 12:00:00"), java.util.UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")));
            }
        }
        try (PreparedStatement insert = c.prepareStatement("INSERT INTO public.sink (id, note) VALUES (?, ?)", new String[] {"id"})) {
            insert.setInt(1, 1);
            insert.setString(2, "é".repeat(10000));
            seen.add(insert.executeUpdate());
            seen.add(rows(insert.getGeneratedKeys()));
        }
        try (CallableStatement call = c.prepareCall("{? = call tell(?)}")) {
            call.registerOutParameter(1, Types.VARCHAR);
            call.setString(2, "called");
            call.execute();
            seen.add(call.getString(1));
        }
        try (PreparedStatement told = c.prepareStatement("SELECT ?::mood, ?::pair, id FROM public.person WHERE name = ?")) {
            for (int index = 1; index <= 3; index++) seen.add(told.getParameterMetaData().getParameterTypeName(index).replaceAll("\"", ""));
        }
        return seen;
    }

    static Object prepared(Connection c) throws Exception {
        List<Object> seen = new ArrayList<>();
        for (int threshold : new int[] {0, 1, 5}) {
            try (Connection other = connect("prepareThreshold", String.valueOf(threshold)); PreparedStatement star = other.prepareStatement("SELECT * FROM growing WHERE id = ?")) {
                for (int repeat = 0; repeat < 7; repeat++) {
                    star.setInt(1, 1);
                    seen.add(rows(star.executeQuery()));
                }
                run(c, "ALTER TABLE growing ADD COLUMN more" + threshold + " text DEFAULT 'x'");
                // In autocommit mode the driver prepares again; in a transaction it cannot.
                seen.add(refusal(() -> seen.add(rows(star.executeQuery()))));
                other.setAutoCommit(false);
                run(c, "ALTER TABLE growing ALTER COLUMN more" + threshold + " TYPE varchar(9)");
                seen.add(refusal(() -> seen.add(rows(star.executeQuery()))));
                other.rollback();
            }
        }
        return seen;
    }

    // Batches are sent ahead of their answers.
    static Object batches(Connection c) throws Exception {
        List<Object> seen = new ArrayList<>();
        for (String rewrite : List.of("false", "true")) {
            try (Connection other = connect("reWriteBatchedInserts", rewrite); PreparedStatement insert = other.prepareStatement("INSERT INTO sink (id, note) VALUES (?, ?)")) {
                int first = rewrite.equals("true") ? 10000 : 20000;
                for (int n = 0; n < 1000; n++) {
                    insert.setInt(1, first + n);
                    insert.setString(2, "row " + n);
                    insert.addBatch();
                }
                seen.add(insert.executeBatch().length);
                other.setAutoCommit(false);
                for (int n : new int[] {5000, 1, 1, 5001}) {
                    insert.setInt(1, first + n);
                    insert.setString(2, "again");
                    insert.addBatch();
                }
                try {
                    insert.executeBatch();
                } catch (BatchUpdateException error) {
                    seen.add(list(error.getSQLState(), error.getUpdateCounts().length, error.getMessage()));
                }
                other.rollback();
            }
        }
        try (Statement statement = c.createStatement()) {
            for (String text : List.of("CREATE TABLE batched (id int)", "INSERT INTO batched VALUES (1)", "ALTER TABLE batched ADD COLUMN more int", "UPDATE batched SET more = 2")) statement.addBatch(text);
            seen.add(statement.executeBatch().length);
        }
        seen.add(rows(c, "SELECT * FROM batched"));
        seen.add(rows(c, "SELECT count(*) FROM sink WHERE id >= 10000"));
        return seen;
    }

    static Object cursor(Connection c) throws Exception {
        List<Object> seen = new ArrayList<>();
        c.setAutoCommit(false);
        try (PreparedStatement statement = c.prepareStatement("SELECT n FROM number WHERE n > ? ORDER BY n")) {
            statement.setFetchSize(64);
            for (int from : new int[] {0, 500}) {
                statement.setInt(1, from);
                long total = 0;
                try (ResultSet result = statement.executeQuery()) {
                    while (result.next()) {
                        total += result.getInt(1);
                        if (result.getInt(1) == 700) seen.add(rows(c, "SELECT 'in between'"));
                    }
                }
                seen.add(total);
            }
        }
        try (Statement scrolling = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE); ResultSet result = scrolling.executeQuery("SELECT id, name FROM person ORDER BY id")) {
            result.last();
            result.updateString("name", "changed");
            result.updateRow();
            result.absolute(2);
            seen.add(result.getString(2));
        }
        seen.add(rows(c, "SELECT name FROM person ORDER BY id"));
        c.rollback();
        try (CallableStatement limited = c.prepareCall("SELECT n FROM number ORDER BY n")) {
            limited.setMaxRows(5);
            seen.add(rows(limited.executeQuery()));
        }
        return seen;
    }

    // By FunctionCall messages.
    static Object largeObject(Connection c) throws Exception {
        c.setAutoCommit(false);
        LargeObjectManager manager = c.unwrap(PGConnection.class).getLargeObjectAPI();
        long oid = manager.createLO();
        List<Object> seen = new ArrayList<>();
        try (LargeObject object = manager.open(oid, LargeObjectManager.READWRITE)) {
            object.write("0123456789abcdef".repeat(20000).getBytes());
            object.seek64(1000, LargeObject.SEEK_SET);
            seen.add(new String(object.read(16)));
            seen.add(object.tell64());
            object.truncate64(5000);
            seen.add(object.size64());
        }
        c.commit();
        try (PreparedStatement statement = c.prepareStatement("SELECT lo_get(?, 0, 4)")) {
            statement.setLong(1, oid);
            seen.add(rows(statement.executeQuery()));
        }
        manager.unlink(oid);
        c.commit();
        seen.add(code(() -> manager.open(oid, LargeObjectManager.READ)));
        return seen;
    }

    static Object introspection(Connection c) throws Exception {
        DatabaseMetaData told = c.getMetaData();
        List<Object> seen = new ArrayList<>();
        for (String schema : new String[] {"public", null}) {
            seen.add(named(told.getTables(null, schema, "%", new String[] {"TABLE", "VIEW"}), "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE", "REMARKS"));
            seen.add(named(told.getColumns(null, schema, "person", "%"), "TABLE_SCHEM", "COLUMN_NAME", "TYPE_NAME", "COLUMN_SIZE", "NULLABLE", "COLUMN_DEF", "IS_AUTOINCREMENT"));
            seen.add(named(told.getPrimaryKeys(null, schema, "person"), "TABLE_SCHEM", "COLUMN_NAME", "PK_NAME"));
            seen.add(named(told.getImportedKeys(null, schema, "person"), "PKTABLE_SCHEM", "PKTABLE_NAME", "FKTABLE_SCHEM", "FKCOLUMN_NAME", "FK_NAME"));
            seen.add(named(told.getIndexInfo(null, schema, "person", false, true), "TABLE_SCHEM", "INDEX_NAME", "COLUMN_NAME", "NON_UNIQUE"));
            seen.add(named(told.getFunctions(null, schema, "tell"), "FUNCTION_SCHEM", "FUNCTION_NAME"));
        }
        seen.add(named(told.getSchemas(), "TABLE_SCHEM"));
        try (Statement statement = c.createStatement(); ResultSet result = statement.executeQuery("SELECT id, name FROM person")) {
            seen.add(list(result.getMetaData().getTableName(1), result.getMetaData().getSchemaName(1), result.getMetaData().isAutoIncrement(1)));
        }
        return seen;
    }

    static List<Object> named(ResultSet result, String... columns) throws SQLException {
        List<Object> all = new ArrayList<>();
        while (result.next()) {
            List<Object> row = new ArrayList<>();
            for (String column : columns) row.add(result.getString(column));
            if (!String.valueOf(row.get(0)).startsWith("pggit")) all.add(row);
        }
        return all;
    }

    static Object where(Connection c) throws Exception {
        return ((List<?>) rows(c, "SELECT name FROM place").get(0)).get(0);
    }

    static Object whereabouts(Connection opened) throws Exception {
        try (Connection c = opened) {
            return list(((List<?>) rows(c, "SHOW pggit.branch").get(0)).get(0), where(c));
        }
    }

    static Object listed(Connection c) throws Exception {
        TreeMap<String, Boolean> found = new TreeMap<>();
        try (PreparedStatement statement = c.prepareStatement("PGGIT BRANCH"); ResultSet result = statement.executeQuery()) {
            while (result.next()) found.put(result.getString("branch"), result.getBoolean("current"));
        }
        List<Object> all = new ArrayList<>();
        found.forEach((branch, current) -> all.add(list(branch, current)));
        return all;
    }

    static Connection connect(String... others) throws SQLException {
        Properties words = new Properties();
        words.putAll(Map.of("user", PLACE.get("PGUSER"), "password", PLACE.get("PGPASSWORD"), "sslmode", "disable"));
        String database = PLACE.get("PGDATABASE");
        for (int index = 0; index < others.length; index += 2) {
            if (others[index].equals("database")) database = others[index + 1];
            else words.put(others[index], others[index + 1]);
        }
        String name = database.replace("@", "%40");
        return DriverManager.getConnection("jdbc:postgresql://" + PLACE.get("PGHOST") + ":" + PLACE.get("PGPORT") + "/" + name, words);
    }

    static void run(Connection c, String text) throws SQLException {
        try (Statement statement = c.createStatement()) {
            statement.execute(text);
        }
    }

    static List<Object> rows(Connection c, String text, Object... parameters) throws SQLException {
        try (PreparedStatement statement = c.prepareStatement(text)) {
            for (int index = 0; index < parameters.length; index++) statement.setObject(index + 1, parameters[index]);
            return rows(statement.executeQuery());
        }
    }

    static List<Object> rows(ResultSet result) throws SQLException {
        List<Object> all = new ArrayList<>();
        while (result.next()) {
            List<Object> row = new ArrayList<>();
            for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
                Object value = result.getObject(column);
                if (value instanceof byte[] bytes) value = HexFormat.of().formatHex(bytes);
                if (value instanceof Array array) value = array.toString();
                row.add(value);
            }
            all.add(row);
        }
        return all;
    }

    static Object code(Action action) throws Exception {
        try {
            action.run();
            return "no error";
        } catch (SQLException error) {
            return error.getSQLState();
        }
    }

    static Object refusal(Action action) throws Exception {
        try {
            action.run();
            return "no error";
        } catch (PSQLException error) {
            ServerErrorMessage told = error.getServerErrorMessage();
            if (told == null) return list(error.getSQLState(), error.getMessage());
            return list(told.getSeverity(), told.getSQLState(), told.getMessage(), told.getDetail(), told.getHint(), told.getPosition(), told.getWhere(),
                told.getSchema(), told.getTable(), told.getColumn(), told.getDatatype(), told.getConstraint());
        }
    }

    static List<Object> list(Object... items) {
        List<Object> all = new ArrayList<>();
        Collections.addAll(all, items);
        return all;
    }

    // Each on a connection of its own.
    static void check(String name, Look look) {
        String outcome = "ok", detail;
        try (Connection connection = connect()) {
            detail = json(look.at(connection));
        } catch (Exception error) {
            outcome = "error";
            detail = json(error.toString());
        }
        print("{\"check\": " + json(name) + ", \"outcome\": " + json(outcome) + ", \"detail\": " + detail + "}");
    }

    // The same for what only the proxy has, which is checked on `main`.
    static void branchCheck(String name, Look look) {
        if (THROUGH_THE_PROXY) check(name, look);
    }

    static String json(Object value) {
        if (value == null || value instanceof Boolean || value instanceof Integer || value instanceof Long) return String.valueOf(value);
        if (value instanceof List<?> items) return "[" + String.join(", ", items.stream().map(Conformance::json).toList()) + "]";
        StringBuilder text = new StringBuilder("\"");
        for (char character : value.toString().toCharArray()) {
            if (character == '"' || character == '\\') text.append('\\').append(character);
            else if (character < ' ') text.append(String.format("\\u%04x", (int) character));
            else text.append(character);
        }
        return text.append('"').toString();
    }

    static void print(String line) {
        System.out.write(line.getBytes(java.nio.charset.StandardCharsets.UTF_8), 0, line.getBytes(java.nio.charset.StandardCharsets.UTF_8).length);
        System.out.write('\n');
        System.out.flush();
    }
}
