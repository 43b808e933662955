//! What an officer can do with a task, and why not.

use annona_engine::Refusal;
use annona_engine::decide::{Allowed, Preview};
use serde::Serialize;
use utoipa::ToSchema;

/// What stands in place of words that show a personal value.
pub(in crate::http) const VEILED: &str = "a rule of this stage does not hold; its words show personal values: claim the task to read them";

/// What an officer can do with a task.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct Actions {
    claim: Action,
    release: Action,
    approve: Action,
    reject: Action,
    send_back: Action,
}

/// Whether something can be done.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Action {
    /// Whether it can; `null`: that depends on what is filled in, see `needs`.
    allowed: Option<bool>,
    /// Why not: a refusal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Why not, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
    /// Answers on which it depends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<String>,
}

impl Actions {
    /// Returns a preview as whoever asks may see it.
    pub(in crate::http) fn of(preview: Preview, sees_personal: bool) -> Self {
        let action = |allowed| Action::of(allowed, sees_personal);
        Self {
            claim: action(preview.claim),
            release: action(preview.release),
            approve: action(preview.approve),
            reject: action(preview.reject),
            send_back: action(preview.send_back),
        }
    }
}

impl Action {
    fn of(allowed: Allowed, sees_personal: bool) -> Self {
        match allowed {
            Allowed::Yes => Self { allowed: Some(true), ..Self::default() },
            Allowed::Depends { needs } => Self { needs, ..Self::default() },
            Allowed::No(refusal) => {
                let refusal = veiled(refusal, sees_personal);
                let (code, why_not) = (Some(refusal.code()), Some(refusal.to_string()));
                Self { allowed: Some(false), code, why_not, needs: Vec::new() }
            }
        }
    }
}

/// Takes personal values out of a refusal's words, for those who may not see them.
pub(in crate::http) fn veiled(refusal: Refusal, sees_personal: bool) -> Refusal {
    match refusal {
        Refusal::GuardFalse { personal: true, .. } if !sees_personal => {
            Refusal::GuardFalse { explanation: VEILED.to_owned(), personal: false }
        }
        _ => refusal,
    }
}
