//! `annona explain`

use annona_definitions::diagnostic::{Code, codes, quoted};
use serde_json::{Value, json};

use super::Answer;
use crate::output;

/// Explains the code of a finding: what it means, with a wrong and a right example.
///
/// Without a code, lists all of them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: annona explain G102")]
pub(super) struct Explain {
    /// The code, such as G102.
    code: Option<String>,
    /// Print the explanation as JSON.
    #[arg(long)]
    json: bool,
}

impl Explain {
    pub(super) fn run(&self) -> Answer {
        match self.words() {
            Ok(words) => {
                output::say(&words);
                Answer::Yes
            }
            Err(problem) => {
                output::complain(&format!("annona: {problem}"));
                Answer::Usage
            }
        }
    }

    /// Returns what is to be said, or that there is no such code.
    fn words(&self) -> Result<String, String> {
        let Some(id) = self.code.as_deref().map(str::trim) else { return Ok(self.list()) };
        let code = codes::find(id).ok_or_else(|| unknown(id))?;
        let Code { id, severity, title } = code;
        let text = code.page().trim_end();
        Ok(if self.json {
            let severity = severity.as_str();
            in_lines(&json!({ "code": id, "severity": severity, "title": title, "text": text }))
        } else {
            text.to_owned()
        })
    }

    /// Returns every code with its title.
    fn list(&self) -> String {
        let codes = codes::ALL.iter().map(|code| (code.id, code.severity.as_str(), code.title));
        if self.json {
            let entry =
                |(id, severity, title)| json!({ "code": id, "severity": severity, "title": title });
            in_lines(&codes.map(entry).collect())
        } else {
            let lines = codes.map(|(id, severity, title)| format!("{id}  {severity:<7}  {title}"));
            lines.collect::<Vec<_>>().join("\n")
        }
    }
}

fn in_lines(value: &Value) -> String {
    format!("{value:#}")
}

fn unknown(id: &str) -> String {
    let advice = match codes::meant(id) {
        Some(code) => format!("did you mean {} ({})?", code.id, code.title),
        None => "`annona explain` lists them all".to_owned(),
    };
    format!("there is no finding {}; {advice}", quoted(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain(code: Option<&str>, json: bool) -> Result<String, String> {
        Explain { code: code.map(str::to_owned), json }.words()
    }

    #[test]
    fn a_code_is_explained_by_its_page() {
        let words = explain(Some("g102"), false).unwrap();
        assert!(words.starts_with("# error[G102]: a guard reads an answer"), "{words}");
        assert!(words.contains("## Wrong") && words.contains("## Right"), "{words}");
    }

    #[test]
    fn programs_get_code_severity_title_and_text() {
        let explained: Value = serde_json::from_str(&explain(Some("T105"), true).unwrap()).unwrap();
        assert_eq!(explained["code"], "T105");
        assert_eq!(explained["severity"], "warning");
        assert_eq!(explained["title"], "a stage has no deadline");
        assert!(explained["text"].as_str().unwrap().contains("due: 2 days"));
    }

    #[test]
    fn without_a_code_all_are_listed() {
        let words = explain(None, false).unwrap();
        assert_eq!(words.lines().count(), codes::ALL.len());
        assert!(words.contains("\nT105  warning  a stage has no deadline\n"), "{words}");
        let listed: Value = serde_json::from_str(&explain(None, true).unwrap()).unwrap();
        assert_eq!(listed[0]["code"], "Y001");
    }

    #[test]
    fn a_code_that_is_none_is_refused_with_the_likely_one() {
        assert_eq!(
            explain(Some("G1022"), false).unwrap_err(),
            "there is no finding `G1022`; did you mean G102 (a guard reads an answer that the stage does not ask for)?"
        );
        let nothing = explain(Some("budget"), false).unwrap_err();
        assert!(nothing.ends_with("`annona explain` lists them all"), "{nothing}");
        let explain = Explain { code: Some("budget".to_owned()), json: false };
        assert_eq!(explain.run(), Answer::Usage);
    }
}
