-- What is written in a client's session takes no number from a sequence: lastval() there is the client's own.

-- Each branch counts its moves. Whoever moves one has its row locked, and whoever cannot see all moves before has been refused
-- for that (40001).
ALTER TABLE pggit.reflog ALTER id DROP IDENTITY;
DROP INDEX pggit.reflog_branch;
ALTER TABLE pggit.reflog DROP CONSTRAINT reflog_pkey, ADD CONSTRAINT reflog_pkey PRIMARY KEY (branch_id, id);
COMMENT ON COLUMN pggit.reflog.id IS 'Rises with every move of the branch.';

CREATE FUNCTION pggit.number_move() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- Tags are under branch 0, which has no row.
    IF NEW.branch_id = 0 THEN
        LOCK TABLE pggit.tag IN SHARE UPDATE EXCLUSIVE MODE;
    END IF;
    SELECT coalesce(max(r.id), 0) + 1 INTO NEW.id FROM pggit.reflog AS r WHERE r.branch_id = NEW.branch_id;
    RETURN NEW;
END
$$;
CREATE TRIGGER numbered BEFORE INSERT ON pggit.reflog
    FOR EACH ROW EXECUTE FUNCTION pggit.number_move();

-- Notes wait for nobody, so two that are made at once may have one number.
ALTER TABLE pggit.drift ALTER id DROP IDENTITY;
ALTER TABLE pggit.drift DROP CONSTRAINT drift_pkey;
CREATE INDEX drift_id ON pggit.drift (id);
COMMENT ON COLUMN pggit.drift.id IS 'One more than the highest that whoever wrote it could see.';
