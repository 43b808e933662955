//! A programme as a picture: black on white, as wide as an A4 page, longer where it has many stages.

use super::chart::{Chart, Frame};
use super::text;

/// Width of the picture, in points: that of an A4 page.
const WIDTH: usize = 595;
/// Left edge of the boxes, in points.
const LEFT: usize = 40;
/// Right edge of the boxes, in points; the ways back run beyond it.
const RIGHT: usize = 500;
/// Most letters of a line, so that it stays within its box.
const MAX_LETTERS: usize = 88;
/// Height of a line, in points.
const LINE: usize = 13;
/// Height of a heading, in points.
const HEADING: usize = 26;
/// Space between two boxes, in points.
const GAP: usize = 24;
/// Space between two ways back, in points.
const LANE: usize = 9;

/// Draws the boxes, the way through them, and the ways back.
pub(super) fn drawn(chart: &Chart) -> String {
    let mut top = 60;
    let mut parts = vec![format!(
        "<text x=\"{LEFT}\" y=\"38\" font-size=\"16\" font-weight=\"bold\">{}</text>",
        escaped(&chart.title)
    )];
    let mut middles = Vec::new();
    for (place, it) in chart.boxes.iter().enumerate() {
        let height = height(it);
        parts.extend(framed(it, top, height));
        middles.push(top + height / 2);
        if place + 1 < chart.boxes.len() {
            let (x, from, to) = (LEFT.midpoint(RIGHT), top + height, top + height + GAP);
            parts.push(format!("<path d=\"M{x} {from}V{to}\" marker-end=\"url(#head)\"/>"));
        }
        top += height + GAP;
    }
    for (lane, (from, to)) in chart.back.iter().enumerate() {
        if let (Some(from), Some(to)) = (middles.get(*from), middles.get(*to)) {
            let x = RIGHT + 14 + lane * LANE;
            // Several ways begin and end at one box: each a little apart.
            let (from, to) = (from + lane * 4, to + lane * 4);
            parts.push(format!(
                "<path d=\"M{RIGHT} {from}H{x}V{to}H{RIGHT}\" stroke-dasharray=\"4 3\" marker-end=\"url(#head)\"/>"
            ));
        }
    }
    let height = height(&chart.aside);
    parts.extend(framed(&chart.aside, top, height));
    page(chart, top + height + GAP, &parts)
}

/// Writes the picture around its parts, with a title and what it shows in words.
fn page(chart: &Chart, height: usize, parts: &[String]) -> String {
    let mut words: Vec<String> = chart.boxes.iter().map(text::one).collect();
    words.push(text::one(&chart.aside));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{WIDTH}pt\" height=\"{height}pt\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"9\">\n\
         <title>{}</title>\n<desc>{}</desc>\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0L8 4L0 8Z\"/></marker></defs>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>\n\
         <g fill=\"none\" stroke=\"black\">\n{}\n</g>\n</svg>\n",
        escaped(&chart.title),
        escaped(&words.join("\n")),
        parts.join("\n").replace("<text", "<text fill=\"black\" stroke=\"none\"")
    )
}

/// Draws a box with its words.
fn framed(it: &Frame, top: usize, height: usize) -> Vec<String> {
    let (width, x) = (RIGHT - LEFT, LEFT + 10);
    let mut parts = vec![
        format!("<rect x=\"{LEFT}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"4\"/>"),
        format!(
            "<text x=\"{x}\" y=\"{}\" font-size=\"12\" font-weight=\"bold\">{}</text>",
            top + 17,
            escaped(&it.heading)
        ),
    ];
    let lines = it.lines.iter().flat_map(|line| wrapped(line));
    parts.extend(lines.enumerate().map(|(place, line)| {
        let y = top + HEADING + LINE * place + 8;
        format!("<text x=\"{x}\" y=\"{y}\">{}</text>", escaped(&line))
    }));
    parts
}

fn height(it: &Frame) -> usize {
    HEADING + 6 + LINE * it.lines.iter().map(|line| wrapped(line).len()).sum::<usize>()
}

/// Breaks a line between words; what goes on is set in.
fn wrapped(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split_whitespace() {
        let is_full = lines.last().is_some_and(|last| {
            last.chars().count() + word.chars().count() >= MAX_LETTERS && !last.trim().is_empty()
        });
        if is_full {
            lines.push("\u{a0}\u{a0}\u{a0}".to_owned());
        }
        if let Some(last) = lines.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
