//! One command to its end: decided, recorded, and again with fresh facts while somebody else records first.

use std::sync::Arc;

use annona_definitions::Programme;

use super::{Engine, Failure, Idempotency, Outcome, Principal};
use crate::command::Command;
use crate::decide::{Case, Decision, decide};
use crate::facts::Issuer;
use crate::id::ApplicationId;
use crate::recorded::Opened;
use crate::refusal::Refusal;
use crate::store::Loss;
use crate::voucher::keys::SigningKey;
use crate::writer::CommitFailure;

/// How often a decision is taken again when somebody else recorded first.
const MAX_TRIES: usize = 8;

impl Engine {
    /// Decides and commits, again with fresh facts while somebody else records first.
    pub(super) async fn settle(
        &self,
        principal: &Principal,
        application: Option<ApplicationId>,
        programme: &Programme,
        command: &Command,
        idempotency: Option<Idempotency>,
    ) -> Result<Outcome, Failure> {
        let mut turn = None;
        let mut status_list = 0;
        for _ in 0..MAX_TRIES {
            let decided =
                self.decided(principal, application, programme, command, status_list).await?;
            let (loaded, decision, signer) = match decided {
                Decided::Refused(refusal) => match self.earlier(idempotency).await? {
                    Some(outcome) => return Ok(outcome),
                    None => return Err(refusal.into()),
                },
                Decided::Nothing(outcome) => return Ok(*outcome),
                Decided::Stale(before) => {
                    self.forget(before.application.id, before.application.version);
                    continue;
                }
                Decided::ToRecord(loaded, decision, signer) => (loaded, decision, signer),
            };
            let token = Self::sign(programme, &decision, &signer)?;
            match self
                .commit(principal, loaded.as_deref(), programme, &decision, token, idempotency)
                .await
            {
                Ok(()) => return finish(*decision),
                Err(CommitFailure::Lost(Loss::Idempotency(outcome))) => {
                    return self.replay(outcome, idempotency).await;
                }
                Err(CommitFailure::Lost(loss)) => {
                    // A list that is nearly full gives places to few draws: the next one is drawn from then.
                    status_list += u32::from(loss == Loss::Draw);
                    if let (Some(id), None) = (application, &turn) {
                        turn = self.0.turns.wait(id).await;
                    }
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(Failure::Overloaded)
    }

    /// Decides a command upon what stands now.
    async fn decided(
        &self,
        principal: &Principal,
        application: Option<ApplicationId>,
        programme: &Programme,
        command: &Command,
        status_list: u32,
    ) -> Result<Decided, Failure> {
        let loaded = match application {
            Some(id) => Some(self.load_recent(id).await?.ok_or(Refusal::NotFound)?),
            None => None,
        };
        let signer = Arc::clone(&self.0.signer);
        let issuer = self.issuer(&signer, status_list);
        let facts = self.facts(principal, loaded.as_deref(), programme, command, issuer).await?;
        let nothing = Opened::default();
        let case = Case {
            programme,
            application: loaded.as_ref().map(|loaded| &loaded.application),
            opened: loaded.as_ref().map_or(&nothing, |loaded| &loaded.opened),
        };
        let decided = decide(case, command, &facts, self.now());
        // What is recorded is recorded upon what stands, or lost; whatever else is answered must be about what stands too.
        let records = decided.as_ref().is_ok_and(|decision| !decision.events.is_empty());
        if let (false, Some(loaded)) = (records, &loaded)
            && !self.is_current(&loaded.application).await?
        {
            return Ok(Decided::Stale(Arc::clone(loaded)));
        }
        Ok(match decided {
            Err(refusal) => Decided::Refused(refusal),
            Ok(decision) if decision.events.is_empty() => Decided::Nothing(Box::new(Outcome {
                application: decision.application,
                events: Vec::new(),
                replayed: false,
            })),
            Ok(decision) => Decided::ToRecord(loaded, Box::new(decision), signer),
        })
    }

    /// Returns where vouchers come from that `signer` signs.
    fn issuer(&self, signer: &SigningKey, status_list: u32) -> Issuer {
        let settings = &self.0.settings;
        Issuer {
            name: settings.issuer.clone(),
            key: signer.id().to_string(),
            status_uri: format!("{}/v1/status-lists/", settings.address),
            status_list,
            status_list_size: settings.status_list_size,
        }
    }
}

/// What a command comes to before anything is recorded.
enum Decided {
    /// It is refused.
    Refused(Refusal),
    /// Another daemon changed meanwhile what this was decided upon.
    Stale(Arc<super::Loaded>),
    /// There is nothing to do.
    Nothing(Box<Outcome>),
    /// This is to be recorded, upon what was loaded; a voucher is signed by the key that the decision names.
    ToRecord(Option<Arc<super::Loaded>>, Box<Decision>, Arc<SigningKey>),
}

/// Turns a recorded decision into its answer.
fn finish(decision: Decision) -> Result<Outcome, Failure> {
    match decision.refusal {
        Some(refusal) => Err(refusal.into()),
        None => Ok(Outcome {
            application: decision.application,
            events: decision.events.into_iter().map(|(event, _)| event).collect(),
            replayed: false,
        }),
    }
}
