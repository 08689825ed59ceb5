SELECT r.id::text, r.source, encode(b.head, 'hex'), r.target, r.message, r.who,
       (extract(epoch FROM r.created_at) * 1000000)::bigint::text, r.state, encode(r.commit, 'hex'),
       -- Approvals of what the source was when it was merged, or is now.
       (SELECT coalesce(json_agg(a.who ORDER BY a.approved_at), '[]')::text FROM pggit.approval AS a
        WHERE a.request_id = r.id AND a.who <> r.who
          AND a.source_head = coalesce((SELECT m.source_head FROM pggit.merge AS m WHERE m.commit = r.commit LIMIT 1), b.head)),
       coalesce(p.approvals, 0)::text
FROM pggit.merge_request AS r
LEFT JOIN pggit.branch AS b ON b.id = r.source_id
LEFT JOIN pggit.protection AS p ON p.branch_id = r.target_id
WHERE $1::text IS NULL OR r.id = $1::text::bigint
ORDER BY r.id DESC
