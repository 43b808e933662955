//! The rows of stages, as written: the pipeline, an appeal's stages and a claim's, with the members of groups in place.

use serde_json::Value;

use super::guards::When;
use super::names;
use crate::model::{File, Stage};
use crate::yaml::{child, child_index};

/// Which row a stage stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    /// From the application to the voucher.
    Pipeline,
    /// What decides an appeal.
    Appeal,
    /// What decides a provider's claim.
    Reimbursement,
}

impl Row {
    /// Every row, with the place of its list.
    const ALL: [(Self, &'static str); 3] = [
        (Self::Pipeline, "/stages"),
        (Self::Appeal, "/appeal/stages"),
        (Self::Reimbursement, "/reimbursement/stages"),
    ];
}

/// A stage by its name and what it asks, as written.
#[derive(Debug, Clone)]
pub(super) struct Named<'a> {
    /// Its name; empty where none is written.
    pub(super) id: &'a str,
    /// The names of its questions.
    pub(super) asks: Vec<&'a str>,
    /// Its row.
    pub(super) row: Row,
    /// Its place in the row; members of a group have one place.
    pub(super) step: usize,
    /// Whether it stands at the end of its row.
    pub(super) last: bool,
    /// Whether it is a member of a group.
    pub(super) member: bool,
    /// Its pointer in the file.
    pub(super) pointer: String,
    /// The typed stage, without what was wrong in its shape.
    pub(super) stage: &'a Stage,
}

/// A group of stages by its name, as written.
#[derive(Debug, Clone)]
pub(super) struct Group<'a> {
    /// Its name; empty where none is written.
    pub(super) id: &'a str,
    /// Its row.
    pub(super) row: Row,
    /// Its place in the row.
    pub(super) step: usize,
    /// Whether it stands at the end of its row.
    pub(super) last: bool,
    /// Its pointer in the file.
    pub(super) pointer: String,
    /// The typed group.
    pub(super) stage: &'a Stage,
}

/// Returns the stages and groups of all rows.
pub(super) fn of<'a>(file: &'a File, written: &'a Value) -> (Vec<Named<'a>>, Vec<Group<'a>>) {
    let (mut stages, mut groups) = (Vec::new(), Vec::new());
    for (row, list) in Row::ALL {
        let typed: &[Stage] = match row {
            Row::Pipeline => &file.stages,
            Row::Appeal => {
                file.appeal.as_ref().and_then(|appeal| appeal.stages.as_deref()).unwrap_or_default()
            }
            Row::Reimbursement => file.reimbursement.as_ref().map_or(&[], |claim| &claim.stages),
        };
        let entries = written.pointer(list).and_then(Value::as_array);
        let entries = entries.map(Vec::as_slice).unwrap_or_default();
        for (step, (entry, stage)) in entries.iter().zip(typed).enumerate() {
            let (pointer, last) = (child_index(list, step), step + 1 == entries.len());
            let named = |entry: &'a Value, stage, member, pointer| Named {
                id: entry.get("stage").and_then(Value::as_str).unwrap_or_default(),
                asks: names(entry.get("asks")),
                row,
                step,
                last,
                member,
                pointer,
                stage,
            };
            let Some(members) = entry.get("parallel") else {
                stages.push(named(entry, stage, false, pointer));
                continue;
            };
            let members = members.as_array().map(Vec::as_slice).unwrap_or_default();
            let typed = stage.parallel.as_deref().unwrap_or_default();
            for (index, (entry, stage)) in members.iter().zip(typed).enumerate() {
                let at = child_index(&child(&pointer, "parallel"), index);
                stages.push(named(entry, stage, true, at));
            }
            let id = entry.get("stage").and_then(Value::as_str).unwrap_or_default();
            groups.push(Group { id, row, step, last, pointer, stage });
        }
    }
    (stages, groups)
}

impl Named<'_> {
    /// Returns whether the answers of a stage are given by the time that this stage opens.
    pub(super) fn is_after(&self, other: &Self) -> bool {
        match (self.row, other.row) {
            (own, row) if own == row => other.step < self.step,
            (_, Row::Pipeline) => true,
            _ => false,
        }
    }
}

/// Returns whether the answers of the stage at a position are given when something is evaluated.
pub(super) fn is_given(stages: &[Named<'_>], when: When, position: usize) -> bool {
    let Some(asked) = stages.get(position) else { return false };
    match when {
        When::Asking(_) | When::Submission => false,
        When::Before(reader) => stages.get(reader).is_some_and(|reader| reader.is_after(asked)),
        When::At(reader) => {
            reader == position || stages.get(reader).is_some_and(|reader| reader.is_after(asked))
        }
        When::End | When::Redemption | When::Claim => asked.row == Row::Pipeline,
    }
}
