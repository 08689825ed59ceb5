UPDATE pggit.merge SET rebase = $2::text::bigint WHERE id = $1::text::bigint RETURNING id::text
