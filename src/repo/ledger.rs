//! Migration ledgers: tables in which migration tools keep what has been applied.
//!
//! Branches hold structure and their tables start empty, but a ledger's rows describe the structure. So a
//! branch starts with a copy of them, and a merge carries over what was added to or removed from the
//! source's ledger since both sides were last equal. Surrogate keys (identity, serial) are not carried:
//! the target numbers its own rows.

use crate::branch::{BranchMap, NameUse};
use crate::schema::Snapshot;
use crate::schema::model::{Column, Lineage, Name, Table};
use crate::schema::quote::{quote_identifier, quote_literal};
use crate::upstream::{DbError, Executor};
use serde_json::Value;
use std::collections::BTreeSet;

/// The rows of one ledger, without surrogate keys, as JSON objects.
pub type Rows = BTreeSet<String>;

/// The ledgers of a schema: tables whose name, by itself or with its schema, is on the configured list.
pub fn ledgers<'a>(snapshot: &'a Snapshot, names: &BTreeSet<String>) -> Vec<(Lineage, &'a Table)> {
    names
        .iter()
        .flat_map(|listed| {
            let (schema, name) = match listed.split_once('.') {
                Some((schema, name)) => (Some(schema), name),
                None => (None, listed.as_str()),
            };
            snapshot
                .called(name)
                .filter(move |(key, _)| schema.is_none_or(|schema| key.schema == schema))
        })
        .filter_map(|(_, lineage)| Some((lineage, snapshot.get(&lineage)?.as_table()?)))
        .collect()
}

/// Whether a table is on the configured list.
pub fn is_ledger(table: &Table, names: &BTreeSet<String>) -> bool {
    let Name { schema, name } = &table.name;
    names.contains(name) || names.contains(&format!("{schema}.{name}"))
}

/// What the tables on the configured list are called in whatever schema.
pub fn bare_names(names: &BTreeSet<String>) -> BTreeSet<String> {
    names
        .iter()
        .map(|listed| match listed.split_once('.') {
            Some((_, name)) => name.to_owned(),
            None => listed.clone(),
        })
        .collect()
}

/// Whether reading or writing the rows of a table ($1) runs nobody's code: no trigger, no rule, no function,
/// operator or type of a user's in a default, a constraint or an index. `pg_depend` has no rows for what is built in.
const IS_PLAIN: &str = "
    SELECT (count(*) = 1)::text
      FROM pg_class AS c
     WHERE c.oid = $1::text::regclass AND c.relkind = 'r' AND NOT c.relhasrules
       AND NOT EXISTS (SELECT FROM pg_trigger AS g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)
       AND NOT EXISTS (
         SELECT FROM pg_depend AS d
          WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass, 'pg_opclass'::regclass)
            AND (d.classid = 'pg_class'::regclass
                 AND (d.objid = c.oid OR d.objid IN (SELECT i.indexrelid FROM pg_index AS i WHERE i.indrelid = c.oid))
              OR d.classid = 'pg_attrdef'::regclass
                 AND d.objid IN (SELECT a.oid FROM pg_attrdef AS a WHERE a.adrelid = c.oid)
              OR d.classid = 'pg_constraint'::regclass
                 AND d.objid IN (SELECT k.oid FROM pg_constraint AS k WHERE k.conrelid = c.oid)))";

/// Locks a branch's ledger, so that it stays as it is until the open transaction of the administrative role ends.
/// False if reading or writing it would run a user's code.
pub async fn lock(
    executor: &mut dyn Executor,
    table: &Table,
    map: &BranchMap,
) -> Result<bool, DbError> {
    let name = physical(table, map, NameUse::Write);
    executor
        .batch(&format!("LOCK TABLE {name} IN ROW EXCLUSIVE MODE"))
        .await?;
    let plain = executor.query(IS_PLAIN, &[Some(&name)]).await?;
    Ok(plain
        .into_iter()
        .flatten()
        .flatten()
        .any(|plain| plain == "true"))
}

/// All that a ledger holds, keys included, as a JSON array: what a new branch's starts with.
pub async fn contents(
    executor: &mut dyn Executor,
    table: &Table,
    map: &BranchMap,
) -> Result<Value, DbError> {
    let sql = format!(
        "SELECT coalesce(json_agg(to_json(t)), '[]')::text FROM {} AS t",
        physical(table, map, NameUse::Read)
    );
    let rows = executor.query(&sql, &[]).await?;
    rows.into_iter()
        .flatten()
        .flatten()
        .next()
        .and_then(|rows| serde_json::from_str(&rows).ok())
        .ok_or_else(|| DbError::Unexpected("rows that are no JSON".to_owned()))
}

/// Fills a new branch's ledger. False, and nothing done, if that would run a user's code.
pub async fn fill(
    executor: &mut dyn Executor,
    table: &Table,
    map: &BranchMap,
    contents: &Value,
) -> Result<bool, DbError> {
    if !lock(executor, table, map).await? {
        return Ok(false);
    }
    let columns = column_list(stored(table));
    let target = physical(table, map, NameUse::Write);
    let sql = format!(
        "INSERT INTO {target} ({columns}) OVERRIDING SYSTEM VALUE
         SELECT {columns} FROM json_populate_recordset(NULL::{target}, $1::text::json)"
    );
    executor.query(&sql, &[Some(&contents.to_string())]).await?;
    for column in table.columns.iter().filter(|column| is_surrogate(column)) {
        let name = quote_identifier(&column.name);
        executor
            .batch(&format!(
                "SELECT setval(pg_get_serial_sequence({}, {}), max({name}))
                   FROM {target} HAVING max({name}) IS NOT NULL",
                quote_literal(&target),
                quote_literal(&column.name),
            ))
            .await?;
    }
    Ok(true)
}

/// The rows of a ledger on one branch.
pub async fn rows(
    executor: &mut dyn Executor,
    table: &Table,
    map: &BranchMap,
) -> Result<Rows, DbError> {
    let sql = format!(
        "SELECT ({})::text FROM {} AS t",
        carried_row(table),
        physical(table, map, NameUse::Read)
    );
    let rows = executor.query(&sql, &[]).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect())
}

/// What a merge does to the target's ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carry {
    pub insert: Rows,
    pub delete: Rows,
}

/// Three-way merge of row sets. Without a `base` only additions are carried.
///
/// A row is the same row before and after the ledger gets a column or loses one: rows are compared by the columns
/// that both have. One that the target has as it was gets what the source has in a new column.
pub fn carry(base: Option<&Rows>, source: &Rows, target: &Rows) -> Carry {
    let empty = Rows::new();
    let in_base = base.unwrap_or(&empty);
    let before = shared_columns(in_base, source);
    let known: BTreeSet<String> = in_base.iter().map(|row| part(row, &before)).collect();
    let now: BTreeSet<String> = source.iter().map(|row| part(row, &before)).collect();
    let common = shared_columns(source, target);
    let there: BTreeSet<String> = target.iter().map(|row| part(row, &common)).collect();
    let has_new_column = columns(source).len() > before.len();

    let mut carry = Carry::default();
    for row in source {
        let as_before = part(row, &before);
        let is_there = there.contains(&part(row, &common));
        if is_there {
            continue;
        }
        if !known.contains(&as_before) {
            carry.insert.insert(row.clone());
        } else if has_new_column {
            let outdated = target.iter().filter(|row| part(row, &before) == as_before);
            let deleted = carry.delete.len();
            carry.delete.extend(outdated.cloned());
            if carry.delete.len() > deleted {
                carry.insert.insert(row.clone());
            }
        }
    }
    let gone: BTreeSet<String> = known.difference(&now).cloned().collect();
    let deleted = target
        .iter()
        .filter(|row| gone.contains(&part(row, &before)));
    carry.delete.extend(deleted.cloned());
    carry
}

/// The columns of a ledger: all its rows have the same.
fn columns(rows: &Rows) -> BTreeSet<String> {
    match rows.first().map(|row| serde_json::from_str(row)) {
        Some(Ok(Value::Object(row))) => row.into_iter().map(|(name, _)| name).collect(),
        _ => BTreeSet::new(),
    }
}

/// The columns that two ledgers have in common; those of one, where the other has no rows to show any.
fn shared_columns(one: &Rows, other: &Rows) -> BTreeSet<String> {
    let (one, other) = (columns(one), columns(other));
    match (one.is_empty(), other.is_empty()) {
        (true, _) => other,
        (_, true) => one,
        _ => one.intersection(&other).cloned().collect(),
    }
}

/// A row cut down to some columns.
fn part(row: &str, columns: &BTreeSet<String>) -> String {
    match serde_json::from_str(row) {
        Ok(Value::Object(mut row)) => {
            row.retain(|name, _| columns.contains(name));
            Value::Object(row).to_string()
        }
        _ => row.to_owned(),
    }
}

/// Applies a carry on the target branch.
pub async fn apply(
    executor: &mut dyn Executor,
    table: &Table,
    map: &BranchMap,
    carry: &Carry,
) -> Result<(), DbError> {
    let target = physical(table, map, NameUse::Write);
    if !carry.delete.is_empty() {
        let sql = format!(
            "DELETE FROM {target} AS t USING jsonb_array_elements($1::jsonb) AS gone WHERE ({}) = gone",
            carried_row(table)
        );
        executor
            .query(&sql, &[Some(&json_array(&carry.delete))])
            .await?;
    }
    if !carry.insert.is_empty() {
        let present = columns(&carry.insert);
        let columns = column_list(
            stored(table).filter(|column| !is_surrogate(column) && present.contains(&column.name)),
        );
        let sql = format!(
            "INSERT INTO {target} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{target}, $1::jsonb)"
        );
        executor
            .query(&sql, &[Some(&json_array(&carry.insert))])
            .await?;
    }
    Ok(())
}

/// Row sets as stored beside a pair of branches: what was equal on both when they last met.
pub fn to_json(rows: &Rows) -> Value {
    rows.iter().map(|row| Value::from(row.as_str())).collect()
}

pub fn from_json(value: &Value) -> Rows {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|row| row.as_str().map(str::to_owned))
        .collect()
}

fn json_array(rows: &Rows) -> String {
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    format!("[{}]", rows.join(","))
}

fn stored(table: &Table) -> impl Iterator<Item = &Column> {
    table
        .columns
        .iter()
        .filter(|column| column.generated.is_none())
}

fn is_surrogate(column: &Column) -> bool {
    column.identity.is_some()
        || column
            .default
            .as_deref()
            .is_some_and(|default| default.starts_with("nextval("))
}

fn column_list<'a>(columns: impl Iterator<Item = &'a Column>) -> String {
    let names: Vec<_> = columns
        .map(|column| quote_identifier(&column.name))
        .collect();
    names.join(", ")
}

/// The row as JSON without what is not carried.
fn carried_row(table: &Table) -> String {
    let left_out: Vec<String> = table
        .columns
        .iter()
        .filter(|column| is_surrogate(column) || column.generated.is_some())
        .map(|column| quote_literal(&column.name))
        .collect();
    format!("to_jsonb(t) - ARRAY[{}]::text[]", left_out.join(", "))
}

fn physical(table: &Table, map: &BranchMap, usage: NameUse) -> String {
    let schema = map.physical_schema(&table.name.schema, None, usage);
    format!(
        "{}.{}",
        quote_identifier(&schema),
        quote_identifier(&table.name.name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(names: &[&str]) -> Rows {
        names
            .iter()
            .map(|name| serde_json::json!({ "name": name }).to_string())
            .collect()
    }

    fn with_flag(names: &[&str], flag: bool) -> Rows {
        names
            .iter()
            .map(|name| serde_json::json!({ "name": name, "flag": flag }).to_string())
            .collect()
    }

    #[test]
    fn rows_added_on_the_source_are_added_to_the_target() {
        let carried = carry(
            Some(&rows(&["0001"])),
            &rows(&["0001", "0002"]),
            &rows(&["0001", "0001_other"]),
        );
        assert_eq!(carried.insert, rows(&["0002"]));
        assert_eq!(carried.delete, rows(&[]));
    }

    #[test]
    fn a_pointer_moves_with_the_source() {
        let carried = carry(Some(&rows(&["a"])), &rows(&["b"]), &rows(&["a"]));
        assert_eq!(
            (carried.insert, carried.delete),
            (rows(&["b"]), rows(&["a"]))
        );
    }

    #[test]
    fn what_the_target_already_has_is_left_alone() {
        assert_eq!(
            carry(Some(&rows(&["a"])), &rows(&["b"]), &rows(&["b"])),
            Carry::default()
        );
    }

    #[test]
    fn without_a_base_nothing_is_deleted() {
        let carried = carry(None, &rows(&["a", "b"]), &rows(&["b", "c"]));
        assert_eq!((carried.insert, carried.delete), (rows(&["a"]), rows(&[])));
    }

    #[test]
    fn a_new_column_makes_no_new_rows() {
        let source = with_flag(&["a", "b"], true);
        // What the target has after the column has come: its default.
        let carried = carry(Some(&rows(&["a"])), &source, &with_flag(&["a"], false));
        assert_eq!(carried.insert, source);
        assert_eq!(carried.delete, with_flag(&["a"], false));
        let carried = carry(Some(&rows(&["a"])), &source, &with_flag(&["a"], true));
        assert_eq!(carried.insert, with_flag(&["b"], true));
        assert_eq!(carried.delete, rows(&[]));
    }

    #[test]
    fn a_column_that_only_one_side_has_makes_no_difference() {
        let carried = carry(
            Some(&rows(&["a", "b"])),
            &rows(&["a", "c"]),
            &with_flag(&["a", "b"], true),
        );
        assert_eq!(carried.insert, rows(&["c"]));
        assert_eq!(carried.delete, with_flag(&["b"], true));
    }
}
