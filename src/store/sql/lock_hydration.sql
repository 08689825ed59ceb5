-- One at a time works on a branch, and nobody deletes it meanwhile.
SELECT coalesce(h.done, 0)::text, h.ledgers::text, encode(b.head, 'hex')
FROM pggit.hydration AS h JOIN pggit.branch AS b ON b.id = h.branch_id
WHERE h.branch_id = $1::text::bigint FOR UPDATE OF h
