//! `annona check`

use std::path::PathBuf;

use serde_json::json;

use super::{Answer, definition_file, read};
use crate::output;

/// Checks definitions and shows every finding.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// Definitions: files, or folders that hold a `programme.yaml`.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(&self) -> Answer {
        let mut answer = Answer::Yes;
        let mut reports = Vec::new();
        for file in &self.files {
            let file = definition_file(file);
            let bytes = match read(&file) {
                Ok(bytes) => bytes,
                Err(cannot) => {
                    // The others are checked all the same: everything is named at once.
                    answer = cannot;
                    continue;
                }
            };
            let name = file.display().to_string();
            let compiled = annona_definitions::compile(&name, &bytes);
            let report = compiled.report;
            if report.has_errors() && answer == Answer::Yes {
                answer = Answer::No;
            }
            if self.json {
                reports.push(json!({ "file": name, "valid": !report.has_errors(), "not_built": report.not_built(), "findings": report.to_json() }));
            } else {
                say(&name, &report);
            }
        }
        if self.json {
            output::say_json(&reports.into());
        }
        answer
    }
}

fn say(name: &str, report: &annona_definitions::Report) {
    let text = report.to_text(output::in_colour());
    if !text.is_empty() {
        output::say(text.trim_end());
        output::say("");
    }
    let warned = match report.warnings() {
        0 => String::new(),
        1 => ", with 1 warning".to_owned(),
        warnings => format!(", with {warnings} warnings"),
    };
    let not_built = match report.not_built() {
        0 => String::new(),
        1 => "; 1 part of it is checked and not run yet".to_owned(),
        parts => format!("; {parts} parts of it are checked and not run yet"),
    };
    output::say(&match report.errors() {
        0 => format!("{name}: valid{warned}{not_built}"),
        1 => format!("{name}: 1 error"),
        errors => format!("{name}: {errors} errors"),
    });
}
