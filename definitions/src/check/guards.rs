//! Guards: compiled, and every name they read looked up.

use std::ops::Range;

use rust_decimal::Decimal;

use super::Check;
use super::guard_types::contact_field;
use super::rows::{Row, is_given};
use crate::diagnostic::{Finding, codes, likely, listed, quoted};
use crate::guard::{Guard, Scope};
use crate::model::Expression;
use crate::value::Record;

/// What guards may read of how the applicant is reached.
const APPLICANT: &[&str] = &["phone", "email", "language", "name"];

/// What guards may read of a voucher, once it is issued.
pub(super) const OF_VOUCHER: &[&str] = &["amount", "balance", "redeemed"];

/// When a guard is evaluated: it may read the answers given until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// While the application's form is filled in, before the field at this position; after the last one for what else is asked.
    Asking(usize),
    /// When the application is sent.
    Submission,
    /// Before the stage at this position opens.
    Before(usize),
    /// When the stage at this position is decided.
    At(usize),
    /// When everything is decided.
    End,
    /// When a voucher is redeemed.
    Redemption,
    /// When a provider claims what was redeemed.
    Claim,
}

/// What a guard is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Something must hold; always false means never.
    Condition,
    /// A stage is left out; always true means never opened.
    Skip,
    /// A field is asked, or must be given.
    Question,
    /// A way is chosen.
    Route,
    /// An amount is computed; a constant is as good as any.
    Amount,
    /// A number is computed by which applications are ranked.
    Rank,
}

impl Check<'_> {
    /// Takes a guard.
    pub(super) fn guard(
        &mut self,
        pointer: &str,
        expression: &Expression,
        when: When,
        purpose: Purpose,
    ) -> Option<Guard> {
        let text = expression.0.as_str();
        let compiled = self.compiler.as_ref()?.compile(text);
        let mut guard = match compiled {
            Ok(guard) => guard,
            Err(error) => {
                if self.is_cut_at_a_hyphen(text) {
                    return None;
                }
                let at = self.within(pointer, text, error.span);
                let mut finding = Finding::new(codes::BAD_GUARD, error.message).at(at);
                if let Some(label) = error.label {
                    finding = finding.label(label);
                }
                let help = error.help.or_else(|| self.cut_by_a_comment(pointer, text));
                self.report(match help {
                    Some(help) => finding.help(help),
                    None => finding,
                });
                return None;
            }
        };
        let known = self.reads(pointer, text, &guard, when);
        if self.types(pointer, text, &mut guard, (when, purpose)) && known {
            self.constant(pointer, &guard, purpose);
        }
        Some(guard)
    }

    /// Returns whether a guard speaks of a name with a hyphen, which is a mistake where it is declared.
    fn is_cut_at_a_hyphen(&self, text: &str) -> bool {
        let declared = ["/form", "/limits"].map(|map| self.written_names(map)).concat();
        let stages =
            self.stages.iter().flat_map(|stage| stage.asks.iter().copied().chain([stage.id]));
        declared.into_iter().chain(stages).any(|name| name.contains('-') && text.contains(name))
    }

    /// Reports names that do not exist; returns whether all do.
    fn reads(&mut self, pointer: &str, text: &str, guard: &Guard, when: When) -> bool {
        let before = self.findings.len();
        for (path, span) in guard.read_spans() {
            let at = self.within(pointer, text, Some(span.clone()));
            if let Some(finding) = self.unknown_path(path, at, when) {
                self.report(finding);
            }
        }
        self.findings.len() == before
    }

    /// Returns what is wrong with a path that a guard reads.
    fn unknown_path(&self, path: &str, at: Range<usize>, when: When) -> Option<Finding> {
        let mut parts = path.split('.');
        let root = parts.next().unwrap_or_default();
        let name = parts.next();
        let known = match root {
            "today" => return None,
            "form" => {
                let fields = self.written_names("/form");
                if let (When::Asking(position), Some(name)) = (when, name)
                    && fields.iter().position(|field| *field == name) >= Some(position)
                {
                    let message = format!("{} is asked later in the form", quoted(path));
                    let finding = Finding::new(codes::ASKED_LATER, message).at(at);
                    return Some(finding.label("a condition reads the fields before its own"));
                }
                fields
            }
            "limits" => self.written_names("/limits"),
            _ if matches!(when, When::Asking(_)) => {
                let message =
                    format!("{} cannot be read while the form is filled in", quoted(path));
                let finding = Finding::new(codes::UNKNOWN_NAME, message).at(at);
                return Some(finding.label("conditions read: form, limits, today"));
            }
            "now" => return None,
            "score" if self.file.score.is_some() => return None,
            "voucher" if self.has_voucher(when) => OF_VOUCHER.to_vec(),
            "claim" if self.has_claim(when) => self.of_claim(),
            "score" | "voucher" | "claim" => return Some(nothing_there(root, path, at)),
            "applicant" => {
                let name = name?;
                if APPLICANT.contains(&name) {
                    return self.unreachable(path, name, at);
                }
                APPLICANT.to_vec()
            }
            _ => return self.unknown_stage(path, root, name, at, when),
        };
        let name = name?;
        if known.contains(&name) {
            return None;
        }
        let full = likely(name, known.iter().copied()).map(|name| format!("{root}.{name}"));
        Some(
            Finding::new(codes::UNKNOWN_NAME, format!("{} does not exist", quoted(path)))
                .at(at)
                .label(format!("{root} has: {}", listed(known)))
                .did_you_mean(full.as_deref()),
        )
    }

    /// Returns that no field of the form says how the applicant is reached so, where none does.
    fn unreachable(&self, path: &str, name: &str, at: Range<usize>) -> Option<Finding> {
        let complete = self.fields.fields.len() == self.written_names("/form").len();
        if !complete || contact_field(&self.reached, name).is_some() {
            return None;
        }
        let message = format!("{} does not exist: no field of the form holds it", quoted(path));
        let fix = format!("call a field {}, or name one under `applicant`", quoted(name));
        Some(Finding::new(codes::UNKNOWN_NAME, message).at(at).help(fix))
    }

    /// Returns what is wrong with a path whose first name should be a stage.
    fn unknown_stage(
        &self,
        path: &str,
        root: &str,
        name: Option<&str>,
        at: Range<usize>,
        when: When,
    ) -> Option<Finding> {
        let Some(position) = self.stages.iter().position(|stage| stage.id == root) else {
            let roots = self.stages.iter().map(|stage| stage.id).filter(|id| !id.is_empty());
            let roots = ["form", "limits", "applicant", "today", "now"]
                .into_iter()
                .chain(self.file.score.as_ref().map(|_| "score"))
                .chain(roots);
            let full = likely(root, roots.clone())
                .map(|root| name.map_or(root.to_owned(), |name| format!("{root}.{name}")));
            return Some(
                Finding::new(codes::UNKNOWN_NAME, format!("{} does not exist", quoted(path)))
                    .at(at)
                    .label(format!("guards read: {}", listed(roots)))
                    .did_you_mean(full.as_deref()),
            );
        };
        let asks = &self.stages.get(position)?.asks;
        if let Some(name) = name
            && !asks.contains(&name)
        {
            let full = likely(name, asks.iter().copied()).map(|name| format!("{root}.{name}"));
            let asked = if asks.is_empty() {
                "nothing is asked here".to_owned()
            } else {
                format!("asked here: {}", listed(asks.iter().copied()))
            };
            let message = format!("{} is not asked at stage {}", quoted(path), quoted(root));
            return Some(
                Finding::new(codes::NOT_ASKED, message)
                    .at(at)
                    .label(asked)
                    .did_you_mean(full.as_deref()),
            );
        }
        if is_given(&self.stages, when, position) {
            return None;
        }
        let message = format!("{} is read before stage {} is decided", quoted(path), quoted(root));
        let finding = Finding::new(codes::ASKED_LATER, message).at(at);
        let same = name
            .and_then(|name| self.written_names("/form").into_iter().find(|field| *field == name));
        Some(finding.did_you_mean(same.map(|name| format!("form.{name}")).as_deref()))
    }

    /// Returns whether there is a voucher when something is evaluated.
    pub(super) fn has_voucher(&self, when: When) -> bool {
        self.file.voucher.is_some() && (when == When::Redemption || self.has_claim(when))
    }

    /// Returns whether there is a claim when something is evaluated.
    pub(super) fn has_claim(&self, when: When) -> bool {
        match when {
            When::Claim => true,
            When::Before(reader) | When::At(reader) => {
                self.stages.get(reader).is_some_and(|stage| stage.row == Row::Reimbursement)
            }
            _ => false,
        }
    }

    /// Returns what guards may read of a claim: what it asks, and its amount, asked for or not.
    fn of_claim(&self) -> Vec<&str> {
        let mut names = self.written_names("/reimbursement/asks");
        if !names.contains(&"amount") {
            names.push("amount");
        }
        names
    }

    /// Reports a guard that always comes to the same.
    fn constant(&mut self, pointer: &str, guard: &Guard, purpose: Purpose) {
        let Some(evaluation) = constant(guard) else { return };
        let finding = match (evaluation.result, purpose) {
            (Err(reason), _) => {
                Finding::new(codes::NEVER_RUNS, format!("this can never be computed: {reason}"))
            }
            (Ok(_), Purpose::Rank) => {
                Finding::new(codes::CONSTANT_GUARD, "this is the same for every application")
            }
            (Ok(_), Purpose::Amount) => {
                if evaluation.amount.is_none_or(|amount| amount > Decimal::ZERO) {
                    return;
                }
                Finding::new(codes::BAD_AMOUNT, "an amount is more than nothing")
            }
            (Ok(false), Purpose::Condition) => {
                Finding::new(codes::NEVER_TRUE, "this is never true, so that nobody can go on")
            }
            (Ok(true), Purpose::Skip) => Finding::new(
                codes::NEVER_OPENED,
                "this is always true, so that the stage is never opened",
            ),
            (Ok(true), Purpose::Route) => Finding::new(
                codes::NEVER_ROUTED,
                "this is always true, so that the roles after it and `role` never get the stage",
            ),
            (Ok(false), Purpose::Route) => Finding::new(
                codes::NEVER_ROUTED,
                "this is never true, so that this role never gets the stage",
            ),
            (Ok(truth), _) => {
                let always = if truth { "always" } else { "never" };
                Finding::new(codes::CONSTANT_GUARD, format!("this is {always} true"))
            }
        };
        let finding = finding.at(self.places.value(pointer));
        self.report(if purpose == Purpose::Amount {
            finding
        } else {
            finding.label("this reads nothing of the application")
        });
    }

    /// Returns the bytes of the file that a span of an expression's text stands in.
    pub(super) fn within(
        &self,
        pointer: &str,
        text: &str,
        span: Option<Range<usize>>,
    ) -> Range<usize> {
        let whole = self.places.value(pointer);
        let (Some(span), Some(entry)) = (span, self.places.get(pointer)) else { return whole };
        let written = self.source.slice(entry.value.clone());
        let shift =
            |by: usize| entry.value.start + by + span.start..entry.value.start + by + span.end;
        if written == text {
            return shift(0);
        }
        if written.get(1..).is_some_and(|rest| rest.starts_with(text)) && !entry.plain {
            return shift(1);
        }
        // A text in several lines is joined by the reader: look for the words themselves, where they stand as often before.
        let words = text.get(span.clone()).unwrap_or_default();
        if words.is_empty() {
            return whole;
        }
        let before = text.match_indices(words).take_while(|(at, _)| *at < span.start).count();
        match written.match_indices(words).nth(before) {
            Some((found, _)) => {
                let start = entry.value.start + found;
                start..start + words.len()
            }
            None => whole,
        }
    }

    /// Returns what to do when a comment mark cut an expression short.
    fn cut_by_a_comment(&self, pointer: &str, text: &str) -> Option<String> {
        let entry = self.places.get(pointer)?;
        let rest = self.source.slice(entry.value.end..self.source.text().len());
        let rest = rest.lines().next()?.trim_start();
        let open = text.matches('"').count() % 2 == 1;
        (entry.plain && open && rest.starts_with('#'))
            .then(|| "` #` begins a comment: put the guard between single quotes".to_owned())
    }
}

/// Returns that a guard reads of something that is not there.
fn nothing_there(root: &str, path: &str, at: Range<usize>) -> Finding {
    let why = match root {
        "score" => "the programme has no `score`",
        "voucher" => "there is a voucher only at its redemption and at a claim",
        _ => "there is a claim only under `reimbursement`",
    };
    Finding::new(codes::UNKNOWN_NAME, format!("{} does not exist here: {why}", quoted(path))).at(at)
}

/// What a guard comes to that reads nothing of an application.
pub(super) struct Constant {
    /// Whether it is true; an amount counts as true.
    result: Result<bool, String>,
    /// The amount.
    pub(super) amount: Option<Decimal>,
}

/// Evaluates a guard that reads nothing of an application.
pub(super) fn constant(guard: &Guard) -> Option<Constant> {
    if !guard.is_constant() {
        return None;
    }
    let nothing = Record::new();
    let evaluation = guard.evaluate(&Scope {
        form: &nothing,
        answers: &indexmap::IndexMap::new(),
        applicant: &nothing,
        today: jiff::civil::Date::default(),
        now: jiff::Timestamp::UNIX_EPOCH,
    });
    let amount = evaluation.amount().ok();
    let result = match &evaluation.result {
        Err(reason) => Err(reason.to_string()),
        Ok(_) => Ok(evaluation.truth().unwrap_or(true)),
    };
    Some(Constant { result, amount })
}
