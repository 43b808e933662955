//! Reads deterministic CBOR and refuses every other encoding of the same value.
//!
//! Never recurses deeper than its limit, and never reserves memory on the word of a length.

use ciborium::{Value, value::Integer};

use super::{CborError, Limits, encode};

pub(super) const UNSIGNED: u8 = 0;
pub(super) const NEGATIVE: u8 = 1;
pub(super) const BYTES: u8 = 2;
pub(super) const TEXT: u8 = 3;
pub(super) const ARRAY: u8 = 4;
pub(super) const MAP: u8 = 5;
pub(super) const TAG: u8 = 6;

pub(super) const FALSE: u8 = 0xf4;
pub(super) const TRUE: u8 = 0xf5;
pub(super) const NULL: u8 = 0xf6;
pub(super) const FLOAT16: u8 = 0xf9;
pub(super) const FLOAT32: u8 = 0xfa;
pub(super) const FLOAT64: u8 = 0xfb;

/// Tags of integers beyond 64 bits (RFC 8949 §3.4.3).
const BIGNUM_TAGS: [u64; 2] = [2, 3];
/// Bytes up to which an integer has a shorter form than a bignum.
const INTEGER_BYTES: usize = 8;

/// Most entries for which room is reserved before they are read.
const MAX_RESERVED: usize = 256;

/// Reads the one item in `bytes`.
///
/// # Errors
///
/// Returns a [`CborError`] if the bytes exceed `limits`, are not exactly one item, or are not in the deterministic form.
pub fn decode(bytes: &[u8], limits: Limits) -> Result<Value, CborError> {
    if bytes.len() > limits.max_bytes {
        return Err(CborError::TooLarge { found: bytes.len(), limit: limits.max_bytes });
    }
    let mut reader = Reader { bytes, at: 0, max_depth: limits.max_depth };
    let value = reader.item(0)?;
    if reader.at < bytes.len() {
        return Err(CborError::TrailingBytes { at: reader.at });
    }
    Ok(value)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    max_depth: usize,
}

impl<'a> Reader<'a> {
    fn item(&mut self, depth: usize) -> Result<Value, CborError> {
        let at = self.at;
        let [initial] = self.array()?;
        match initial {
            FALSE => return Ok(Value::Bool(false)),
            TRUE => return Ok(Value::Bool(true)),
            NULL => return Ok(Value::Null),
            FLOAT16 | FLOAT32 | FLOAT64 => return self.float(initial, at),
            _ => {}
        }
        let major = initial >> 5;
        if major > TAG {
            return Err(CborError::Unsupported { at });
        }
        let argument = self.argument(initial & 0x1f, at)?;
        match major {
            UNSIGNED => Ok(Value::Integer(argument.into())),
            NEGATIVE => Integer::try_from(-1 - i128::from(argument))
                .map(Value::Integer)
                .map_err(|_| CborError::Unsupported { at }),
            BYTES => Ok(Value::Bytes(self.take(argument)?.to_vec())),
            TEXT => std::str::from_utf8(self.take(argument)?)
                .map(|text| Value::Text(text.to_owned()))
                .map_err(|_| CborError::NotUtf8 { at }),
            _ if depth >= self.max_depth => Err(CborError::TooDeep { limit: self.max_depth }),
            ARRAY => self.items(argument, depth),
            MAP => self.map(argument, depth),
            _ => self.tag(argument, at, depth),
        }
    }

    fn items(&mut self, count: u64, depth: usize) -> Result<Value, CborError> {
        let mut items = Vec::with_capacity(self.plausible(count, 1)?.min(MAX_RESERVED));
        for _ in 0..count {
            items.push(self.item(depth + 1)?);
        }
        Ok(Value::Array(items))
    }

    fn map(&mut self, count: u64, depth: usize) -> Result<Value, CborError> {
        let mut entries = Vec::with_capacity(self.plausible(count, 2)?.min(MAX_RESERVED));
        let mut previous: Option<&[u8]> = None;
        for _ in 0..count {
            let at = self.at;
            let key = self.item(depth + 1)?;
            let encoded = self.bytes.get(at..self.at).unwrap_or_default();
            match previous {
                Some(before) if before == encoded => return Err(CborError::DuplicateKey { at }),
                Some(before) if before > encoded => {
                    return Err(CborError::NotCanonical { at, why: "map keys are not in order" });
                }
                _ => previous = Some(encoded),
            }
            entries.push((key, self.item(depth + 1)?));
        }
        Ok(Value::Map(entries))
    }

    fn tag(&mut self, number: u64, at: usize, depth: usize) -> Result<Value, CborError> {
        let inner = self.item(depth + 1)?;
        if let Value::Bytes(bytes) = &inner
            && BIGNUM_TAGS.contains(&number)
            && (bytes.len() <= INTEGER_BYTES || bytes.first() == Some(&0))
        {
            return Err(CborError::NotCanonical { at, why: "the integer has a shorter form" });
        }
        Ok(Value::Tag(number, Box::new(inner)))
    }

    /// Reads the argument of a head and refuses a longer form than needed.
    fn argument(&mut self, low: u8, at: usize) -> Result<u64, CborError> {
        let (argument, least) = match low {
            0..=23 => (u64::from(low), 0),
            24 => (u64::from(u8::from_be_bytes(self.array()?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.array()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.array()?)), 1 << 16),
            27 => (u64::from_be_bytes(self.array()?), 1 << 32),
            31 => return Err(CborError::NotCanonical { at, why: "the length is indefinite" }),
            _ => return Err(CborError::Unsupported { at }),
        };
        if argument < least {
            return Err(CborError::NotCanonical { at, why: "the number has a shorter form" });
        }
        Ok(argument)
    }

    fn float(&mut self, initial: u8, at: usize) -> Result<Value, CborError> {
        let float = match initial {
            FLOAT16 => half(u16::from_be_bytes(self.array()?)),
            FLOAT32 => f64::from(f32::from_be_bytes(self.array()?)),
            _ => f64::from_be_bytes(self.array()?),
        };
        let value = Value::Float(float);
        // A float has few forms: writing it again is the plainest test that this was the shortest.
        if self.bytes.get(at..self.at) != Some(encode(&value).as_slice()) {
            return Err(CborError::NotCanonical { at, why: "the number has a shorter form" });
        }
        Ok(value)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CborError> {
        let (head, _) = self
            .bytes
            .get(self.at..)
            .and_then(|rest| rest.split_first_chunk::<N>())
            .ok_or(CborError::Truncated)?;
        self.at += N;
        Ok(*head)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], CborError> {
        let length = usize::try_from(length).map_err(|_| CborError::Truncated)?;
        let end = self.at.checked_add(length).ok_or(CborError::Truncated)?;
        let taken = self.bytes.get(self.at..end).ok_or(CborError::Truncated)?;
        self.at = end;
        Ok(taken)
    }

    /// Returns `count` if that many entries of at least `least` bytes can still follow.
    fn plausible(&self, count: u64, least: usize) -> Result<usize, CborError> {
        let count = usize::try_from(count).map_err(|_| CborError::Truncated)?;
        let room = self.bytes.len().saturating_sub(self.at) / least;
        if count > room { Err(CborError::Truncated) } else { Ok(count) }
    }
}

/// Returns the number whose bits in half precision are `bits`.
fn half(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x03ff);
    let magnitude = match (bits >> 10) & 0x1f {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    if bits & 0x8000 == 0 { magnitude } else { -magnitude }
}
