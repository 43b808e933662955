//! Writes a value in its one deterministic form.
//!
//! Never fails, and never copies a value to do so: map entries are written once and moved only if out of order.

use ciborium::{Value, value::Integer};

use super::decode::{
    BYTES, FALSE, FLOAT16, FLOAT32, FLOAT64, MAP, NEGATIVE, NULL, TAG, TEXT, TRUE, UNSIGNED,
};

/// The one encoding of "not a number".
pub(super) const NAN: [u8; 3] = [FLOAT16, 0x7e, 0x00];

/// Encodes `value` deterministically: shortest numbers, definite lengths, map keys in the order of their bytes.
///
/// A map that holds one key twice is written as it stands; [`decode`](super::decode()) refuses it.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Integer(integer) => write_integer(*integer, out),
        Value::Bytes(bytes) => {
            write_head(BYTES, length(bytes.len()), out);
            out.extend_from_slice(bytes);
        }
        Value::Float(float) => write_float(*float, out),
        Value::Text(text) => {
            write_head(TEXT, length(text.len()), out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Bool(yes) => out.push(if *yes { TRUE } else { FALSE }),
        Value::Tag(number, inner) => {
            write_head(TAG, *number, out);
            write(inner, out);
        }
        Value::Array(items) => {
            write_head(super::decode::ARRAY, length(items.len()), out);
            for item in items {
                write(item, out);
            }
        }
        Value::Map(entries) => write_map(entries, out),
        // `Value` may grow; today only `Null` is left.
        _ => out.push(NULL),
    }
}

fn write_map(entries: &[(Value, Value)], out: &mut Vec<u8>) {
    write_head(MAP, length(entries.len()), out);
    let start = out.len();
    // Where each entry's key begins and ends and where the entry ends, counted from `start`.
    let mut spans = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let from = out.len() - start;
        write(key, out);
        let key_end = out.len() - start;
        write(value, out);
        spans.push((from, key_end, out.len() - start));
    }
    let written = out.get(start..).unwrap_or_default();
    let key = |&(from, key_end, _): &(usize, usize, usize)| {
        written.get(from..key_end).unwrap_or_default()
    };
    if spans.is_sorted_by_key(key) {
        return;
    }
    spans.sort_by_key(key);
    let mut sorted = Vec::with_capacity(written.len());
    for (from, _, end) in spans {
        sorted.extend_from_slice(written.get(from..end).unwrap_or_default());
    }
    out.truncate(start);
    out.append(&mut sorted);
}

fn write_integer(integer: Integer, out: &mut Vec<u8>) {
    let wide = i128::from(integer);
    // `Integer` spans exactly −2⁶⁴ to 2⁶⁴−1, which is what the two major types hold.
    if wide >= 0 {
        write_head(UNSIGNED, u64::try_from(wide).unwrap_or(u64::MAX), out);
    } else {
        write_head(NEGATIVE, u64::try_from(-1 - wide).unwrap_or(u64::MAX), out);
    }
}

fn write_head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    if let Ok(short) = u8::try_from(argument) {
        if short < 24 {
            out.push(major + short);
        } else {
            out.extend_from_slice(&[major + 24, short]);
        }
    } else if let Ok(short) = u16::try_from(argument) {
        out.push(major + 25);
        out.extend_from_slice(&short.to_be_bytes());
    } else if let Ok(short) = u32::try_from(argument) {
        out.push(major + 26);
        out.extend_from_slice(&short.to_be_bytes());
    } else {
        out.push(major + 27);
        out.extend_from_slice(&argument.to_be_bytes());
    }
}

fn write_float(float: f64, out: &mut Vec<u8>) {
    if float.is_nan() {
        out.extend_from_slice(&NAN);
    } else if let Some(single) = as_single(float) {
        if let Some(half) = as_half(single) {
            out.push(FLOAT16);
            out.extend_from_slice(&half.to_be_bytes());
        } else {
            out.push(FLOAT32);
            out.extend_from_slice(&single.to_be_bytes());
        }
    } else {
        out.push(FLOAT64);
        out.extend_from_slice(&float.to_be_bytes());
    }
}

/// Returns `float` in single precision if nothing is lost.
#[expect(clippy::cast_possible_truncation, reason = "the bits are compared afterwards")]
pub(super) fn as_single(float: f64) -> Option<f32> {
    let single = float as f32;
    (f64::from(single).to_bits() == float.to_bits()).then_some(single)
}

/// Returns the bits of `single` in half precision if nothing is lost.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each part is masked or shifted to its width in half precision"
)]
pub(super) fn as_half(single: f32) -> Option<u16> {
    let bits = single.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let exponent = (bits >> 23) & 0xff;
    let fraction = bits & 0x007f_ffff;
    match exponent {
        0 if fraction == 0 => Some(sign),
        255 if fraction == 0 => Some(sign | 0x7c00),
        // Normal in half precision: 2⁻¹⁴ to 65504, ten bits of fraction.
        113..=142 if fraction.trailing_zeros() >= 13 => {
            Some(sign | (((exponent - 112) << 10) | (fraction >> 13)) as u16)
        }
        // Subnormal in half precision: multiples of 2⁻²⁴.
        103..=112 => {
            let significand = fraction | 0x0080_0000;
            let shift = 126 - exponent;
            (significand.trailing_zeros() >= shift).then(|| sign | (significand >> shift) as u16)
        }
        _ => None,
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
