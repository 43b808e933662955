//! Exact amounts of the programme's currency.
//!
//! Amounts are decimals; the currency is the programme's and stands beside them, never inside.

use rust_decimal::{Decimal, RoundingStrategy};

/// The currency of a programme, from ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Returns the currency of an ISO 4217 code in capitals.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        iso_currency::Currency::from_code(code).map(Self)
    }

    /// Returns the three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Returns how many decimal places the minor unit has: 2 for USD, 0 for JPY, 3 for KWD.
    #[must_use]
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(2, u32::from)
    }

    /// Rounds half up to the minor unit and gives the amount exactly its decimal places.
    #[must_use]
    pub fn round(self, amount: Decimal) -> Decimal {
        let mut rounded =
            amount.round_dp_with_strategy(self.decimals(), RoundingStrategy::MidpointAwayFromZero);
        rounded.rescale(self.decimals());
        rounded
    }

    /// Returns whether the amount has no more decimal places than the currency.
    #[must_use]
    pub fn is_whole_minor(self, amount: Decimal) -> bool {
        amount.normalize().scale() <= self.decimals()
    }

    /// Returns the amount in minor units (cents), where it is whole and fits.
    #[must_use]
    pub fn minor_units(self, amount: Decimal) -> Option<u64> {
        use rust_decimal::prelude::ToPrimitive as _;
        let factor = Decimal::from(10_u64.checked_pow(self.decimals())?);
        let minor = amount.checked_mul(factor)?;
        minor.is_integer().then(|| minor.to_u64()).flatten()
    }

    /// Returns the amount of a number of minor units.
    #[must_use]
    pub fn from_minor_units(self, minor: u64) -> Decimal {
        let mut amount = Decimal::from(minor);
        // At most four decimal places exist in ISO 4217, far below the limit of 28.
        let _ = amount.set_scale(self.decimals());
        amount
    }

    /// Writes the amount for people: `USD 2,300.00`.
    #[must_use]
    pub fn show(self, amount: Decimal) -> String {
        format!("{} {}", self.code(), grouped(&self.round(amount)))
    }
}

/// Writes a decimal with commas between thousands, without trailing zeros cut.
#[must_use]
pub fn grouped(number: &Decimal) -> String {
    let plain = number.to_string();
    let (sign, digits) =
        plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let mut shown = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if let Some(fraction) = fraction {
        shown.push('.');
        shown.push_str(fraction);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_cent_is_rounded_up() {
        let usd = Currency::from_code("USD").unwrap();
        assert_eq!(usd.round("2.345".parse().unwrap()).to_string(), "2.35");
        assert_eq!(usd.round("2".parse().unwrap()).to_string(), "2.00");
        assert_eq!(usd.minor_units("2300".parse().unwrap()), Some(230_000));
        assert_eq!(usd.from_minor_units(230_000).to_string(), "2300.00");
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(&"-1234567.50".parse().unwrap()), "-1,234,567.50");
        assert_eq!(grouped(&"999".parse().unwrap()), "999");
    }
}
