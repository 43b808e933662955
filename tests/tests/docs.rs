//! The house rules that no compiler holds: links lead somewhere, every page is in the summary, code is finished and named
//! by domain words.
//!
//! Reads the repository only; never starts the binary.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Words that say nothing about what a module is for.
const EMPTY_WORDS: [&str; 6] = ["manager", "helper", "helpers", "util", "utils", "misc"];

/// The crates of the workspace.
const CRATES: [&str; 4] = ["definitions", "engine", "runner", "tests"];

/// Most lines a source file may have.
const MAX_LINES: usize = 600;

#[test]
fn relative_links_lead_to_something() {
    let root = repository();
    let mut pages = files_below(&root.join("docs"), "md").unwrap();
    pages.push(root.join("README.md"));
    pages.push(root.join("CHANGELOG.md"));
    let mut checked = 0;
    let mut broken = Vec::new();
    for page in &pages {
        for target in links(&read(page).unwrap()) {
            if is_elsewhere(&target) {
                continue;
            }
            checked += 1;
            if !leads_somewhere(page, &target).unwrap() {
                broken.push(format!("{}: {target}", name(page)));
            }
        }
    }
    assert!(checked > 20, "only {checked} links were found: the reader of links is broken");
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

#[test]
fn every_page_is_in_the_summary_once() {
    let book = repository().join("docs/src");
    let summary = book.join("SUMMARY.md");
    let listed = links(&read(&summary).unwrap());
    let wrong: Vec<String> = files_below(&book, "md")
        .unwrap()
        .iter()
        .filter(|page| **page != summary)
        .map(|page| page.strip_prefix(&book).unwrap().to_str().unwrap().replace('\\', "/"))
        .filter(|page| listed.iter().filter(|link| *link == page).count() != 1)
        .collect();
    assert!(wrong.is_empty(), "pages that SUMMARY.md names not once:\n{}", wrong.join("\n"));
}

#[test]
fn no_code_is_left_unfinished() {
    // Put together here, so that this file does not name what it forbids.
    let marks = ["todo", "unimplemented"].map(|word| format!("{word}!("));
    let found: Vec<String> = sources()
        .unwrap()
        .iter()
        .flat_map(|path| {
            let text = read(path).unwrap();
            marks
                .iter()
                .filter(|mark| text.contains(mark.as_str()))
                .map(|mark| format!("{}: {mark}", name(path)))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "unfinished code:\n{}", found.join("\n"));
}

#[test]
fn module_names_say_what_they_are_for() {
    let root = repository();
    let found: Vec<String> = sources()
        .unwrap()
        .iter()
        .map(|path| path.strip_prefix(&root).unwrap().with_extension(""))
        .filter(|path| {
            path.iter().any(|part| {
                let part = part.to_str().unwrap().to_lowercase();
                part.split(['_', '-']).any(|word| EMPTY_WORDS.contains(&word))
            })
        })
        .map(|path| path.display().to_string())
        .collect();
    assert!(found.is_empty(), "modules with empty names:\n{}", found.join("\n"));
}

#[test]
fn every_module_opens_with_what_it_is_for() {
    let found: Vec<String> = sources()
        .unwrap()
        .iter()
        .filter(|path| !read(path).unwrap().starts_with("//!"))
        .map(|path| name(path))
        .collect();
    assert!(found.is_empty(), "modules without an opening comment:\n{}", found.join("\n"));
}

#[test]
fn no_source_file_is_too_long() {
    let found: Vec<String> = sources()
        .unwrap()
        .iter()
        .map(|path| (name(path), code_lines(&read(path).unwrap())))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(name, lines)| format!("{name}: {lines} lines"))
        .collect();
    assert!(found.is_empty(), "files to split by idea:\n{}", found.join("\n"));
}

#[test]
fn links_are_found_in_prose_and_not_in_code() {
    let page = "a [b](c.md) and [`d`](e/f.md#g) but `[h](i.md)`\n```text\n[j](k.md)\n```\n[l](m.md \"title\")\n";
    assert_eq!(links(page), ["c.md", "e/f.md#g", "m.md"]);
}

#[test]
fn anchors_are_made_from_headings() {
    assert_eq!(anchor("One word for each thing"), "one-word-for-each-thing");
    assert_eq!(anchor("`form.<field>` and `asks`"), "formfield-and-asks");
}

/// Returns the root of the repository.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns every Rust file of the workspace, in order.
fn sources() -> io::Result<Vec<PathBuf>> {
    let root = repository();
    let mut sources = Vec::new();
    for name in CRATES {
        sources.extend(files_below(&root.join(name), "rs")?);
    }
    assert!(sources.len() > 10, "only {} source files were found", sources.len());
    Ok(sources)
}

/// Returns the files below a folder whose name ends so, in order.
fn files_below(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_below(&path, extension)?);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads a file as text; a failure names it.
fn read(path: &Path) -> io::Result<String> {
    fs::read_to_string(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Returns a path as it is written from the root.
fn name(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap_or(path).display().to_string()
}

/// Counts the lines of a source file before its inline tests.
fn code_lines(text: &str) -> usize {
    text.lines().take_while(|line| *line != "#[cfg(test)]").count()
}

/// Returns whether a link leaves the repository.
fn is_elsewhere(target: &str) -> bool {
    ["http://", "https://", "mailto:"].iter().any(|scheme| target.starts_with(scheme))
}

/// Returns whether a relative link leads to a file and, within a page, to a heading.
fn leads_somewhere(page: &Path, target: &str) -> io::Result<bool> {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { page.to_owned() } else { page.with_file_name(file) };
    if heading.is_empty() || !path.exists() {
        return Ok(path.exists());
    }
    Ok(headings(&read(&path)?).iter().any(|found| found == heading))
}

/// Returns the targets of the links in a page, leaving out code.
fn links(page: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(page) {
        // Every second part lies between backticks; a link's text may hold such a part, its target may not.
        let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("");
        for part in plain.split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default();
            targets.push(target.split(' ').next().unwrap_or_default().to_owned());
        }
    }
    targets
}

/// Returns the anchors of the headings of a page.
fn headings(page: &str) -> Vec<String> {
    prose(page)
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

/// Returns a heading's anchor: lower case, spaces as hyphens, no other signs.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter_map(|sign| match sign {
            ' ' => Some('-'),
            '-' | '_' => Some(sign),
            _ => sign.is_alphanumeric().then_some(sign),
        })
        .collect()
}

/// Returns the lines of a page outside fenced code.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    page.lines().filter(move |line| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return false;
        }
        !fenced
    })
}
