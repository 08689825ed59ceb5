SELECT row_number() OVER (ORDER BY d.at, d.id)::text, d.role, d.application, d.address, to_char(d.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), d.command,
       d.classid::int8::text, d.objid::int8::text, encode(l.lineage, 'hex')
FROM pggit.drift AS d
LEFT JOIN pggit.lineage AS l ON l.classid = d.classid AND l.objid = d.objid AND l.objsubid = 0
WHERE d.classid IS NOT NULL
ORDER BY d.at, d.id
