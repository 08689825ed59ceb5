//! The clauses that commands have in common.

use crate::command::parser::{Parsed, Parser};
use crate::merge::Strategy;
use crate::repo::Ref;
use crate::repo::merging::History;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// `PARENT 1`
    Parent,
    /// `INTO main`
    Into,
    /// `STRATEGY union`
    Strategy,
    /// `SQUASH`, `NO FF`, `FF ONLY`
    History,
    /// `MESSAGE 'Accounts'`
    Message,
    /// `DRY RUN`
    DryRun,
    /// `ALLOW DATA LOSS`
    AllowDataLoss,
}

/// Of what may be tried first, and may lose data.
pub(super) const TERMS: &[Clause] = &[Clause::DryRun, Clause::AllowDataLoss];

/// Of what commits are named for.
pub(super) const PICKED: &[Clause] = &[
    Clause::Parent,
    Clause::Into,
    Clause::Strategy,
    Clause::Message,
    Clause::DryRun,
    Clause::AllowDataLoss,
];

/// What the clauses of a command say.
#[derive(Clone, Debug, Default)]
pub(super) struct Clauses {
    pub parent: Option<u32>,
    pub into: Option<String>,
    pub strategy: Strategy,
    pub history: History,
    pub message: Option<String>,
    pub dry_run: bool,
    pub allow_data_loss: bool,
}

impl Parser<'_> {
    /// The rest of a command that may have these clauses, in any order, each once.
    pub(super) fn clauses(&mut self, allowed: &[Clause]) -> Parsed<Clauses> {
        let (mut parent, mut into, mut strategy) = (None, None, None);
        let (mut history, mut message) = (None, None);
        let (mut dry_run, mut allow_data_loss) = (None, None);
        while !self.at_end() {
            let start = self.here();
            match self.clause(allowed)? {
                Clause::Parent => {
                    let number = self.number()?;
                    self.once(&mut parent, number, start)?;
                }
                Clause::Into => {
                    let target = self.name()?;
                    self.once(&mut into, target, start)?;
                }
                Clause::Strategy => {
                    let chosen = self.strategy()?;
                    self.once(&mut strategy, chosen, start)?;
                }
                Clause::History => {
                    let chosen = self.history()?;
                    self.once(&mut history, chosen, start)?;
                }
                Clause::Message => {
                    let text = self.literal()?;
                    self.once(&mut message, text, start)?;
                }
                Clause::DryRun => {
                    self.expect("RUN")?;
                    self.once(&mut dry_run, true, start)?;
                }
                Clause::AllowDataLoss => {
                    self.expect("DATA")?;
                    self.expect("LOSS")?;
                    self.once(&mut allow_data_loss, true, start)?;
                }
            }
        }
        Ok(Clauses {
            parent,
            into,
            strategy: strategy.unwrap_or_default(),
            history: history.unwrap_or_default(),
            message,
            dry_run: dry_run.is_some(),
            allow_data_loss: allow_data_loss.is_some(),
        })
    }

    /// Takes the word that a clause starts with, but for that of a history, which has several.
    fn clause(&mut self, allowed: &[Clause]) -> Parsed<Clause> {
        const WORDS: &[(Clause, &str)] = &[
            (Clause::Parent, "PARENT"),
            (Clause::Into, "INTO"),
            (Clause::Strategy, "STRATEGY"),
            (Clause::Message, "MESSAGE"),
            (Clause::DryRun, "DRY"),
            (Clause::AllowDataLoss, "ALLOW"),
        ];
        for (clause, word) in WORDS {
            if allowed.contains(clause) && self.keyword(word) {
                return Ok(*clause);
            }
        }
        if allowed.contains(&Clause::History) && self.at_any(&["SQUASH", "NO", "FF"]) {
            return Ok(Clause::History);
        }
        Err(self.unexpected())
    }

    fn history(&mut self) -> Parsed<History> {
        if self.keyword("SQUASH") {
            return Ok(History::Squash);
        }
        if self.keyword("NO") {
            self.expect("FF")?;
            return Ok(History::NoFastForward);
        }
        self.expect("FF")?;
        self.expect("ONLY")?;
        Ok(History::FastForwardOnly)
    }

    pub(super) fn from(&mut self) -> Parsed<Option<Ref>> {
        self.reference_after("FROM")
    }

    pub(super) fn at_ref(&mut self) -> Parsed<Option<Ref>> {
        self.reference_after("AT")
    }

    fn reference_after(&mut self, keyword: &str) -> Parsed<Option<Ref>> {
        if self.keyword(keyword) {
            self.reference().map(Some)
        } else {
            Ok(None)
        }
    }
}
