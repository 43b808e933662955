//! `annona init`

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Answer;
use crate::output;

/// Writes a programme to begin with, with comments that say what to change.
///
/// A file that is there already is not touched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: annona init my-programme.yaml --template medical")]
pub(super) struct Init {
    /// The file to write.
    #[arg(default_value = "programme.yaml")]
    file: PathBuf,
    /// What to begin with.
    #[arg(long, value_enum, default_value_t = Template::Kit)]
    template: Template,
}

/// A programme to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Template {
    /// The smallest useful one: one stage, one voucher.
    Kit,
    /// Three stages, eligibility rules, deadlines, messages and a voucher that is redeemed in parts.
    Medical,
}

/// A file beside a definition, which its tests name.
const ESTIMATE: (&str, &[u8]) = ("estimate.pdf", include_bytes!("../../templates/estimate.pdf"));

impl Template {
    fn definition(self) -> &'static str {
        match self {
            Self::Kit => include_str!("../../templates/kit.yaml"),
            Self::Medical => include_str!("../../templates/medical.yaml"),
        }
    }

    /// Returns the files that stand beside it.
    fn beside(self) -> &'static [(&'static str, &'static [u8])] {
        match self {
            Self::Kit => &[],
            Self::Medical => &[ESTIMATE],
        }
    }
}

impl Init {
    pub(super) fn run(&self) -> Answer {
        match self.write() {
            Ok(words) => {
                output::say(&words);
                Answer::Yes
            }
            Err((answer, problem)) => {
                output::complain(&format!("annona: {problem}"));
                answer
            }
        }
    }

    fn write(&self) -> Result<String, (Answer, String)> {
        let file = self.file.display();
        create(&self.file, self.template.definition().as_bytes()).map_err(|cause| {
            if cause.kind() == ErrorKind::AlreadyExists {
                (Answer::Refused, format!("{file} is there already, and is left as it is"))
            } else {
                (Answer::CannotRead, format!("cannot write {file}: {cause}"))
            }
        })?;
        let mut words = format!("{file} is written");
        for (name, bytes) in self.template.beside() {
            let path = self.file.with_file_name(name);
            match create(&path, bytes) {
                Ok(()) => {
                    let path = path.display();
                    let _ = write!(words, ", and {path} beside it, a sample that its tests name");
                }
                // Somebody's own file of that name serves the tests as well.
                Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {}
                Err(cause) => {
                    let problem = format!("cannot write {}: {cause}", path.display());
                    return Err((Answer::CannotRead, problem));
                }
            }
        }
        let _ = write!(
            words,
            ". Next:\n  edit {file}\n  annona check {file}\n  annona test {file}\n  annona deploy {file}"
        );
        Ok(words)
    }
}

/// Writes a new file; one that is there already stays.
fn create(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::File::create_new(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use annona_engine::trial;

    use super::*;

    fn init(file: &Path, template: Template) -> Result<String, (Answer, String)> {
        Init { file: file.to_owned(), template }.write()
    }

    #[test]
    fn each_template_is_valid_without_a_warning_and_passes_its_own_tests() {
        for template in Template::value_variants() {
            let compiled = annona_definitions::compile("t.yaml", template.definition().as_bytes());
            assert_eq!(compiled.report.to_text(false), "");
            let programme = compiled.programme.unwrap();
            assert!(programme.tests.len() >= 3);
            for case in &programme.tests {
                let outcome = trial::run(&programme, case);
                assert!(outcome.passed(), "{}: {:?}", outcome.name, outcome.failures);
            }
        }
    }

    #[test]
    fn every_file_that_the_tests_name_is_written_beside_the_programme() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("aid.yaml");
        let words = init(&file, Template::Medical).unwrap();
        assert!(place.path().join("estimate.pdf").is_file());
        let words = words.replace(&place.path().display().to_string(), "HERE");
        insta::assert_snapshot!(words, @r"
        HERE/aid.yaml is written, and HERE/estimate.pdf beside it, a sample that its tests name. Next:
          edit HERE/aid.yaml
          annona check HERE/aid.yaml
          annona test HERE/aid.yaml
          annona deploy HERE/aid.yaml
        ");
    }

    #[test]
    fn nothing_is_overwritten() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("aid.yaml");
        std::fs::write(&file, "mine").unwrap();
        let (answer, problem) = init(&file, Template::Kit).unwrap_err();
        assert_eq!(answer, Answer::Refused);
        assert!(problem.ends_with("is there already, and is left as it is"), "{problem}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
        let nowhere = place.path().join("none/aid.yaml");
        assert_eq!(init(&nowhere, Template::Kit).unwrap_err().0, Answer::CannotRead);
    }
}
