SELECT encode(lineage, 'hex'), rows::text
FROM pggit.ledger_base
WHERE branch_a = least($1::text::bigint, $2::text::bigint)
  AND branch_b = greatest($1::text::bigint, $2::text::bigint)
