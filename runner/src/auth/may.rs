//! The one table of rights: who may see what, and who may do what concerns no open decision.
//!
//! What one may not see is answered as if it were not there.

use annona_definitions::programme::{ProgrammeId, RoleId};
use annona_engine::Refusal;
use annona_engine::application::{Application, Task};
use annona_engine::id::Who;
use annona_engine::recorded::Hash;
use annona_engine::roster::SYSTEM_ROLES;

use super::Principal;

/// Roles that see everything of every programme but personal values.
const OVERSEERS: [&str; 4] = ["administrator", "auditor", "operator", "issuer"];

/// An application, and whether the one who asks is the person it is for.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// The application.
    pub application: &'a Application,
    /// Whether a session's contact is one of the application's.
    pub is_theirs: bool,
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// Deploy a definition or have one checked, read or change the roster, make tokens.
    Administer,
    /// See that somebody has a token, and revoke it.
    ManageToken(&'a Who),
    /// List incidents and have them tried again.
    Incidents,
    /// Upload a document.
    Upload,
    /// Read a document that no application refers to yet, by the hash that stands for its uploader.
    ReadUpload(Hash),
    /// Read a document of an application.
    ReadDocument(Sight<'a>),
    /// Have a voucher's code verified, with its balance.
    Verify,
    /// See a programme and its form.
    ReadProgramme(&'a ProgrammeId),
    /// See the source of a definition.
    ReadDefinition(&'a ProgrammeId),
    /// Send an application.
    Submit(&'a ProgrammeId),
    /// Send an application for somebody else.
    SubmitFor(&'a ProgrammeId),
    /// List a programme's applications; an applicant, their own.
    List(&'a ProgrammeId),
    /// See counts and sums of a programme.
    Report(&'a ProgrammeId),
    /// Look for a programme's applications by words of a name or by a phone number.
    Search(&'a ProgrammeId),
    /// See queues of tasks, each with what one's roles work.
    Queues,
    /// See an application and its history.
    Read(Sight<'a>),
    /// Answer for, or withdraw, an application.
    Speak(Sight<'a>),
    /// Have the personal values of an application erased.
    Erase(Sight<'a>),
    /// See a task, and work it.
    Work(&'a Application, &'a Task),
    /// See a voucher and its redemptions, without its code.
    ReadVoucher(Sight<'a>),
    /// Have the code of a voucher: whoever has it can show it.
    HoldVoucher(Sight<'a>),
    /// Redeem a voucher.
    Redeem(&'a Application),
    /// Revoke a voucher.
    Revoke(Sight<'a>),
}

/// Checks that somebody may do something.
///
/// # Errors
///
/// Returns [`Refusal::NotFound`] where they may not even see what it is about, else [`Refusal::NotYourRole`].
pub fn may(principal: &Principal, action: Action<'_>) -> Result<(), Refusal> {
    match action {
        Action::Administer => system_role(principal, "administrator"),
        Action::ManageToken(owner) => {
            seen(principal.who() == *owner || principal.holds("administrator"))
        }
        Action::Incidents => system_role(principal, "operator"),
        Action::Upload => Ok(()),
        Action::ReadUpload(uploader) => seen(principal.scope() == uploader),
        Action::ReadDocument(sight) => seen(sees_personal(principal, sight)),
        Action::Verify => seen(principal.person().is_some() || principal.provider().is_some()),
        Action::ReadProgramme(programme) => seen(belongs_to(principal, programme)),
        Action::ReadDefinition(programme) => {
            seen(principal.person().is_some() && belongs_to(principal, programme))
        }
        Action::List(programme) => seen(lists(principal, programme)),
        Action::Report(programme) => {
            seen(principal.person().is_some() && belongs_to(principal, programme))?;
            reports(principal, programme)
        }
        Action::Search(programme) => seen(searches(principal, programme)),
        Action::Queues => seen(principal.person().is_some()),
        Action::Submit(programme) => {
            let applicant = principal.applicant().is_some_and(|(own, _)| own == programme.as_str());
            seen(applicant || belongs_to(principal, programme))?;
            if applicant { Ok(()) } else { role_in(principal, programme, "intake") }
        }
        Action::SubmitFor(programme) => {
            seen(belongs_to(principal, programme))?;
            role_in(principal, programme, "intake")
        }
        Action::Read(sight) => seen(reads(principal, sight)),
        Action::Speak(sight) => {
            seen(reads(principal, sight))?;
            if speaks(principal, sight) { Ok(()) } else { Err(Refusal::NotFound) }
        }
        Action::Erase(sight) => {
            seen(reads(principal, sight))?;
            role_in(principal, &sight.application.programme, "administrator")
        }
        Action::Work(application, task) => works(principal, application, task),
        Action::ReadVoucher(sight) => {
            seen(reads(principal, sight) || is_admitted(principal, &sight.application.programme))
        }
        Action::HoldVoucher(sight) => seen(holds_voucher(principal, sight)),
        Action::Redeem(application) => seen(is_admitted(principal, &application.programme)),
        Action::Revoke(sight) => {
            seen(reads(principal, sight))?;
            role_in(principal, &sight.application.programme, "issuer")
        }
    }
}

/// Returns whether somebody sees the personal values of an application: the person it is for, and who works one of its tasks.
#[must_use]
pub fn sees_personal(principal: &Principal, sight: Sight<'_>) -> bool {
    let who = principal.who();
    let works = |task: &Task| {
        task.claimed_by.as_ref() == Some(&who)
            && may(principal, Action::Work(sight.application, task)).is_ok()
    };
    sight.is_theirs || sight.application.tasks.iter().any(works)
}

/// Turns a missing right to see into a thing that is not there.
fn seen(right: bool) -> Result<(), Refusal> {
    if right { Ok(()) } else { Err(Refusal::NotFound) }
}

/// Checks a system role that is held everywhere.
fn system_role(principal: &Principal, role: &str) -> Result<(), Refusal> {
    if principal.holds(role) { Ok(()) } else { Err(not_your_role(role)) }
}

/// Checks a role in a programme.
fn role_in(principal: &Principal, programme: &ProgrammeId, role: &str) -> Result<(), Refusal> {
    if principal.holds_in(programme, role) { Ok(()) } else { Err(not_your_role(role)) }
}

fn not_your_role(role: &str) -> Refusal {
    Refusal::NotYourRole { needed: RoleId::recorded(role) }
}

/// Returns whether somebody has to do with a programme at all.
fn belongs_to(principal: &Principal, programme: &ProgrammeId) -> bool {
    principal.roles_in(programme).next().is_some()
        || is_admitted(principal, programme)
        || principal.applicant().is_some_and(|(own, _)| own == programme.as_str())
}

/// Returns whether somebody acts for a provider that a programme admits.
fn is_admitted(principal: &Principal, programme: &ProgrammeId) -> bool {
    principal.provider().is_some_and(|provider| provider.programmes.contains(programme))
}

/// Returns whether somebody sees the applications of a programme, or their own among them. Who only sends them for others
/// sees each by its id or reference.
fn lists(principal: &Principal, programme: &ProgrammeId) -> bool {
    let is_own = principal.applicant().is_some_and(|(own, _)| own == programme.as_str());
    is_own || principal.roles_in(programme).any(|role| role.as_str() != "intake")
}

/// Checks that somebody sees counts and sums of a programme.
fn reports(principal: &Principal, programme: &ProgrammeId) -> Result<(), Refusal> {
    let mut roles = principal.roles_in(programme);
    let may = roles.any(|role| matches!(role.as_str(), "administrator" | "auditor"));
    if may { Ok(()) } else { Err(not_your_role("administrator")) }
}

/// Returns whether somebody finds a programme's applications by personal values: whoever can be given them with a task. Whoever
/// guesses right learns that it is right, so that those who never see personal values do not look for them either.
fn searches(principal: &Principal, programme: &ProgrammeId) -> bool {
    principal.roles_in(programme).any(|role| !SYSTEM_ROLES.contains(&role.as_str()))
}

/// Returns whether somebody sees an application: its person, who sent it, the programme's officers, and overseers.
fn reads(principal: &Principal, sight: Sight<'_>) -> bool {
    let is_officer = |role: &RoleId| role.as_str() != "intake";
    let programme = &sight.application.programme;
    speaks(principal, sight)
        || principal.roles_in(programme).any(is_officer)
        || OVERSEERS.iter().any(|role| principal.holds(role))
}

/// Returns whether somebody speaks for an applicant: the person themselves, or whoever sent it for them.
fn speaks(principal: &Principal, sight: Sight<'_>) -> bool {
    let sent_it = || {
        matches!(principal.who(), Who::Person(_))
            && principal.who() == sight.application.submitted_by
            && principal.holds_in(&sight.application.programme, "intake")
    };
    sight.is_theirs || sent_it()
}

/// Returns whether somebody may have a voucher's code: who speaks for the applicant, who decided, and issuers.
fn holds_voucher(principal: &Principal, sight: Sight<'_>) -> bool {
    let who = principal.who();
    speaks(principal, sight)
        || principal.holds_in(&sight.application.programme, "issuer")
        || (reads(principal, sight) && sight.application.deciders.iter().any(|(_, by)| *by == who))
}

/// Checks that a task is in one of somebody's queues.
fn works(principal: &Principal, application: &Application, task: &Task) -> Result<(), Refusal> {
    let programme = &application.programme;
    let mut roles = std::iter::once(&task.role).chain(&task.escalated_to);
    if roles.any(|role| principal.holds_in(programme, role.as_str())) {
        return Ok(());
    }
    seen(principal.roles_in(programme).any(|role| role.as_str() != "intake"))?;
    Err(Refusal::NotYourRole { needed: task.role.clone() })
}
