"""What every driver's script has to check, or to say that the driver cannot do.

Nearly everything is compared with what the same script sees without the proxy. What only the proxy has is compared
with what is expected of all drivers alike.
"""

CHECKS = {
    "Connecting": {
        "connect": "with a password (SCRAM), without TLS",
        "tls": "with a password (SCRAM), over TLS, the certificate verified",
        "refused": "a wrong password, a database that does not exist",
    },
    "Statements": {
        "types_text": "values of 40 types, NULLs and extremes as text",
        "types_binary": "the same in the binary format",
        "parameters": "parameters of many types, there and back",
        "prepared": "a prepared statement used again, also after `ALTER TABLE`",
        "pipeline": "statements sent before the answers to earlier ones, one of which fails",
        "cursor": "rows fetched some at a time",
        "several": "several statements in one text",
    },
    "COPY": {
        "copy_in": "`COPY … FROM STDIN`",
        "copy_out": "`COPY … TO STDOUT`",
        "copy_error": "a row that is refused, and one that the client gives up on",
    },
    "Besides results": {
        "notify": "`LISTEN` and `NOTIFY`",
        "notice": "notices",
        "cancel": "cancelling a statement, and going on",
        "errors": "SQLSTATE, position, detail, hint and the names of what was violated",
        "large_object": "large objects, written, sought in, read, removed",
    },
    "Transactions": {
        "transaction": "commit, rollback, a transaction that has failed",
        "savepoint": "savepoints and nested transactions",
        "isolation": "a serialization failure, a read-only transaction",
    },
    "Catalogs": {
        "introspection": "what the driver itself asks the catalogs",
    },
    "Branches": {
        "branch_in_database": "`dbname@branch`",
        "branch_in_options": "`options=-c pggit.branch=…`",
        "branch_switch": "`SET`, `RESET`, `SET LOCAL`",
        "prepared_across_switch": "prepared statements across switches",
        "pggit_simple": "`PGGIT` commands, simple protocol",
        "pggit_extended": "`PGGIT` commands, extended protocol",
        "pggit_prepared": "`PGGIT` commands as prepared statements, used again",
        "pggit_error": "errors of `PGGIT` commands",
        "ddl_commit": "DDL is a commit",
        "ddl_transaction": "DDL in a transaction is one commit, or none if rolled back",
    },
}

# `other` is a branch of `main`; each has its name as the one row of `place`.
_LISTED = [["main", True], ["other", False]]
EXPECTED = {
    "branch_in_database": ["other", "other"],
    "branch_in_options": ["other", "other"],
    "branch_switch": ["main", "other", "main", "other", "main"],
    "prepared_across_switch": ["main", "other", "main"],
    "pggit_simple": _LISTED,
    "pggit_extended": _LISTED,
    "pggit_prepared": [_LISTED, _LISTED],
    "pggit_error": ["3D000", "42601", "25001"],
    "ddl_commit": ["CREATE TABLE made"],
    "ddl_transaction": [1, 0],
}

ALL = [name for checks in CHECKS.values() for name in checks]

# What differs through the proxy, and where: driver, check and target.
KNOWN_DIFFERENCES = {
    "On `main`, lists of schemas show `pggit`.": [
        ("psql", "introspection", "main"),
    ],
}
