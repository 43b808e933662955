//! What words are shown on: how wide it is, and in which time zone its reader lives.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Where words are shown.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    /// Columns; `None`: no terminal, so there is no edge.
    pub(super) width: Option<usize>,
    /// Time zone of the reader.
    pub(super) zone: TimeZone,
    /// Whether words may be coloured.
    pub(super) colour: bool,
}

impl Screen {
    /// Returns the one this process writes to.
    pub(super) fn of_this_process() -> Self {
        use std::io::IsTerminal as _;
        let is_terminal = std::io::stdout().is_terminal();
        let width = terminal_size::terminal_size()
            .filter(|_| is_terminal)
            .map(|(terminal_size::Width(columns), _)| usize::from(columns));
        Self { width, zone: TimeZone::system(), colour: crate::output::in_colour() }
    }

    /// Writes an instant of the API as its reader's clock shows it; what is none stays as it is.
    pub(super) fn instant(&self, text: &str) -> String {
        let Ok(instant) = text.parse::<Timestamp>() else { return text.to_owned() };
        instant.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// Returns whether something so wide fits.
    pub(super) fn fits(&self, columns: usize) -> bool {
        self.width.is_none_or(|width| columns <= width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_shown_as_the_readers_clock_shows_it() {
        let zone = TimeZone::get("Africa/Kampala").unwrap();
        let screen = Screen { width: Some(80), zone, colour: false };
        assert_eq!(screen.instant("2026-03-02T06:00:00Z"), "2026-03-02 09:00");
        assert_eq!(screen.instant("2026-03-02"), "2026-03-02");
    }
}
