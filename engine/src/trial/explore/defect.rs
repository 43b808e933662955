//! What is wrong with a definition, as a case shows it.

use annona_definitions::Programme;
use annona_definitions::programme::StageId;

use crate::application::{Hold, HoldPoint};
use crate::event::GuardResult;
use crate::trial::coverage::pointer;
use crate::trial::ribbon::Judged;
use crate::trial::world::World;

/// Something that is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    /// A guard cannot run: the application is held.
    GuardFails {
        /// Where the guard stands: `stages.medical.approve_if`.
        place: String,
        /// Why it cannot.
        cause: String,
    },
    /// A voucher's amount is above its stated ceiling: the application is held.
    AboveCeiling,
    /// A voucher's amount is none that can be paid, such as zero: the application is held.
    NotPayable,
    /// However often the case is sent back, nothing lets it be approved here, and nothing else ends it.
    NeverEnds {
        /// The stage at which it is stuck.
        stage: StageId,
    },
}

impl Defect {
    /// Returns its kind, as a stable word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::GuardFails { .. } => "guard_fails",
            Self::AboveCeiling => "above_ceiling",
            Self::NotPayable => "not_payable",
            Self::NeverEnds { .. } => "never_ends",
        }
    }

    /// Returns where it stands in the definition: `stages.medical.approve_if`.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::GuardFails { place, .. } => place.clone(),
            Self::AboveCeiling => "voucher.ceiling".to_owned(),
            Self::NotPayable => "voucher.amount".to_owned(),
            Self::NeverEnds { stage } => format!("stages.{stage}"),
        }
    }

    /// Returns where it stands in the source, as a JSON pointer.
    #[must_use]
    pub fn pointer(&self, programme: &Programme) -> String {
        pointer(programme, &self.place())
    }

    /// Says what is wrong, in one sentence.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::GuardFails { place, cause } => {
                format!("the guard `{place}` cannot run, so that the application is held: {cause}")
            }
            Self::AboveCeiling => {
                "the voucher's amount is above its ceiling, so that the application is held"
                    .to_owned()
            }
            Self::NotPayable => {
                "the voucher's amount is none that can be paid, so that the application is held"
                    .to_owned()
            }
            Self::NeverEnds { stage } => format!(
                "from here the case goes round and never ends: `{stage}` can be sent back again and again, and nothing that was tried \
                 lets it be approved"
            ),
        }
    }
}

/// Returns the defect that holds the application, if it is held.
pub(super) fn shown(world: &World<'_>) -> Option<Defect> {
    let hold = world.application.as_ref()?.held.as_ref()?;
    // What time does to a case is told in a moment of its own, after the guards that it runs.
    let evaluated = world.moments.iter().rev().find(|moment| !moment.guards.is_empty());
    let guards = evaluated.map_or(&[][..], |moment| &moment.guards);
    let failed = guards.iter().find(|guard| guard.result == GuardResult::CannotRun);
    Some(match (failed, &hold.point) {
        (None, HoldPoint::Amount { .. }) => amount(guards),
        (failed, _) => guard_fails(failed, hold),
    })
}

fn guard_fails(failed: Option<&Judged>, hold: &Hold) -> Defect {
    let place = failed.map(|guard| guard.place.clone()).unwrap_or_default();
    Defect::GuardFails { place, cause: hold.cause.clone() }
}

fn amount(guards: &[Judged]) -> Defect {
    let of = |place: &str| {
        guards.iter().find_map(|guard| match guard.result {
            GuardResult::Amount(amount) if guard.place == place => Some(amount),
            _ => None,
        })
    };
    match (of("voucher.amount"), of("voucher.ceiling")) {
        (Some(amount), Some(ceiling)) if amount > ceiling => Defect::AboveCeiling,
        _ => Defect::NotPayable,
    }
}
