//! Codes, their pages and what a check says: none without the others.
//!
//! `ANNONA_WRITE_FINDINGS=1` writes the shown reports and the table of all codes again.
#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use annona_definitions::diagnostic::{Code, codes};
use annona_definitions::{Finding, Report, compile};

/// The name under which the examples are checked.
const FILE: &str = "programme.yaml";

/// What a fence says of an example whose last line stands this many times.
const REPEAT: &str = "repeat=";

/// What a fence says of an example that is saved in another encoding.
const LATIN_1: &str = "encoding=latin-1";

/// A page, taken apart.
struct Page<'a> {
    /// Its first line.
    title: &'a str,
    /// What is said before the examples.
    words: &'a str,
    /// The fence of the wrong example after its language, and its text.
    wrong: (&'a str, &'a str),
    /// The report of the wrong example.
    shown: &'a str,
    /// The right example.
    right: &'a str,
}

impl<'a> Page<'a> {
    /// Takes a page apart; `None` if it is built otherwise.
    fn read(page: &'a str) -> Option<Self> {
        let (title, rest) = page.split_once('\n')?;
        let (words, rest) = rest.split_once("\n## Wrong\n\n```yaml")?;
        let (fence, rest) = rest.split_once('\n')?;
        let (wrong, rest) = rest.split_once("```\n\n```text\n")?;
        let (shown, rest) = rest.split_once("```\n\n## Right\n\n```yaml\n")?;
        let right = rest.strip_suffix("```\n")?;
        Some(Self { title, words: words.trim(), wrong: (fence.trim(), wrong), shown, right })
    }

    /// Checks the wrong example, as its fence says that it is to be read.
    fn check_wrong(&self) -> Report {
        let (fence, text) = self.wrong;
        let bytes = if let Some(times) = fence.strip_prefix(REPEAT) {
            let start = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
            let (head, last) = text.split_at(start);
            format!("{head}{}", last.repeat(times.parse().unwrap())).into_bytes()
        } else if fence == LATIN_1 {
            text.chars().map(|letter| u8::try_from(letter).unwrap()).collect()
        } else {
            assert_eq!(fence, "");
            text.as_bytes().to_vec()
        };
        compile(FILE, &bytes).report
    }
}

/// Returns the folder of the pages.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/reference/findings")
}

fn is_writing() -> bool {
    std::env::var_os("ANNONA_WRITE_FINDINGS").is_some()
}

/// Returns what is wrong with the page of a code.
fn faults(code: Code) -> Vec<String> {
    let path = folder().join(format!("{}.md", code.id));
    let text = fs::read_to_string(&path).unwrap();
    let Some(page) = Page::read(&text) else {
        return vec!["is built otherwise than the other pages".to_owned()];
    };
    let mut faults = Vec::new();
    if page.title != format!("# {}[{}]: {}", code.severity.as_str(), code.id, code.title) {
        faults.push(format!("is titled {}", page.title));
    }
    if !page.words.ends_with('.') {
        faults.push("explains nothing".to_owned());
    }
    let wrong = page.check_wrong();
    let others: Vec<&str> = wrong
        .findings()
        .iter()
        .map(|finding| finding.code.id)
        // A part that cannot run yet is noted beside what is wrong with it.
        .filter(|found| *found != code.id && *found != codes::NOT_BUILT.id)
        .collect();
    let is_found = wrong.findings().iter().any(|finding| finding.code == code);
    if !others.is_empty() || !is_found {
        faults.push(format!("has a wrong example with {others:?}"));
    }
    let shown = wrong.to_text(false);
    if is_writing() {
        let page = text.replacen(
            &format!("```text\n{}```", page.shown),
            &format!("```text\n{shown}```"),
            1,
        );
        fs::write(&path, page).unwrap();
    } else if shown != page.shown {
        faults.push(format!("shows another report than this one:\n{shown}"));
    }
    let right = compile(FILE, page.right.as_bytes()).report;
    let is_note = |finding: &&Finding| finding.code == codes::NOT_BUILT && finding.code != code;
    if right.findings().iter().any(|finding| !is_note(&finding)) {
        faults.push(format!("has a right example with findings:\n{}", right.to_text(false)));
    }
    faults.into_iter().map(|fault| format!("{}: {fault}", code.id)).collect()
}

#[test]
fn each_page_says_of_its_code_what_a_check_says() {
    let faults: Vec<String> = codes::ALL.iter().flat_map(|code| faults(*code)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_code_has_a_page_and_each_page_a_code() {
    let pages: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected = codes::ALL.iter().map(|code| format!("{}.md", code.id)).collect();
    assert_eq!(pages, expected);
    for code in codes::ALL {
        let written = fs::read_to_string(folder().join(format!("{}.md", code.id))).unwrap();
        assert!(is_writing() || code.page() == written, "{} is not what is built in", code.id);
    }
}

#[test]
fn the_table_and_the_summary_name_each_code() {
    let path = folder().with_extension("md");
    let page = fs::read_to_string(&path).unwrap();
    let start = page.find("| code |").unwrap();
    let rows = codes::ALL.iter().map(|code| {
        let Code { id, severity, title } = code;
        format!("| [{id}](findings/{id}.md) | {} | {title} |\n", severity.as_str())
    });
    let table = format!("| code | | meaning |\n|---|---|---|\n{}", rows.collect::<String>());
    if is_writing() {
        fs::write(&path, format!("{}{table}", &page[..start])).unwrap();
    } else {
        assert_eq!(&page[start..], table, "run the test with ANNONA_WRITE_FINDINGS=1");
    }
    let summary = fs::read_to_string(folder().join("../../SUMMARY.md")).unwrap();
    let expected = codes::ALL.iter().map(|code| {
        let Code { id, title, .. } = code;
        format!("    - [{id}: {title}](reference/findings/{id}.md)\n")
    });
    let missing: Vec<String> = expected.filter(|line| !summary.contains(line.as_str())).collect();
    assert!(missing.is_empty(), "SUMMARY.md lacks:\n{}", missing.concat());
}
