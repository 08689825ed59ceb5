SELECT l.classid::text, l.objid::text, l.objsubid::text, encode(l.lineage, 'hex'), l.branch_id::text
FROM (SELECT DISTINCT * FROM unnest($1::text::oid[], $2::text::oid[])) AS wanted (classid, objid)
JOIN pggit.lineage AS l USING (classid, objid)
