//! A programme as a Mermaid flowchart.

use super::chart::{Chart, Frame};

/// Draws the boxes, the way through them, and the ways back.
pub(super) fn drawn(chart: &Chart) -> String {
    let mut lines = vec!["flowchart TD".to_owned()];
    for (place, it) in chart.boxes.iter().enumerate() {
        lines.push(format!("  s{place}{}", label(it)));
    }
    lines.extend((1..chart.boxes.len()).map(|place| format!("  s{} --> s{place}", place - 1)));
    let back = chart.back.iter();
    lines.extend(back.map(|(from, to)| format!("  s{from} -. \"sends back\" .-> s{to}")));
    lines.push(format!("  reasons{}", label(&chart.aside)));
    lines.join("\n") + "\n"
}

fn label(it: &Frame) -> String {
    let lines = it.lines.iter().map(|line| format!("<br/>{}", escaped(line)));
    format!("[\"<b>{}</b>{}\"]", escaped(&it.heading), lines.collect::<String>())
}

/// Writes what Mermaid would read as its own or as markup by its entities.
fn escaped(text: &str) -> String {
    text.replace('#', "#35;")
        .replace('"', "#quot;")
        .replace('<', "#lt;")
        .replace('>', "#gt;")
        .replace('`', "#96;")
}
