-- Moves have numbers where a session has turned triggers off (session_replication_role = replica), too: no DDL of its could
-- be recorded.
ALTER TABLE pggit.reflog ENABLE ALWAYS TRIGGER numbered;
