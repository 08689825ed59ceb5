-- DDL that the proxy did not see, as event triggers note it: see `pggit init --event-trigger`.

CREATE TABLE pggit.drift (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    role text NOT NULL,
    application text NOT NULL,
    address text NOT NULL,
    -- `ALTER TABLE`
    command text NOT NULL,
    -- As the server names it: null where it does not, as for GRANT.
    object text,
    classid oid,
    objid oid,
    -- What the client sent, as far as it is not too long. It may hold more than DDL: not everybody may read it.
    statement text
);
COMMENT ON TABLE pggit.drift IS
    'DDL past the proxy: who did it, when, and to what. The last of it, until it is recorded or undone.';
