//! The QR code of a voucher, in the letters of a terminal where it fits.

use annona_engine::voucher::qr;

use super::screen::Screen;

/// Returns the code, or the command that writes it to a file where the screen is too narrow for it.
pub(super) fn shown(token: &str, id: &str, screen: &Screen) -> String {
    let width = qr::terminal_width(token);
    match (width, qr::terminal(token)) {
        (Ok(width), Ok(code)) if screen.fits(width) => code.trim_end_matches('\n').to_owned(),
        (Ok(width), Ok(_)) => format!(
            "The code takes {width} columns, which this terminal does not have; write it to a file:\n  \
             annona voucher qr {id} --png voucher.png"
        ),
        (Err(error), _) | (_, Err(error)) => format!("the code cannot be drawn: {error}"),
    }
}
