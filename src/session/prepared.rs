//! Prepared statements and portals, as far as the proxy must know of them.

use super::reply::{ReplyQueue, Upcoming};
use crate::branch::BranchMap;
use crate::command::{Command, Value};
use crate::sql::plan::{Action, Plan, Statement};
use crate::wire::backend::RowShape;
use bytes::{Bytes, BytesMut};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// Which names a plan was made under.
pub type MapVersion = (i64, u64);

pub fn version_of(map: &BranchMap) -> MapVersion {
    (map.id(), map.version())
}

/// A prepared statement as the client knows it.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// As the client wrote it.
    pub text: Bytes,
    /// Parameter types, as they stand in a Parse message.
    pub types: Bytes,
    pub plan: Arc<Plan>,
    /// What the server's statement was made under. `None` once it must be prepared again in any case.
    pub version: Option<MapVersion>,
    /// The server holds an empty statement in its place.
    pub command: Option<Arc<Command>>,
    /// It was made by SQL's `PREPARE`, which is what `text` holds.
    pub in_sql: bool,
    /// The columns that the client was told of, if it has asked.
    pub told: Option<RowShape>,
    /// Prepared under other names, it now has others.
    pub reshaped: bool,
}

impl Prepared {
    /// The one statement that the proxy must know of; `None` if there is nothing to it.
    pub fn statement(&self) -> Option<&Statement> {
        match &*self.plan {
            Plan::Statements(statements) => match statements.as_slice() {
                [statement] => Some(statement),
                _ => None,
            },
            Plan::Forward | Plan::Refuse(_) => None,
        }
    }

    /// Whether its rows are not those that the client expects.
    pub fn is_reshaped(&self) -> bool {
        self.reshaped && !self.is_conducted()
    }

    /// Whether executing it takes more than passing the message on.
    pub fn is_conducted(&self) -> bool {
        self.statement().is_some_and(|statement| {
            !matches!(
                statement.action,
                Action::None | Action::Refuse(_) | Action::ExecutePrepared { .. }
            )
        })
    }
}

/// Where a Parse names no parameter types: their count, which is 0.
pub const NO_TYPES: Bytes = Bytes::from_static(&[0, 0]);

/// What a Parse in flight will have made.
#[derive(Clone, Debug)]
pub struct Registration {
    pub name: Bytes,
    pub prepared: Prepared,
}

/// A portal whose execution is not simply passed on: the proxy conducts it, or its rows are not those that the client
/// expects.
#[derive(Debug)]
pub struct Portal {
    pub prepared: Prepared,
    /// As the Bind asked for them.
    pub formats: Vec<i16>,
    /// What is left of a command's answer, once it has run.
    pub rows: Option<Rows>,
}

/// Rows of a command's answer that are still to be fetched.
#[derive(Debug)]
pub struct Rows {
    pub rows: VecDeque<Vec<Value>>,
    pub tag: String,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Registry {
    unnamed: Option<Box<Registration>>,
    /// The unnamed statement before: its place is for the next one.
    spare: Option<Box<Registration>>,
    named: HashMap<Bytes, Prepared>,
    portals: HashMap<Bytes, Portal>,
    /// The named statement that the unnamed portal was last bound to; empty if it was the unnamed one.
    bound: BytesMut,
    /// Portals whose rows may hold physical names.
    printing: HashSet<Bytes>,
}

impl Registry {
    /// Boxes what a Parse will have made, without an allocation for an unnamed statement that follows others.
    pub fn boxed(&mut self, registration: Registration) -> Box<Registration> {
        match self.spare.take() {
            Some(mut spare) => {
                *spare = registration;
                spare
            }
            None => Box::new(registration),
        }
    }

    /// A statement exists on the server.
    pub fn register(&mut self, registration: Box<Registration>) {
        if registration.name.is_empty() {
            self.forget_unnamed();
            self.unnamed = Some(registration);
        } else {
            let Registration { name, prepared } = *registration;
            self.named.insert(name, prepared);
        }
    }

    pub fn forget(&mut self, name: &[u8]) {
        if name.is_empty() {
            self.forget_unnamed();
        } else {
            self.named.remove(name);
        }
    }

    pub fn forget_all(&mut self) {
        self.forget_unnamed();
        self.named.clear();
        self.close_portals();
    }

    /// A simple Query has dropped the unnamed statement.
    pub fn forget_unnamed(&mut self) {
        if let Some(mut forgotten) = self.unnamed.take() {
            forgotten.prepared.text = Bytes::new();
            self.spare = Some(forgotten);
        }
    }

    /// A simple Query of the proxy's has dropped the client's unnamed statement, behind its back.
    pub fn unnamed_lost(&mut self) {
        if let Some(unnamed) = &mut self.unnamed {
            unnamed.prepared.version = None;
        }
    }

    /// What `name` means to a message that is sent now.
    pub fn find<'a>(&'a self, name: &[u8], replies: &'a ReplyQueue) -> Option<&'a Prepared> {
        match replies.upcoming(name) {
            Upcoming::Made(registration) => Some(&registration.prepared),
            Upcoming::Gone => None,
            Upcoming::Unchanged if name.is_empty() => {
                self.unnamed.as_ref().map(|unnamed| &unnamed.prepared)
            }
            Upcoming::Unchanged => self.named.get(name),
        }
    }

    /// The client is told the columns of a statement.
    pub fn tell(&mut self, name: &[u8], shape: RowShape) {
        if let Some(prepared) = self.named.get_mut(name) {
            prepared.told = Some(shape);
            prepared.reshaped = false;
        }
    }

    /// A statement that was prepared again has these columns now.
    pub fn compare(&mut self, name: &[u8], shape: RowShape) {
        if let Some(prepared) = self.named.get_mut(name) {
            prepared.reshaped = prepared.told.is_some_and(|told| told != shape);
        }
    }

    /// A portal is bound to a statement.
    pub fn note_bound(&mut self, portal: &[u8], statement: &[u8]) {
        if portal.is_empty() {
            self.bound.clear();
            self.bound.extend_from_slice(statement);
        }
    }

    /// The statement of which a client learns by asking for the columns of the unnamed portal, if it has not known.
    pub fn learns_of(&self, replies: &ReplyQueue) -> Option<Bytes> {
        if self.bound.is_empty() {
            return None;
        }
        let prepared = self.find(&self.bound, replies)?;
        (prepared.told.is_none() || prepared.reshaped).then(|| Bytes::copy_from_slice(&self.bound))
    }

    /// A portal is bound; one of the same name that the proxy conducted is gone.
    pub fn bind(&mut self, name: &[u8], portal: Option<Portal>) {
        match portal {
            Some(portal) => {
                self.portals.insert(Bytes::copy_from_slice(name), portal);
            }
            None if self.portals.is_empty() => {}
            None => {
                self.portals.remove(name);
            }
        }
    }

    /// Notes whether the rows of a portal may hold physical names.
    pub fn prints(&mut self, portal: &[u8], prints_names: bool) {
        if prints_names {
            self.printing.insert(Bytes::copy_from_slice(portal));
        } else if !self.printing.is_empty() {
            self.printing.remove(portal);
        }
    }

    pub fn prints_names(&self, portal: &[u8]) -> bool {
        !self.printing.is_empty() && self.printing.contains(portal)
    }

    pub fn portal(&self, name: &[u8]) -> Option<&Portal> {
        if self.portals.is_empty() {
            return None;
        }
        self.portals.get(name)
    }

    pub fn portal_mut(&mut self, name: &[u8]) -> Option<&mut Portal> {
        self.portals.get_mut(name)
    }

    pub fn take_portal(&mut self, name: &[u8]) -> Option<Portal> {
        self.portals.remove(name)
    }

    pub fn close_portals(&mut self) {
        self.portals.clear();
        self.printing.clear();
    }
}
