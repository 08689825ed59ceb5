//! Privileges: what a new object has by default, and what leads from one set to another.

use super::change::Alteration;
use super::model::{Acl, Kind};
use std::collections::BTreeMap;

/// What a new object of `owner` grants before anybody says otherwise (`acldefault`).
///
/// A newer server knows more privileges than the model does; the owner of a new object has them all,
/// so where `wanted` gives the owner at least the known ones, it is the default.
pub fn default_acl(kind: Kind, owner: &str, wanted: &Acl) -> Acl {
    let plain = |privileges: &[&str]| {
        privileges
            .iter()
            .map(|privilege| ((*privilege).to_owned(), false))
            .collect::<BTreeMap<_, _>>()
    };
    let mut acl = Acl::new();
    let facts = kind.facts();
    let mut own = plain(facts.privileges);
    if own.is_empty() {
        return acl;
    }
    if let Some(wanted) = wanted.get(owner)
        && own.keys().all(|privilege| wanted.contains_key(privilege))
    {
        own = wanted.keys().map(|key| (key.clone(), false)).collect();
    }
    acl.insert(owner.to_owned(), own);
    if !facts.public.is_empty() {
        acl.insert(String::new(), plain(facts.public));
    }
    acl
}

/// What `ALTER … OWNER TO` makes of the privileges: the old owner's become the new one's.
pub fn after_owner_change(acl: &Acl, old: &str, new: &str) -> Acl {
    let mut acl = acl.clone();
    if old != new
        && let Some(moved) = acl.remove(old)
    {
        let own = acl.entry(new.to_owned()).or_default();
        for (privilege, grantable) in moved {
            *own.entry(privilege).or_default() |= grantable;
        }
    }
    acl
}

/// Adds all that `more` grants.
pub fn add(acl: &mut Acl, more: &Acl) {
    for (grantee, privileges) in more {
        let own = acl.entry(grantee.clone()).or_default();
        for (privilege, grantable) in privileges {
            *own.entry(privilege.clone()).or_default() |= grantable;
        }
    }
}

/// The grants and revokes that lead from one set to the other, revokes first.
pub fn difference(from: &Acl, to: &Acl, column: Option<&str>) -> Vec<Alteration> {
    let nothing = BTreeMap::new();
    let column = column.map(str::to_owned);
    let mut revokes = Vec::new();
    let mut grants = Vec::new();
    let mut grantees: Vec<_> = from.keys().chain(to.keys()).collect();
    grantees.sort();
    grantees.dedup();
    for grantee in grantees {
        let old = from.get(grantee).unwrap_or(&nothing);
        let new = to.get(grantee).unwrap_or(&nothing);
        let select = |of: &BTreeMap<String, bool>, wanted: &dyn Fn(&str, bool) -> bool| {
            of.iter()
                .filter(|(privilege, grantable)| wanted(privilege, **grantable))
                .map(|(privilege, _)| privilege.clone())
                .collect::<Vec<_>>()
        };
        let gone = select(old, &|privilege, _| !new.contains_key(privilege));
        let less = select(old, &|privilege, grantable| {
            grantable && new.get(privilege) == Some(&false)
        });
        for (privileges, grant_option_only) in [(gone, false), (less, true)] {
            if !privileges.is_empty() {
                revokes.push(Alteration::Revoke {
                    column: column.clone(),
                    grantee: grantee.clone(),
                    privileges,
                    grant_option_only,
                });
            }
        }
        let plain = select(new, &|privilege, grantable| {
            !grantable && !old.contains_key(privilege)
        });
        let with_option = select(new, &|privilege, grantable| {
            grantable && old.get(privilege) != Some(&true)
        });
        for (privileges, grantable) in [(plain, false), (with_option, true)] {
            if !privileges.is_empty() {
                grants.push(Alteration::Grant {
                    column: column.clone(),
                    grantee: grantee.clone(),
                    privileges,
                    grantable,
                });
            }
        }
    }
    revokes.append(&mut grants);
    revokes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(entries: &[(&str, &[(&str, bool)])]) -> Acl {
        entries
            .iter()
            .map(|(grantee, privileges)| {
                let privileges = privileges
                    .iter()
                    .map(|(privilege, grantable)| ((*privilege).to_owned(), *grantable))
                    .collect();
                ((*grantee).to_owned(), privileges)
            })
            .collect()
    }

    fn sentences(from: &Acl, to: &Acl) -> Vec<String> {
        difference(from, to, None)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_new_routine_is_everybodys_to_execute() {
        let default = default_acl(Kind::Routine, "ada", &Acl::new());
        let wanted = acl(&[("ada", &[("EXECUTE", false)])]);
        assert_eq!(sentences(&default, &wanted), ["revoke execute from public"]);
    }

    #[test]
    fn privileges_of_a_newer_server_are_the_owners_anyway() {
        let all = acl(&[(
            "ada",
            &[
                ("DELETE", false),
                ("INSERT", false),
                ("MAINTAIN", false),
                ("REFERENCES", false),
                ("SELECT", false),
                ("TRIGGER", false),
                ("TRUNCATE", false),
                ("UPDATE", false),
            ],
        )]);
        assert_eq!(default_acl(Kind::Table, "ada", &all), all);
    }

    #[test]
    fn grant_options_come_and_go_by_themselves() {
        let without = acl(&[("bob", &[("SELECT", false)])]);
        let with = acl(&[("bob", &[("SELECT", true)])]);
        assert_eq!(
            sentences(&without, &with),
            ["grant select to bob with grant option"]
        );
        assert_eq!(
            sentences(&with, &without),
            ["revoke grant option for select from bob"]
        );
    }

    #[test]
    fn an_owners_privileges_move_with_the_ownership() {
        let before = acl(&[("ada", &[("USAGE", false)])]);
        assert_eq!(
            after_owner_change(&before, "ada", "bob"),
            acl(&[("bob", &[("USAGE", false)])])
        );
    }
}
