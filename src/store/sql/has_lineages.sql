SELECT EXISTS (
    SELECT FROM pggit.lineage AS l
    WHERE l.branch_id = $1::text::bigint AND l.objsubid = 0
      AND l.lineage IN (SELECT decode(wanted, 'hex') FROM unnest($2::text::text[]) AS wanted))::text
