//! What is asked of a store.

use annona_definitions::programme::{ProgrammeId, RoleId, StageId};
use jiff::Timestamp;

use crate::application::Status;
use crate::id::{ApplicationId, TaskId, Who};
use crate::recorded::Hash;
use crate::vault::Word;

/// A place in a list: the sort key and the id of the last row seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The sort key, in microseconds since 1970 UTC.
    pub key: i64,
    /// The row.
    pub id: ApplicationId,
    /// The task, where tasks are listed.
    pub task: u32,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; `None`: this is the last.
    pub next: Option<Cursor>,
}

/// Which applications.
#[derive(Debug, Clone, Default)]
pub struct ApplicationQuery {
    /// Only of these programmes; empty: of all.
    pub programmes: Vec<ProgrammeId>,
    /// Only of this status.
    pub status: Option<Status>,
    /// Only in this stage.
    pub stage: Option<StageId>,
    /// Only this reference.
    pub reference: Option<String>,
    /// Only references that begin so.
    pub reference_prefix: Option<String>,
    /// Only those known by this keyed hash of a contact.
    pub known_by: Option<Hash>,
    /// Only those found by all of these words; the first should be of few.
    pub words: Vec<Word>,
    /// After this place.
    pub after: Option<Cursor>,
    /// At most so many rows.
    pub limit: u32,
}

/// Which open tasks, as an officer sees them.
#[derive(Debug, Clone)]
pub struct TaskQuery {
    /// The officer.
    pub person: String,
    /// Roles they hold, by programme; a task is seen if its role, or one it was escalated to, is among them.
    pub roles: Vec<(ProgrammeId, RoleId)>,
    /// Which of them.
    pub view: View,
    /// Only of this stage.
    pub stage: Option<StageId>,
    /// Only those past their deadline at this instant.
    pub late_at: Option<Timestamp>,
    /// In which order.
    pub order: TaskOrder,
    /// After this place.
    pub after: Option<Cursor>,
    /// At most so many rows.
    pub limit: u32,
}

/// Whose tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// Those one has claimed.
    Mine,
    /// Those nobody has claimed.
    Pool,
    /// All that one's roles see.
    Team,
}

/// In which order tasks come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskOrder {
    /// By deadline, those without one last; then the oldest first.
    Due,
}

/// An open task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// Its id.
    pub id: TaskId,
    /// The application's reference.
    pub reference: String,
    /// Its programme.
    pub programme: ProgrammeId,
    /// Its stage.
    pub stage: StageId,
    /// The role that works it.
    pub role: RoleId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Deadline.
    pub due: Option<Timestamp>,
    /// Who works it.
    pub claimed_by: Option<Who>,
}

/// A timer that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueTimer {
    /// The task.
    pub task: TaskId,
    /// What it fires.
    pub rule: crate::application::TimerRule,
    /// When it was due.
    pub due: Timestamp,
}
