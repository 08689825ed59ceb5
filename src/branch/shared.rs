//! What all branches of a database share, read from the catalogs.

use crate::upstream::{DbError, Executor};
use std::collections::BTreeSet;

/// Members of extensions outside system schemas, with the name a statement would use for them.
const EXTENSION_MEMBERS: &str = "
    SELECT n.nspname::text, m.name::text
      FROM (SELECT c.relnamespace AS namespace, c.relname AS name
              FROM pg_depend AS d JOIN pg_class AS c ON c.oid = d.objid
             WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e'
            UNION ALL
            SELECT t.typnamespace, t.typname
              FROM pg_depend AS d JOIN pg_type AS t ON t.oid = d.objid
             WHERE d.classid = 'pg_type'::regclass AND d.deptype = 'e'
            UNION ALL
            SELECT p.pronamespace, p.proname
              FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid
             WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
            UNION ALL
            SELECT o.oprnamespace, o.oprname
              FROM pg_depend AS d JOIN pg_operator AS o ON o.oid = d.objid
             WHERE d.classid = 'pg_operator'::regclass AND d.deptype = 'e'
            UNION ALL
            SELECT o.opcnamespace, o.opcname
              FROM pg_depend AS d JOIN pg_opclass AS o ON o.oid = d.objid
             WHERE d.classid = 'pg_opclass'::regclass AND d.deptype = 'e'
            UNION ALL
            SELECT g.cfgnamespace, g.cfgname
              FROM pg_depend AS d JOIN pg_ts_config AS g ON g.oid = d.objid
             WHERE d.classid = 'pg_ts_config'::regclass AND d.deptype = 'e'
            UNION ALL
            SELECT g.dictnamespace, g.dictname
              FROM pg_depend AS d JOIN pg_ts_dict AS g ON g.oid = d.objid
             WHERE d.classid = 'pg_ts_dict'::regclass AND d.deptype = 'e') AS m
      JOIN pg_namespace AS n ON n.oid = m.namespace
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

/// Pairs of schema and name.
pub async fn extension_members(
    executor: &mut dyn Executor,
) -> Result<BTreeSet<(String, String)>, DbError> {
    let rows = executor.query(EXTENSION_MEMBERS, &[]).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match <[_; 2]>::try_from(row) {
            Ok([Some(schema), Some(name)]) => Some((schema, name)),
            _ => None,
        })
        .collect())
}
