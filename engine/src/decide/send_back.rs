//! Sending back: to the applicant, who corrects named fields, or to an earlier stage.

use annona_definitions::programme::{NoticeEvent, Recipient, SendBack, SendBackTarget, Stage};

use super::decision::{self, may_decide};
use super::recorder::Recorder;
use super::{Decision, open};
use crate::command::Decide;
use crate::event::Body;
use crate::refusal::Refusal;

/// Returns the application where the stage allows it.
pub(super) fn send_back(
    mut recorder: Recorder<'_>,
    decide: &Decide,
    to: Option<&SendBackTarget>,
    fields: &[String],
) -> Result<Decision, Refusal> {
    let (task, stage) = may_decide(&recorder, decide)?;
    let (rules, to) = target(stage, to)?;
    let fields = wrong_fields(&recorder, &to, fields)?;
    let offered = &recorder.programme.reasons.send_back;
    decision::reason(&mut recorder, decide, offered, true)?;
    let answer_by = match to {
        SendBackTarget::Applicant => rules
            .answer_within
            .map(|within| recorder.programme.calendar.end_of_day_after(recorder.now, within)),
        SendBackTarget::Stage(_) => None,
    };
    recorder.record(Body::SentBack {
        stage: stage.id.clone(),
        task: task.number,
        to: to.clone(),
        fields,
        answer_by,
    });
    match to {
        SendBackTarget::Applicant => recorder.notify(NoticeEvent::SentBack, &Recipient::Applicant),
        SendBackTarget::Stage(earlier) => reopen(&mut recorder, &earlier)?,
    }
    recorder.done()
}

/// Opens an earlier stage again; it and all after it run again.
pub(super) fn reopen(
    recorder: &mut Recorder<'_>,
    stage: &annona_definitions::programme::StageId,
) -> Result<(), Refusal> {
    let position = recorder.programme.position(stage).ok_or(Refusal::NotFound)?;
    recorder.record(Body::Reopened { stage: stage.clone() });
    open::open_from(recorder, position);
    Ok(())
}

/// Returns where it goes: where the officer says, else to the applicant, else to the only target.
fn target<'a>(
    stage: &'a Stage,
    to: Option<&SendBackTarget>,
) -> Result<(&'a SendBack, SendBackTarget), Refusal> {
    let refuse = |what: &str| Refusal::NotSendableBack { what: what.to_owned() };
    let rules = stage.send_back.as_ref().ok_or_else(|| refuse("at all"))?;
    let target = match to {
        Some(to) if rules.to.contains(to) => to.clone(),
        Some(_) => return Err(refuse("there")),
        None if rules.to.contains(&SendBackTarget::Applicant) => SendBackTarget::Applicant,
        None => match rules.to.as_slice() {
            [only] => only.clone(),
            _ => return Err(refuse("without saying to which stage")),
        },
    };
    Ok((rules, target))
}

fn wrong_fields(
    recorder: &Recorder<'_>,
    to: &SendBackTarget,
    fields: &[String],
) -> Result<Vec<String>, Refusal> {
    let refuse = |what: &str| Err(Refusal::NotSendableBack { what: what.to_owned() });
    if *to != SendBackTarget::Applicant {
        return Ok(Vec::new());
    }
    if fields.is_empty() {
        return refuse("to the applicant without naming the fields that are wrong");
    }
    if let Some(unknown) =
        fields.iter().find(|field| recorder.programme.form.field(field).is_none())
    {
        return refuse(&format!("for `{unknown}`, which is no field of the form"));
    }
    let mut fields = fields.to_vec();
    fields.sort();
    fields.dedup();
    Ok(fields)
}
