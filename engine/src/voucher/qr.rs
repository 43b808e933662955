//! The QR code of a token: as SVG for pages and print, as PNG, and in the letters of a terminal.
//!
//! Error level Q and the alphanumeric mode, always, with a quiet zone of four modules. Never checks the token.

use std::fmt::Write as _;

use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};
use qrcode::{Color, EcLevel, QrCode, Version, bits::Bits};

/// Most characters that the largest code holds at error level Q.
pub const MAX_CHARACTERS: usize = 2420;
/// Light modules around the code, which ISO 18004 demands.
pub const QUIET_ZONE: usize = 4;
/// Most pixels of a module in a picture.
pub const MAX_SCALE: u32 = 32;

/// Millimetres of a module on paper, in hundredths: what cheap cameras still read.
const MODULE_HUNDREDTHS_MM: usize = 45;
const MAX_VERSION: i16 = 40;

/// Black on white whatever the terminal's own colours are: fixed entries of the 256-colour palette.
const TERMINAL_COLOURS: &str = "\u{1b}[38;5;16m\u{1b}[48;5;231m";
const TERMINAL_RESET: &str = "\u{1b}[0m";

/// A text that fits into no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QrError {
    /// Longer than the largest code at error level Q.
    #[error("the text has {characters} characters; a code holds at most {MAX_CHARACTERS}")]
    TooLong {
        /// Characters of the text.
        characters: usize,
    },
    /// Empty, or with characters that the alphanumeric mode lacks.
    #[error("the text is not a token: a code holds digits, capital letters and ` $%*+-./:`")]
    NotAlphanumeric,
    /// The picture could not be written.
    #[error("the picture of the code could not be written")]
    Picture,
}

/// Draws the code as SVG, one unit of its view box for each module, 0.45 mm each on paper.
///
/// # Errors
///
/// Returns a [`QrError`] if `token` fits into no code.
pub fn svg(token: &str) -> Result<String, QrError> {
    let modules = Modules::of(token)?;
    let side = modules.side();
    let hundredths = side * MODULE_HUNDREDTHS_MM;
    let millimetres = format!("{}.{:02}mm", hundredths / 100, hundredths % 100);
    let mut path = String::new();
    for y in 0..side {
        let mut x = 0;
        while x < side {
            let run = (x..side).take_while(|x| modules.is_dark(*x, y)).count();
            if run > 0 {
                // Writing into a string never fails.
                let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
            }
            x += run + 1;
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{millimetres}\" height=\"{millimetres}\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

/// Draws the code as PNG, `scale` pixels for each module (1 to 32).
///
/// # Errors
///
/// Returns a [`QrError`] if `token` fits into no code.
pub fn png(token: &str, scale: u32) -> Result<Vec<u8>, QrError> {
    let modules = Modules::of(token)?;
    let scale = scale.clamp(1, MAX_SCALE);
    let step = usize::try_from(scale).map_err(|_| QrError::Picture)?;
    let side = modules.side() * step;
    let mut pixels = Vec::with_capacity(side * side);
    for y in 0..side {
        pixels.extend(
            (0..side).map(|x| if modules.is_dark(x / step, y / step) { 0 } else { u8::MAX }),
        );
    }
    let width = u32::try_from(side).map_err(|_| QrError::Picture)?;
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(&pixels, width, width, ExtendedColorType::L8)
        .map_err(|_| QrError::Picture)?;
    Ok(png)
}

/// Draws the code for a terminal, two modules in each character, black on white by itself.
///
/// # Errors
///
/// Returns a [`QrError`] if `token` fits into no code.
pub fn terminal(token: &str) -> Result<String, QrError> {
    let modules = Modules::of(token)?;
    let side = modules.side();
    let mut text = String::new();
    for y in (0..side).step_by(2) {
        text.push_str(TERMINAL_COLOURS);
        text.extend((0..side).map(|x| match (modules.is_dark(x, y), modules.is_dark(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        }));
        text.push_str(TERMINAL_RESET);
        text.push('\n');
    }
    Ok(text)
}

/// Returns how many columns of a terminal the code takes.
///
/// # Errors
///
/// Returns a [`QrError`] if `token` fits into no code.
pub fn terminal_width(token: &str) -> Result<usize, QrError> {
    Modules::of(token).map(|modules| modules.side())
}

/// The modules of a code, with its quiet zone.
struct Modules {
    colours: Vec<Color>,
    width: usize,
}

impl Modules {
    fn of(token: &str) -> Result<Self, QrError> {
        let is_alphanumeric = |byte: u8| {
            byte.is_ascii_digit() || byte.is_ascii_uppercase() || b" $%*+-./:".contains(&byte)
        };
        if token.is_empty() || !token.bytes().all(is_alphanumeric) {
            return Err(QrError::NotAlphanumeric);
        }
        let too_long = QrError::TooLong { characters: token.len() };
        if token.len() > MAX_CHARACTERS {
            return Err(too_long);
        }
        let code = (1..=MAX_VERSION).find_map(|version| encode(token, version)).ok_or(too_long)?;
        Ok(Self { width: code.width(), colours: code.into_colors() })
    }

    const fn side(&self) -> usize {
        self.width + 2 * QUIET_ZONE
    }

    /// Says whether the module is dark, counted from the corner of the quiet zone; beyond the code all are light.
    fn is_dark(&self, x: usize, y: usize) -> bool {
        match (x.checked_sub(QUIET_ZONE), y.checked_sub(QUIET_ZONE)) {
            (Some(x), Some(y)) if x < self.width && y < self.width => {
                self.colours.get(y * self.width + x) == Some(&Color::Dark)
            }
            _ => false,
        }
    }
}

/// Encodes in one alphanumeric segment, if the version is large enough.
fn encode(token: &str, version: i16) -> Option<QrCode> {
    let mut bits = Bits::new(Version::Normal(version));
    bits.push_alphanumeric_data(token.as_bytes()).ok()?;
    bits.push_terminator(EcLevel::Q).ok()?;
    QrCode::with_bits(bits, EcLevel::Q).ok()
}
