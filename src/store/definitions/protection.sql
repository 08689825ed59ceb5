-- What pggit.record asks before it moves a branch's head. Both run as the owner of pggit; session_user is the client's role.

-- The commits that a record merges, null where it merges none.
CREATE OR REPLACE FUNCTION pggit.merged_heads(doc jsonb) RETURNS bytea[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN doc -> 'merged' ->> 'operation' = 'merge' THEN
            decode(doc -> 'merged' ->> 'source_head', 'hex')
            || ARRAY(SELECT decode(s ->> 'head', 'hex') FROM jsonb_array_elements(doc -> 'merged' -> 'more') AS s)
        WHEN doc ->> 'merge' IS NOT NULL THEN (
            SELECT m.source_head || m.more_heads FROM pggit.merge AS m
            WHERE m.id = (doc ->> 'merge')::bigint AND m.operation = 'merge')
    END
$$;

CREATE OR REPLACE FUNCTION pggit.check_protection(target pggit.branch, doc jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    protection pggit.protection%ROWTYPE;
    heads bytea[];
    merged bytea;
    given bigint;
BEGIN
    SELECT * INTO protection FROM pggit.protection AS p WHERE p.branch_id = target.id;
    -- What happened past the proxy has happened; history had better say so.
    IF NOT FOUND OR doc ->> 'action' = 'record drift' THEN
        RETURN;
    END IF;

    heads := pggit.merged_heads(doc);
    IF heads IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('branch "%s" is protected', target.name),
            DETAIL = 'Only merges change it.',
            HINT = 'Make the change on another branch, and merge that.';
    END IF;
    IF protection.roles <> '{}' AND NOT EXISTS (
        SELECT FROM pg_roles AS r
        WHERE r.rolname = ANY (protection.roles) AND pg_has_role(session_user, r.oid, 'MEMBER'))
    THEN
        RAISE EXCEPTION USING
            ERRCODE = 'insufficient_privilege',
            MESSAGE = format('permission denied to merge into branch "%s"', target.name),
            DETAIL = format('It is protected: members of %s may.', array_to_string(protection.roles, ', '));
    END IF;
    FOREACH merged IN ARRAY heads LOOP
        SELECT coalesce(max(approvals), 0) INTO given
        FROM (
            SELECT count(*) AS approvals
            FROM pggit.merge_request AS r JOIN pggit.approval AS a ON a.request_id = r.id
            WHERE r.target_id = target.id AND r.state = 'open' AND a.source_head = merged AND a.who <> r.who
            GROUP BY r.id
        ) AS request;
        IF given < protection.approvals THEN
            RAISE EXCEPTION USING
                ERRCODE = 'insufficient_privilege',
                MESSAGE = format('merging commit %s into branch "%s" is not approved',
                                 left(encode(merged, 'hex'), 12), target.name),
                DETAIL = format('It has %s of %s approvals.', given, protection.approvals),
                HINT = 'PGGIT MERGE REQUEST asks for approval, PGGIT APPROVE gives it.';
        END IF;
    END LOOP;
END
$$;
