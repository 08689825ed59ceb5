SELECT pg_current_xact_id()::text, pg_backend_pid()::text,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text
