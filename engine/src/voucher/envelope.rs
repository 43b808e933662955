//! The outer layers of a token: prefix, base45 (RFC 9285), zlib (RFC 1950).
//!
//! Never looks at what is inside, and never inflates beyond its limit.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use miniz_oxide::deflate::core::{
    CompressionStrategy, CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output,
    create_comp_flags_from_zip_params,
};

use super::invalid::Invalid;

/// What a token begins with.
pub const PREFIX: &str = "EV1:";
/// Most characters of a token: what the largest QR code holds.
pub const MAX_CHARACTERS: usize = 4296;
/// Most bytes of a token after inflating.
pub const MAX_INFLATED: usize = 8 * 1024;
/// How hard the deflater looks for repetitions (0 to 10).
const LEVEL: i32 = 9;
/// The window of a zlib stream, in powers of two.
const ZLIB_WINDOW_BITS: i32 = 15;
/// Bytes of the checksum at the end of a zlib stream.
const CHECKSUM_LENGTH: usize = 4;

thread_local! {
    /// A deflater has a quarter of a megabyte of tables: to be given them anew by the system for each token took a tenth of the
    /// daemon's time.
    static DEFLATER: RefCell<CompressorOxide> = RefCell::new(CompressorOxide::new(
        create_comp_flags_from_zip_params(LEVEL, ZLIB_WINDOW_BITS, CompressionStrategy::Fixed as i32),
    ));
}

/// Wraps `bytes` into the text of a token.
#[must_use]
pub fn seal(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", base45::encode(deflate_plainly(bytes)))
}

/// Unwraps the text of a token, with its prefix or without any; line ends around it are ignored.
///
/// # Errors
///
/// Returns the first layer that is not as it must be: length, prefix, base45, zlib. A second text for the same bytes
/// (a group of characters that overflows, bits that nothing reads) is refused like a damaged one.
pub fn open(text: &str) -> Result<Vec<u8>, Invalid> {
    if text.len() > MAX_CHARACTERS {
        return Err(Invalid::TooLong);
    }
    let text = text.trim_matches(['\r', '\n']);
    let body = match text.strip_prefix(PREFIX) {
        Some(body) => body,
        None if has_other_prefix(text) => return Err(Invalid::UnknownPrefix),
        None => text,
    };
    let packed = base45::decode(body).map_err(|_| Invalid::NotBase45)?;
    if base45::encode(&packed) != body {
        return Err(Invalid::NotBase45);
    }
    let inflated = inflate(&packed, MAX_INFLATED)?;
    if has_spare_bits(&packed, &inflated) {
        return Err(Invalid::NotCompressed);
    }
    Ok(inflated)
}

/// Deflates a token, with the fixed code of RFC 1951 §3.2.6.
///
/// A block with a code of its own spends more on describing it than a token gains; and in such a description characters
/// may be changed without changing what is read, so that two texts would be the same voucher.
fn deflate_plainly(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(bytes.len() + 64);
    DEFLATER.with_borrow_mut(|deflater| {
        // The sink takes everything, so that one call comes to the end.
        let (status, _) = compress_to_output(deflater, bytes, TDEFLFlush::Finish, |block| {
            packed.extend_from_slice(block);
            true
        });
        debug_assert_eq!(status, TDEFLStatus::Done);
        // For the next token.
        deflater.reset();
    });
    packed
}

/// Deflates a list, as far as possible.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(bytes.len() + 64);
    let mut deflater = Compress::new(Compression::best(), true);
    loop {
        let read = usize::try_from(deflater.total_in()).unwrap_or(usize::MAX);
        let rest = bytes.get(read..).unwrap_or_default();
        match deflater.compress_vec(rest, &mut packed, FlushCompress::Finish) {
            Ok(Status::Ok | Status::BufError) => packed.reserve(packed.len().max(256)),
            // The deflater refuses only a call after its end, and this loop ends there.
            Ok(Status::StreamEnd) | Err(_) => return packed,
        }
    }
}

/// Inflates one whole zlib stream of at most `limit` bytes.
pub(super) fn inflate(packed: &[u8], limit: usize) -> Result<Vec<u8>, Invalid> {
    let mut inflater = Decompress::new(true);
    // One byte more than allowed, to tell a full stream from a too long one.
    let mut out = Vec::with_capacity(limit.saturating_add(1).min(INFLATE_STEP));
    loop {
        let read = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        let before = (read, out.len());
        let rest = packed.get(read..).unwrap_or_default();
        let status = inflater
            .decompress_vec(rest, &mut out, FlushDecompress::None)
            .map_err(|_| Invalid::NotCompressed)?;
        if out.len() > limit {
            return Err(Invalid::TooLarge);
        }
        let read = usize::try_from(inflater.total_in()).unwrap_or(usize::MAX);
        match status {
            Status::StreamEnd if read == packed.len() => return Ok(out),
            Status::StreamEnd => return Err(Invalid::TrailingBytes),
            Status::Ok | Status::BufError if out.len() == out.capacity() => {
                out.reserve_exact(
                    INFLATE_STEP.min(limit.saturating_add(1).saturating_sub(out.len())).max(1),
                );
            }
            Status::Ok | Status::BufError if before == (read, out.len()) => {
                return Err(Invalid::NotCompressed);
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

/// Bytes by which the room for an inflated stream grows.
const INFLATE_STEP: usize = 16 * 1024;

/// Says whether the text begins like a code of another kind, such as a health certificate (`HC1:`).
fn has_other_prefix(text: &str) -> bool {
    matches!(text.as_bytes(), [first, second, digit, b':', ..]
        if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() && digit.is_ascii_digit())
}

/// Says whether a bit is set that no inflater reads, between the end of the last block and the next whole byte.
///
/// Such a bit would make a second text for the same voucher. Clearing it changes nothing; clearing any other does.
fn has_spare_bits(packed: &[u8], inflated: &[u8]) -> bool {
    let Some(last) = packed.len().checked_sub(CHECKSUM_LENGTH + 1) else { return false };
    let Some(byte) = packed.get(last).copied().filter(|byte| *byte != 0) else { return false };
    let highest = 1 << byte.ilog2();
    let mut cleared = packed.to_vec();
    if let Some(place) = cleared.get_mut(last) {
        *place = byte & !highest;
    }
    inflate(&cleared, MAX_INFLATED).is_ok_and(|again| again == inflated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_with_and_without_prefix() {
        for length in [0, 1, 2, 300, MAX_INFLATED] {
            let bytes: Vec<u8> =
                (0..length).map(|place| u8::try_from(place * 7 % 251).unwrap()).collect();
            let text = seal(&bytes);
            assert_eq!(open(&text), Ok(bytes.clone()));
            assert_eq!(open(text.strip_prefix(PREFIX).unwrap()), Ok(bytes.clone()));
            assert_eq!(open(&format!("{text}\r\n")), Ok(bytes));
        }
    }

    #[test]
    fn each_outer_layer_has_its_own_refusal() {
        let packed = |bytes: &[u8]| format!("{PREFIX}{}", base45::encode(bytes));
        let good = deflate(b"voucher");
        let cases = [
            ("0".repeat(MAX_CHARACTERS + 1), Invalid::TooLong),
            ("HC1:6BF".to_owned(), Invalid::UnknownPrefix),
            ("EV2:6BF".to_owned(), Invalid::UnknownPrefix),
            ("ev1:6BF".to_owned(), Invalid::UnknownPrefix),
            ("EV1:é".to_owned(), Invalid::NotBase45),
            ("EV1:A".to_owned(), Invalid::NotBase45),
            // 65536 in three characters, 256 in two: RFC 9285 §4.2 forbids both.
            ("EV1:GGW".to_owned(), Invalid::NotBase45),
            (format!("{}VR", seal(b"voucher")), Invalid::NotBase45),
            (String::new(), Invalid::NotCompressed),
            (packed(b"voucher"), Invalid::NotCompressed),
            (packed(good.split_last().unwrap().1), Invalid::NotCompressed),
            (packed(&[good.as_slice(), b"x"].concat()), Invalid::TrailingBytes),
            (packed(&deflate(&vec![0; MAX_INFLATED + 1])), Invalid::TooLarge),
        ];
        for (text, expected) in cases {
            assert_eq!(open(&text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn four_megabytes_of_zeros_stop_at_the_limit() {
        let bomb = deflate(&vec![0; 4 * 1024 * 1024]);
        assert!(bomb.len() < 5_000);
        assert_eq!(inflate(&bomb, MAX_INFLATED), Err(Invalid::TooLarge));
        let short = deflate(&vec![0; 2 * 1024 * 1024]);
        assert_eq!(open(&format!("{PREFIX}{}", base45::encode(short))), Err(Invalid::TooLarge));
    }

    #[test]
    fn bits_that_nothing_reads_must_be_zero() {
        let mut packed = deflate(b"voucher");
        let last = packed.len() - CHECKSUM_LENGTH - 1;
        packed[last] |= 0x80;
        assert_eq!(inflate(&packed, MAX_INFLATED).unwrap(), b"voucher");
        assert_eq!(
            open(&format!("{PREFIX}{}", base45::encode(packed))),
            Err(Invalid::NotCompressed)
        );
    }
}
