//! What a ref means: a branch, a tag, digits of a commit's hash, `ref~n`, `branch@{timestamp}`.

use super::Store;
use super::error::StoreError;
use super::hash::CommitHash;
use super::rows::FromRow;
use crate::upstream::Executor;

/// Fewer digits of a hash name nothing.
pub const MIN_PREFIX_DIGITS: usize = 4;

const BY_PREFIX: &str = include_str!("sql/commits_by_prefix.sql");
const NTH_ANCESTOR: &str = include_str!("sql/nth_ancestor.sql");
const BRANCH_AT: &str = include_str!("sql/branch_at.sql");

/// A ref taken apart: `base~n`, where `base` may be `branch@{at}`.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    base: &'a str,
    at: Option<&'a str>,
    /// How many first parents to go back.
    back: u64,
}

impl<'a> Parts<'a> {
    /// `None` if it has no such form.
    fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text;
        let mut back: u64 = 0;
        // `@{…}` ends with a brace, so a `~` after the last one is ours.
        while let Some((before, digits)) = rest.rsplit_once('~')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
        {
            let step = if digits.is_empty() {
                1
            } else {
                digits.parse().ok()?
            };
            back = back.checked_add(step)?;
            rest = before;
        }
        let (base, at) = match rest
            .strip_suffix('}')
            .and_then(|rest| rest.split_once("@{"))
        {
            Some((base, at)) => (base, Some(at)),
            None => (rest, None),
        };
        (!base.is_empty()).then_some(Self { base, at, back })
    }
}

impl Store {
    /// The commit that a ref names. A branch or a tag goes before a hash of the same spelling.
    pub async fn resolve(
        &self,
        exec: &mut dyn Executor,
        text: &str,
    ) -> Result<CommitHash, StoreError> {
        let unknown = || StoreError::UnknownRef(text.to_owned());
        let parts = Parts::parse(text).ok_or_else(unknown)?;
        let start = match parts.at {
            Some(at) => self.branch_at(exec, parts.base, at).await?,
            None => self.by_name(exec, parts.base).await?.ok_or_else(unknown)?,
        };
        if parts.back == 0 {
            return Ok(start);
        }
        let rows = exec
            .query(
                NTH_ANCESTOR,
                &[Some(&start.to_string()), Some(&parts.back.to_string())],
            )
            .await?;
        match rows.into_iter().next() {
            Some(row) => FromRow::new(row).parse(),
            None => Err(StoreError::BeyondFirstCommit(text.to_owned())),
        }
    }

    async fn by_name(
        &self,
        exec: &mut dyn Executor,
        name: &str,
    ) -> Result<Option<CommitHash>, StoreError> {
        if let Some(branch) = self.branch(exec, name).await? {
            return Ok(Some(branch.head));
        }
        if let Some(tag) = self.tag(exec, name).await? {
            return Ok(Some(tag.commit));
        }
        self.by_prefix(exec, name).await
    }

    async fn by_prefix(
        &self,
        exec: &mut dyn Executor,
        prefix: &str,
    ) -> Result<Option<CommitHash>, StoreError> {
        let digits = prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !digits || !(MIN_PREFIX_DIGITS..=64).contains(&prefix.len()) {
            return Ok(None);
        }
        let (low, high) = (format!("{prefix:0<64}"), format!("{prefix:f<64}"));
        let rows = exec.query(BY_PREFIX, &[Some(&low), Some(&high)]).await?;
        let candidates: Vec<CommitHash> = rows
            .into_iter()
            .map(|row| FromRow::new(row).parse())
            .collect::<Result<_, _>>()?;
        match candidates.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(StoreError::AmbiguousRef {
                prefix: prefix.to_owned(),
                candidates,
            }),
        }
    }

    /// Where a branch was then. `at` is anything PostgreSQL reads as a `timestamptz`: also `yesterday`.
    async fn branch_at(
        &self,
        exec: &mut dyn Executor,
        name: &str,
        at: &str,
    ) -> Result<CommitHash, StoreError> {
        let branch = self
            .branch(exec, name)
            .await?
            .ok_or_else(|| StoreError::UnknownBranch(name.to_owned()))?;
        let rows = exec
            .query(BRANCH_AT, &[Some(&branch.id.to_string()), Some(at)])
            .await?;
        match rows.into_iter().next() {
            Some(row) => FromRow::new(row).parse(),
            None => Err(StoreError::BeforeBranch {
                branch: branch.name,
                timestamp: at.to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refs_are_taken_apart_from_the_right() {
        let parts = |base, at, back| Some(Parts { base, at, back });
        for (text, expected) in [
            ("main", parts("main", None, 0)),
            ("main~", parts("main", None, 1)),
            ("main~3~2", parts("main", None, 5)),
            ("feature/a~b", parts("feature/a~b", None, 0)),
            ("main@{2026-01-01}", parts("main", Some("2026-01-01"), 0)),
            ("main@{now}~2", parts("main", Some("now"), 2)),
            ("main~18446744073709551616", None),
            ("main~18446744073709551615~1", None),
            ("~1", None),
            ("@{now}", None),
            ("", None),
        ] {
            assert_eq!(Parts::parse(text), expected, "{text}");
        }
    }
}
