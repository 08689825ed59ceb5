-- Its time to live counts from here on.
WITH lifted AS (
    DELETE FROM pggit.protection WHERE branch_id = $1::text::bigint RETURNING branch_id
), used AS (
    UPDATE pggit.branch_expiry AS e SET used_at = clock_timestamp() FROM lifted WHERE e.branch_id = lifted.branch_id
)
SELECT 'unprotected' FROM lifted
