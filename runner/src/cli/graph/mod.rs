//! `annona graph`: a programme as a picture of its stages.

mod chart;
mod mermaid;
mod svg;
mod text;

use std::path::PathBuf;

use self::chart::Chart;
use super::{Answer, programme};
use crate::output;

/// Draws a definition: stages, roles, rules, deadlines, what is sent back, reasons, the voucher.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: annona graph my-programme.yaml --format svg > my-programme.svg")]
pub(super) struct Graph {
    /// The definition: a file, or a folder that holds a `programme.yaml`.
    file: PathBuf,
    /// How it is drawn.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The language of titles; without it, the programme's first.
    #[arg(long)]
    language: Option<String>,
}

/// How a definition is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Words, for a terminal.
    Text,
    /// A Mermaid flowchart, for web pages that draw it.
    Mermaid,
    /// A picture of the width of an A4 page, in black and white.
    Svg,
}

impl Graph {
    pub(super) fn run(&self) -> Answer {
        let (_, programme, _) = match programme(&self.file, "drawn") {
            Ok(programme) => programme,
            Err(cannot) => return cannot,
        };
        let chart = Chart::of(&programme, self.language.as_deref());
        output::say(
            match self.format {
                Format::Text => text::drawn(&chart),
                Format::Mermaid => mermaid::drawn(&chart),
                Format::Svg => svg::drawn(&chart),
            }
            .trim_end(),
        );
        Answer::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> Chart {
        let source = include_bytes!("../../../../examples/urgent-surgery/programme.yaml");
        let compiled = annona_definitions::compile("programme.yaml", source);
        Chart::of(&compiled.programme.unwrap(), None)
    }

    #[test]
    fn a_programme_is_told_stage_by_stage() {
        insta::assert_snapshot!(text::drawn(&chart()), @r#"
        Urgent surgery assistance

        Application
          must be: form.income / (form.family.len() + 1) <= limits.income_per_person; else rejected: Household income is above the limit
          must be: form.cost <= limits.ceiling * 3; else rejected: Cost is above what we can pay
          once per national_id within 180 days; else rejected: You have an open application or were helped less than 180 days ago
            |
            v
        Field assessment
          decided by: Field assessor
          left out if: form.treatment == "trauma" && form.cost <= limits.fast_track
          asks: visited, photo
          approved only if: field.visited
          due in 3 working days
          after 2 working days: reminded
          after 3 working days: also to Supervisor
          after 10 working days: goes on, not decided
          may send back to: the applicant for 14 days, then rejected: We did not get an answer
            |
            v
        Medical review
          decided by: Medical reviewer
          asks: amount
          documents: estimate
          approved only if: medical.amount <= form.cost && medical.amount <= limits.ceiling
          due in 8 working hours
          after 4 working hours: reminded
          after 16 working hours: also to Supervisor
          may send back to: the applicant for 14 days, then rejected: We did not get an answer; Field assessment
            |
            v
        Final approval
          decided by: Final approver
          by Director instead if: medical.amount > limits.director_above
          due in 2 days
          after 2 days: also to Director
          may send back to: Field assessment; Medical review
            |
            v
        Voucher
          amount: min(medical.amount, limits.ceiling) USD
          at most: limits.ceiling
          valid for 60 days, at: hospital, clinic
          redeemed up to 3 times, in parts

        Reasons
          reject: Household income is above the limit
          reject: Cost is above what we can pay
          reject: You have an open application or were helped less than 180 days ago
          reject: Treatment is not urgent
          reject: We did not get an answer
          send back: A document cannot be read
          send back: Something is missing
        "#);
    }

    #[test]
    fn a_flowchart_has_a_box_for_each_stage_and_an_arrow_for_each_way_back() {
        let drawn = mermaid::drawn(&chart());
        assert!(drawn.starts_with("flowchart TD\n"), "{drawn}");
        assert!(drawn.contains("  s2 --> s3\n"), "{drawn}");
        assert!(drawn.contains("  s3 -. \"sends back\" .-> s1\n"), "{drawn}");
        assert!(drawn.contains("form.cost #lt;= limits.fast_track"), "{drawn}");
        assert_eq!(drawn.matches("[\"").count(), 6, "{drawn}");
    }

    #[test]
    fn a_picture_is_as_wide_as_a_page_and_says_what_it_shows() {
        let drawn = svg::drawn(&chart());
        assert!(drawn.contains("role=\"img\""), "{drawn}");
        assert!(drawn.contains("<title>Urgent surgery assistance</title>"), "{drawn}");
        assert!(drawn.contains("<desc>Application"), "{drawn}");
        assert!(drawn.contains("form.treatment == &quot;trauma&quot;"), "{drawn}");
        assert_eq!(drawn.matches("<rect").count(), 7, "{drawn}");
    }
}
