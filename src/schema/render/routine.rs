//! Functions and procedures, and the triggers that call them.

use super::script::{Script, relation};
use super::step::Hazard;
use crate::schema::model::{Definition, Routine, Trigger, TriggerState};
use crate::schema::quote::quote_identifier;

/// Makes a routine, or gives it a new body: the definition is a `CREATE OR REPLACE`.
pub(super) fn define(script: &mut Script<'_>, definition: &Definition, routine: &Routine) {
    // What a body in a string needs, no catalog tells.
    let hazards: &[Hazard] = if routine.definition.contains("BEGIN ATOMIC") {
        &[]
    } else {
        &[Hazard::HasUntrackableDependencies]
    };
    script.push(&definition.key(), hazards, routine.definition.trim_end());
}

pub(super) fn create_trigger(script: &mut Script<'_>, definition: &Definition, trigger: &Trigger) {
    script.push(&definition.key(), &[], trigger.definition.as_str());
    if trigger.enabled != TriggerState::Origin {
        set_trigger_state(script, definition, trigger);
    }
}

/// The words before `TRIGGER`.
pub(super) fn trigger_state(state: TriggerState) -> &'static str {
    match state {
        TriggerState::Origin => "ENABLE",
        TriggerState::Disabled => "DISABLE",
        TriggerState::Replica => "ENABLE REPLICA",
        TriggerState::Always => "ENABLE ALWAYS",
    }
}

pub(super) fn set_trigger_state(
    script: &mut Script<'_>,
    definition: &Definition,
    trigger: &Trigger,
) {
    let verb = trigger_state(trigger.enabled);
    script.push(
        &definition.key(),
        &[],
        format!(
            "ALTER TABLE {} {verb} TRIGGER {}",
            relation(definition),
            quote_identifier(&trigger.name)
        ),
    );
}
