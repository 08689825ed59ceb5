//! What has changed in the catalogs since they were last looked at, found without reading what they say.
//!
//! A fingerprint is a sum over the versions of the catalogs' rows, by groups of 64 OIDs. Every change to a row makes
//! another version of it, whoever made the change and however; so what is in groups of equal sums is as it was.
//! `VACUUM` leaves versions as they are, or (`FULL`) makes all of them anew.

use super::read::{oid_array, oid_groups, text_array};
use super::{CatalogError, CatalogId, row};
use crate::upstream::{DbError, Executor, Row};
use std::collections::{BTreeSet, HashMap};

const FINGERPRINT: &str = include_str!("sql/fingerprint.sql");
const MOVED: &str = include_str!("sql/moved.sql");

/// Whole catalogs are walked: the one thing for which the pinned settings are wrong.
const WALK: &str = "SELECT set_config('enable_seqscan', $1, true)";

/// Two fingerprints are compared only if fewer transactions lie between them: their numbers come round.
const MAX_TRANSACTIONS_BETWEEN: u64 = 1 << 31;

/// More groups than this part of all are no difference to speak of: then everything is read.
const MOST: usize = 8;
/// Unless there are few.
const FEW: usize = 32;

/// The state of a database's catalogs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// By the number of a group of OIDs.
    sums: HashMap<u32, i128>,
    /// Names (hashed) that definitions are printed with, of things that are in no schema.
    names: HashMap<String, String>,
    /// Which database of which run of a server.
    place: String,
    /// The first transaction that had not begun.
    horizon: u64,
}

/// What may be different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    Everything,
    /// What has OIDs in these groups, and what is printed with its names.
    Groups(Vec<u32>),
}

/// Takes the fingerprint of the database as the open transaction sees it, but for what is in the schemas `elsewhere`. Of
/// that, only what has OIDs among `kept` counts.
pub async fn fingerprint(
    exec: &mut dyn Executor,
    elsewhere: &[String],
    kept: &BTreeSet<u32>,
) -> Result<Fingerprint, CatalogError> {
    let (elsewhere, kept) = (text_array(elsewhere), oid_array(kept));
    exec.query(WALK, &[Some("on")]).await?;
    let rows = exec
        .query(FINGERPRINT, &[Some(&elsewhere), Some(&kept)])
        .await?;
    exec.query(WALK, &[Some("off")]).await?;
    let mut fingerprint = Fingerprint::default();
    for row in rows {
        fingerprint
            .add(row)
            .ok_or_else(|| DbError::Unexpected("no part of a fingerprint".to_owned()))?;
    }
    Ok(fingerprint)
}

/// The addresses, as catalog and OID, of all that is or was in those groups.
pub async fn moved(
    exec: &mut dyn Executor,
    groups: &[u32],
) -> Result<Vec<CatalogId>, CatalogError> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let rows = exec.query(MOVED, &[Some(&oid_groups(groups))]).await?;
    let addresses = row::addresses(&rows)?;
    Ok(addresses
        .into_iter()
        .map(|(class, oid)| CatalogId::object(class, oid))
        .collect())
}

impl Fingerprint {
    fn add(&mut self, row: Row) -> Option<()> {
        let [what, key, value] = <[Option<String>; 3]>::try_from(row).ok()?;
        let (key, value) = (key?, value?);
        match what?.as_str() {
            "b" => {
                self.sums.insert(key.parse().ok()?, value.parse().ok()?);
            }
            "n" => {
                self.names.insert(key, value);
            }
            _ => {
                self.place = key;
                self.horizon = value.parse().ok()?;
            }
        }
        Some(())
    }

    /// What may be different from what it was at the time of `earlier`.
    pub fn moved_since(&self, earlier: &Self) -> Moved {
        let renamed = earlier.names.iter().any(|(what, name)| {
            let now = self.names.get(what);
            now.is_some_and(|now| now != name)
        });
        let comparable = self.place == earlier.place
            && self.horizon.abs_diff(earlier.horizon) < MAX_TRANSACTIONS_BETWEEN;
        if renamed || !comparable {
            return Moved::Everything;
        }
        let changed = self
            .sums
            .iter()
            .filter(|(group, sum)| earlier.sums.get(group) != Some(sum))
            .map(|(group, _)| *group);
        let lost = earlier.sums.keys().copied();
        let lost = lost.filter(|group| !self.sums.contains_key(group));
        let mut groups: Vec<u32> = changed.chain(lost).collect();
        if groups.len() > FEW.max(self.sums.len() / MOST) {
            return Moved::Everything;
        }
        groups.sort_unstable();
        Moved::Groups(groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(sums: &[(u32, i128)], names: &[(&str, &str)], horizon: u64) -> Fingerprint {
        Fingerprint {
            sums: sums.iter().copied().collect(),
            names: names
                .iter()
                .map(|(what, name)| ((*what).to_owned(), (*name).to_owned()))
                .collect(),
            place: "here".to_owned(),
            horizon,
        }
    }

    #[test]
    fn groups_that_changed_came_or_went_have_moved() {
        let before = taken(&[(1, 10), (2, 20), (3, 30)], &[], 7);
        let after = taken(&[(1, 10), (2, 21), (4, 40)], &[], 9);
        assert_eq!(after.moved_since(&before), Moved::Groups(vec![2, 3, 4]));
        assert_eq!(before.moved_since(&before), Moved::Groups(vec![]));
    }

    #[test]
    fn everything_has_moved_where_a_role_is_called_otherwise() {
        let before = taken(&[(1, 10)], &[("role 10", "ada")], 7);
        let renamed = taken(&[(1, 10)], &[("role 10", "bob")], 7);
        let another = taken(&[(1, 10)], &[("role 10", "ada"), ("role 11", "bob")], 7);
        assert_eq!(renamed.moved_since(&before), Moved::Everything);
        assert_eq!(another.moved_since(&before), Moved::Groups(vec![]));
    }

    #[test]
    fn everything_has_moved_on_another_server_or_after_an_age() {
        let before = taken(&[(1, 10)], &[], 7);
        let elsewhere = Fingerprint {
            place: "there".to_owned(),
            ..before.clone()
        };
        assert_eq!(elsewhere.moved_since(&before), Moved::Everything);
        let later = taken(&[(1, 10)], &[], 7 + MAX_TRANSACTIONS_BETWEEN);
        assert_eq!(later.moved_since(&before), Moved::Everything);
    }

    #[test]
    fn everything_has_moved_where_much_has() {
        let before = taken(&(0..100).map(|n| (n, 1)).collect::<Vec<_>>(), &[], 7);
        let after = taken(&(0..100).map(|n| (n, 2)).collect::<Vec<_>>(), &[], 8);
        assert_eq!(after.moved_since(&before), Moved::Everything);
    }
}
