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
            if compiled.programme.is_none() && answer == Answer::Yes {
                answer = Answer::No;
            }
            let report = compiled.report;
            if self.json {
                reports.push(json!({ "file": name, "valid": !report.has_errors(), "findings": report.to_json() }));
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
    let warnings = report.findings().len() - report.errors();
    output::say(&match (report.errors(), warnings) {
        (0, 0) => format!("{name}: valid"),
        (0, 1) => format!("{name}: valid, with 1 warning"),
        (0, warnings) => format!("{name}: valid, with {warnings} warnings"),
        (1, _) => format!("{name}: 1 error"),
        (errors, _) => format!("{name}: {errors} errors"),
    });
}
