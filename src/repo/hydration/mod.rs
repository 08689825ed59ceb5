//! A branch is there at once, and its objects follow.
//!
//! Creating a branch notes where it is and what its schemas will be called. Its objects are made afterwards, in
//! units that belong together, each in a transaction with the lineages it is known by: so what is still to be made
//! is at any instant what the head has and the branch's lineages have not, whoever dies meanwhile. [`work`] makes
//! them in the background, what sessions wait for first, and what is not connected at the same time; [`needs`] tells
//! what a statement has to wait for.

mod apply;
mod connections;
mod graph;
mod guard;
mod needs;
#[cfg(test)]
mod tests;
mod work;

pub use apply::Migration;
pub(super) use connections::Connections;
pub use graph::Graph;
pub use needs::Need;
pub(super) use work::run;

use crate::error::{ErrorReport, SqlState};
use crate::schema::render::step::Creator;
use graph::UnitNo;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// How far one branch has come, shared by those who wait and the one who works.
#[derive(Debug)]
pub struct Hydration {
    branch: i64,
    state: Mutex<State>,
    /// Told of every step.
    steps: watch::Sender<()>,
    /// Told when there may be something else to do: somebody waits for what was not asked for before, or others may
    /// go on with an island.
    calls: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    /// `None` until the tree has been read.
    plan: Option<Plan>,
    /// Why it cannot be read.
    unreadable: Option<ErrorReport>,
    finished: bool,
}

/// What is to be made, and what of it has been.
#[derive(Debug)]
struct Plan {
    graph: Arc<Graph>,
    /// The role that makes the objects.
    creator: Arc<Creator>,
    is_done: Vec<bool>,
    /// No unit before this one is left.
    first: usize,
    /// What sessions wait for: of each text the units that are not made yet, with all that those need.
    wanted: Vec<BTreeSet<UnitNo>>,
    failed: BTreeMap<UnitNo, Failure>,
    /// Asked for while something that they are connected with was being made: should that attempt at them fail, it tells
    /// nothing of now, and they are tried again.
    again: BTreeSet<UnitNo>,
    /// Islands of which something is being made.
    taken: BTreeSet<UnitNo>,
    /// Something was made since something failed: that may have been what was missing.
    is_hopeful: bool,
    /// Units that are not made yet.
    left: usize,
    /// Objects of the branch: those that are there, those that were at first, and all.
    done: u64,
    before: u64,
    total: u64,
}

/// Why a unit was not made.
#[derive(Clone, Debug)]
struct Failure {
    report: ErrorReport,
    /// It may well be made if tried again.
    is_passing: bool,
}

/// What to make next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Units(Vec<UnitNo>),
    /// What is left is others' at the moment, or has failed; some of that may be tried again by itself.
    Blocked {
        is_passing: bool,
    },
    Nothing,
}

/// Units are made together until they have so many objects: enough to make the transaction's own cost small, few
/// enough that nobody waits long for it to end.
const BATCH_OBJECTS: usize = 150;

/// What several texts need is made together if it has no more objects: the least that somebody waits for is to be
/// there soon.
const TOGETHER_OBJECTS: usize = 30;

/// The lock of whoever makes something of the foundation, and of whoever changes functions for the time of making.
const FOUNDATION: i32 = 0;
const FUNCTIONS: i32 = 1;

impl Hydration {
    pub(super) fn new(branch: i64) -> Self {
        Self {
            branch,
            state: Mutex::default(),
            steps: watch::Sender::new(()),
            calls: watch::Sender::new(()),
        }
    }

    /// The branch has all its objects, or is gone.
    pub fn is_finished(&self) -> bool {
        let state = self.state();
        state.finished || state.plan.as_ref().is_some_and(|plan| plan.left == 0)
    }

    /// Whether there is nothing left to do, not even to note so.
    fn is_over(&self) -> bool {
        self.state().finished
    }

    /// Whether everything is there that a text needs.
    pub fn has_what_is_needed(&self, text: &[u8], is_utf8: bool) -> bool {
        let state = self.state();
        match &state.plan {
            _ if state.finished => true,
            None => needs::is_of_the_session(text),
            Some(plan) => plan.missing(&plan.graph.need(text, is_utf8)).is_empty(),
        }
    }

    /// Waits until everything is there that a text needs.
    ///
    /// # Errors
    /// Why something of it cannot be made.
    pub async fn prepare_for(&self, text: &[u8], is_utf8: bool) -> Result<(), ErrorReport> {
        self.wait_for(|graph| graph.need(text, is_utf8)).await
    }

    /// Waits until tables of these names are there, in whatever schema.
    pub async fn prepare_for_tables(&self, names: &BTreeSet<String>) -> Result<(), ErrorReport> {
        self.wait_for(|graph| graph.need_of_tables(names)).await
    }

    /// Waits until everything is there.
    pub async fn complete(&self) -> Result<(), ErrorReport> {
        self.wait_for(|_| Need::Everything).await
    }

    async fn wait_for(&self, need: impl Fn(&Graph) -> Need) -> Result<(), ErrorReport> {
        let mut steps = self.steps.subscribe();
        let missing = loop {
            if let Some(missing) = self.ask_for(&need)? {
                break missing;
            }
            if steps.changed().await.is_err() {
                return Ok(());
            }
        };
        loop {
            {
                let state = self.state();
                let Some(plan) = state.plan.as_ref().filter(|_| !state.finished) else {
                    return Ok(());
                };
                let failure = missing.iter().find_map(|unit| plan.failed.get(unit));
                if let Some(failure) = failure {
                    return Err(failure.report.clone());
                }
                if missing.iter().all(|unit| plan.has(*unit)) {
                    return Ok(());
                }
            }
            if steps.changed().await.is_err() {
                return Ok(());
            }
        }
    }

    /// Notes what is needed as wanted. `None` if it is too early to tell.
    fn ask_for(
        &self,
        need: &impl Fn(&Graph) -> Need,
    ) -> Result<Option<BTreeSet<UnitNo>>, ErrorReport> {
        let mut state = self.state();
        if state.finished {
            return Ok(Some(BTreeSet::new()));
        }
        if let Some(report) = &state.unreadable {
            return Err(report.clone());
        }
        let Some(plan) = &mut state.plan else {
            return Ok(None);
        };
        let need = need(&plan.graph);
        let missing = plan.missing(&need);
        if !missing.is_empty() {
            // What has failed is tried again: its cause may be gone.
            plan.failed.retain(|unit, _| !missing.contains(unit));
            let under_way = missing.iter().filter(|unit| !plan.is_free(**unit));
            let under_way: Vec<UnitNo> = under_way.copied().collect();
            plan.again.extend(under_way);
            // Everything is made anyway. Were all of it wanted, whoever needs little would wait as long.
            if need != Need::Everything && !plan.wanted.contains(&missing) {
                plan.wanted.push(missing.clone());
            }
            self.calls.send_replace(());
        }
        Ok(Some(missing))
    }

    /// What to make next. Its islands are the caller's until it gives them back.
    fn next(&self) -> Next {
        match &mut self.state().plan {
            Some(plan) => plan.next(),
            None => Next::Nothing,
        }
    }

    fn give_back(&self, units: &[UnitNo]) {
        if let Some(plan) = &mut self.state().plan {
            for unit in units.iter().filter_map(|unit| plan.graph.unit(*unit)) {
                plan.taken.remove(&unit.island);
            }
            let mut again = std::mem::take(&mut plan.again);
            again.retain(|unit| !plan.is_free(*unit));
            plan.again = again;
        }
        self.calls.send_replace(());
    }

    fn begin(&self, plan: Plan) {
        let mut state = self.state();
        state.unreadable = None;
        state.plan = Some(plan);
        drop(state);
        self.steps.send_replace(());
    }

    fn cannot_begin(&self, report: ErrorReport) {
        self.state().unreadable = Some(report);
        self.steps.send_replace(());
    }

    fn made(&self, units: &[UnitNo]) {
        if let Some(plan) = &mut self.state().plan {
            for unit in units {
                if !std::mem::replace(&mut plan.is_done[*unit as usize], true) {
                    plan.left -= 1;
                    let unit = plan.graph.unit(*unit);
                    plan.done += unit.map_or(0, |unit| unit.objects.len() as u64);
                }
                plan.failed.remove(unit);
            }
            plan.want_no_more(units);
            plan.is_hopeful = true;
        }
        self.steps.send_replace(());
    }

    /// Notes that a unit was not made, with all that needs it. `false` if it is to be tried again at once, and nothing is
    /// noted.
    fn failed(&self, unit: UnitNo, failure: &Failure) -> bool {
        if let Some(plan) = &mut self.state().plan {
            if plan.again.contains(&unit) {
                return false;
            }
            plan.fail(unit, failure);
        }
        self.steps.send_replace(());
        true
    }

    /// Lets what failed for a cause that passes be tried again, unless somebody is at what needs it.
    fn retry(&self) {
        if let Some(plan) = &mut self.state().plan {
            let mut failed = std::mem::take(&mut plan.failed);
            failed.retain(|unit, failure| !failure.is_passing || !plan.is_free(*unit));
            plan.failed = failed;
            plan.first = 0;
        }
    }

    fn finish(&self) {
        self.state().finished = true;
        self.steps.send_replace(());
    }

    /// A step that panicked leaves the state as it was before it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    fn new(graph: Graph, creator: Creator, is_there: impl Fn(&graph::Object) -> bool) -> Self {
        let done = graph
            .objects
            .iter()
            .filter(|object| is_there(object))
            .count();
        let is_done: Vec<bool> = graph
            .units
            .iter()
            .map(|unit| {
                unit.objects
                    .iter()
                    .all(|object| graph.object(*object).is_some_and(&is_there))
            })
            .collect();
        Self {
            left: is_done.iter().filter(|is_done| !**is_done).count(),
            is_done,
            first: 0,
            wanted: Vec::new(),
            failed: BTreeMap::new(),
            again: BTreeSet::new(),
            taken: BTreeSet::new(),
            is_hopeful: false,
            done: done as u64,
            before: done as u64,
            total: graph.objects.len() as u64,
            graph: Arc::new(graph),
            creator: Arc::new(creator),
        }
    }

    fn has(&self, unit: UnitNo) -> bool {
        self.is_done.get(unit as usize) != Some(&false)
    }

    fn missing(&self, need: &Need) -> BTreeSet<UnitNo> {
        match need {
            Need::Nothing => BTreeSet::new(),
            Need::Units(units) => units
                .iter()
                .filter(|unit| !self.has(**unit))
                .copied()
                .collect(),
            Need::Everything => (0..)
                .zip(&self.is_done)
                .filter(|(_, is_done)| !**is_done)
                .map(|(unit, _)| unit)
                .collect(),
        }
    }

    /// What is wanted goes first. Either way each unit comes after what it needs.
    fn next(&mut self) -> Next {
        let wanted = self.next_wanted();
        let batch = if wanted.is_empty() {
            let all = (0..self.is_done.len()).skip(self.first);
            let rest = all
                .filter_map(|unit| UnitNo::try_from(unit).ok())
                .filter(|unit| self.is_open(*unit));
            self.fill(rest)
        } else {
            self.fill(wanted.into_iter())
        };
        if !batch.is_empty() {
            let units = batch.iter().filter_map(|unit| self.graph.unit(*unit));
            self.taken.extend(units.map(|unit| unit.island));
            while self.is_done.get(self.first) == Some(&true) {
                self.first += 1;
            }
            return Next::Units(batch);
        }
        if self.left == 0 {
            return Next::Nothing;
        }
        if self.taken.is_empty() && std::mem::take(&mut self.is_hopeful) {
            self.failed.clear();
            self.first = 0;
            return self.next();
        }
        Next::Blocked {
            is_passing: self.failed.values().any(|failure| failure.is_passing),
        }
    }

    /// What is to be made of what is wanted: the least that somebody waits for, and with it what others wait for if
    /// that is little.
    fn next_wanted(&self) -> BTreeSet<UnitNo> {
        let of_text = |wanted: &BTreeSet<UnitNo>| -> BTreeSet<UnitNo> {
            let wanted = wanted.iter().copied();
            wanted.filter(|unit| self.is_open(*unit)).collect()
        };
        let mut texts: Vec<BTreeSet<UnitNo>> = self.wanted.iter().map(of_text).collect();
        texts.retain(|wanted| !wanted.is_empty());
        texts.sort_by_key(BTreeSet::len);
        let size = |unit: &UnitNo| self.graph.unit(*unit).map_or(0, |unit| unit.objects.len());
        let mut together = BTreeSet::new();
        for wanted in texts {
            let with_it = &together | &wanted;
            if !together.is_empty() && with_it.iter().map(size).sum::<usize>() > TOGETHER_OBJECTS {
                break;
            }
            together = with_it;
        }
        together
    }

    /// It can be made now.
    fn is_open(&self, unit: UnitNo) -> bool {
        !self.has(unit) && !self.failed.contains_key(&unit) && self.is_free(unit)
    }

    fn want_no_more(&mut self, units: &[UnitNo]) {
        for wanted in &mut self.wanted {
            for unit in units {
                wanted.remove(unit);
            }
        }
        self.wanted.retain(|wanted| !wanted.is_empty());
    }

    /// Nobody makes anything that it is connected with, nor of the foundation.
    fn is_free(&self, unit: UnitNo) -> bool {
        let is_taken = |unit: UnitNo| {
            let island = self.graph.unit(unit).map(|unit| unit.island);
            island.is_some_and(|island| self.taken.contains(&island))
        };
        let foundation = self.graph.foundation().next();
        !is_taken(unit) && !foundation.is_some_and(is_taken)
    }

    /// As many units as go together. The foundation goes by itself, so that what is wanted gets its turn after it.
    fn fill(&self, units: impl Iterator<Item = UnitNo>) -> Vec<UnitNo> {
        let mut batch: Vec<UnitNo> = Vec::new();
        let mut objects = 0;
        for unit in units {
            let is_foundation = |unit: UnitNo| (unit as usize) < self.graph.foundation;
            let size = self.graph.unit(unit).map_or(0, |unit| unit.objects.len());
            let mixed = batch
                .first()
                .is_some_and(|first| is_foundation(*first) != is_foundation(unit));
            if mixed || !batch.is_empty() && objects + size > BATCH_OBJECTS {
                break;
            }
            objects += size;
            batch.push(unit);
        }
        batch
    }

    /// What needs a unit that failed fails with it.
    fn fail(&mut self, unit: UnitNo, failure: &Failure) {
        self.failed.insert(unit, failure.clone());
        for later in unit as usize + 1..self.is_done.len() {
            let mut needs = self.graph.units[later].needs.iter();
            if !self.is_done[later]
                && let Some(cause) = needs.find_map(|need| self.failed.get(need))
                && let (Ok(later), cause) = (UnitNo::try_from(later), cause.clone())
            {
                self.failed.entry(later).or_insert(cause);
            }
        }
        let failed: Vec<UnitNo> = self.failed.keys().copied().collect();
        self.want_no_more(&failed);
    }

    /// What whoever makes these units has to hold against other processes.
    fn locks(&self, units: &[UnitNo], with_functions: bool) -> BTreeSet<i32> {
        let foundation = self.graph.foundation;
        let of_units = units.iter().filter_map(|number| {
            let unit = self.graph.unit(*number)?;
            let is_foundation = (*number as usize) < foundation;
            Some(if is_foundation { FOUNDATION } else { unit.lock })
        });
        of_units
            .chain(with_functions.then_some(FUNCTIONS))
            .collect()
    }

    fn first_failure(&self) -> Option<&Failure> {
        self.failed.values().next()
    }
}

/// An error of making one object, as those learn it who need it.
fn could_not_be_made(what: &str, cause: &ErrorReport) -> ErrorReport {
    let lock_not_available = cause.sqlstate == SqlState::LOCK_NOT_AVAILABLE;
    let hint = if lock_not_available {
        "A transaction, perhaps this session's own, holds a lock on what it belongs to: end it, and try again.".to_owned()
    } else {
        format!(
            "It is tried again whenever a statement needs it.{}",
            cause
                .hint
                .as_ref()
                .map(|hint| format!(" {hint}"))
                .unwrap_or_default()
        )
    };
    ErrorReport {
        message: format!("{what} could not be made on the branch: {}", cause.message),
        hint: Some(hint),
        position: None,
        ..cause.clone()
    }
}
