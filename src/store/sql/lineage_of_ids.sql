SELECT l.classid::text, l.objid::text, l.objsubid::text, encode(l.lineage, 'hex'), l.branch_id::text
FROM unnest($1::text::oid[], $2::text::oid[], $3::text::integer[]) AS wanted (classid, objid, objsubid)
JOIN pggit.lineage AS l USING (classid, objid, objsubid)
