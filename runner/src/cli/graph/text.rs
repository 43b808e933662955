//! A programme drawn in words.

use super::chart::{Chart, Frame};

/// Draws the boxes one below the other.
pub(super) fn drawn(chart: &Chart) -> String {
    let boxes: Vec<String> = chart.boxes.iter().map(one).collect();
    format!("{}\n\n{}\n\n{}", chart.title, boxes.join("\n    |\n    v\n"), one(&chart.aside))
}

/// Writes a box: its heading, and its lines below.
pub(super) fn one(it: &Frame) -> String {
    let lines = it.lines.iter().map(|line| format!("\n  {line}"));
    format!("{}{}", it.heading, lines.collect::<String>())
}
