//! What every operator does to every pair of values.
//!
//! Nothing is silently false: what cannot be compared or computed is refused in words.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::operand::Operand;

/// Why an operator refused: a value was missing.
///
/// A constant, so that whoever explains it can name the missing path.
pub(super) const NO_VALUE: &str = "a value is missing";

/// Why an operator refused: the exact result does not fit.
pub(super) const TOO_LARGE: &str = "the result is too large";

/// Why an operator refused: nothing is so many times zero.
pub(super) const BY_ZERO: &str = "a number cannot be divided by zero";

/// An operator with two sides that computes or compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Operator {
    /// Every operator.
    pub(super) const ALL: [Self; 11] = [
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::Remainder,
        Self::Equal,
        Self::Unequal,
        Self::Less,
        Self::AtMost,
        Self::Greater,
        Self::AtLeast,
    ];

    /// Returns the sign.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }

    /// Returns the operator of a sign.
    pub(super) fn from_sign(sign: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.sign() == sign)
    }

    /// Returns whether the result is true or false.
    pub(super) fn compares(self) -> bool {
        !matches!(
            self,
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Remainder
        )
    }

    /// Applies the operator.
    ///
    /// # Errors
    ///
    /// Returns in words why these values do not go together.
    pub(super) fn apply(self, left: &Operand, right: &Operand) -> Result<Operand, String> {
        if *left == Operand::Nothing || *right == Operand::Nothing {
            return Err(NO_VALUE.to_owned());
        }
        if self.compares() {
            self.compare(left, right).map(Operand::Truth)
        } else {
            self.compute(left, right)
        }
    }

    fn compare(self, left: &Operand, right: &Operand) -> Result<bool, String> {
        let order = match (left, right) {
            (Operand::Truth(left), Operand::Truth(right)) if self.is_equality() => left.cmp(right),
            (Operand::Text(left), Operand::Text(right)) if self.is_equality() => left.cmp(right),
            (Operand::Truth(_), Operand::Truth(_)) | (Operand::Text(_), Operand::Text(_)) => {
                return Err(format!("{} has no order", left.name()));
            }
            (Operand::Day(left), Operand::Day(right)) => left.cmp(right),
            (Operand::Instant(left), Operand::Instant(right)) => left.cmp(right),
            _ => match (left.number(), right.number()) {
                (Some(left), Some(right)) => left.cmp(&right),
                _ => return Err(refusal("compared with", left, right)),
            },
        };
        Ok(match self {
            Self::Equal => order == Ordering::Equal,
            Self::Unequal => order != Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::AtMost => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            _ => order != Ordering::Less,
        })
    }

    /// Returns whether the operator asks whether two values are the same.
    pub(super) fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::Unequal)
    }

    fn compute(self, left: &Operand, right: &Operand) -> Result<Operand, String> {
        use Operand::{Amount, Day, Plain, Whole};
        if let (Whole(left), Whole(right)) = (left, right)
            && self != Self::Divide
        {
            return self.compute_whole(*left, *right).map(Whole);
        }
        if let (Day(_), Day(_)) = (left, right)
            && self == Self::Subtract
        {
            return Err("a date cannot be taken from a date: use `days_between`".to_owned());
        }
        let (Some(first), Some(second)) = (left.number(), right.number()) else {
            return Err(match self {
                Self::Add => refusal("added to", left, right),
                Self::Subtract => refusal("less", left, right),
                Self::Multiply => refusal("multiplied by", left, right),
                _ => refusal("divided by", left, right),
            });
        };
        let result = self.compute_decimal(first, second)?;
        match (self, left, right) {
            (Self::Multiply, Amount(_), Amount(_)) => {
                Err("an amount cannot be multiplied by an amount".to_owned())
            }
            (Self::Divide, Whole(_) | Plain(_), Amount(_)) => {
                Err("a number cannot be divided by an amount".to_owned())
            }
            (Self::Remainder, Amount(_), _) | (Self::Remainder, _, Amount(_)) => {
                Err("an amount has no remainder".to_owned())
            }
            (Self::Divide, Amount(_), Amount(_)) => Ok(Plain(result)),
            (_, Amount(_), _) | (_, _, Amount(_)) => Ok(Amount(result)),
            _ => Ok(Plain(result)),
        }
    }

    fn compute_whole(self, left: i64, right: i64) -> Result<i64, String> {
        if self == Self::Remainder && right == 0 {
            return Err(BY_ZERO.to_owned());
        }
        let result = match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            _ => left.checked_rem(right),
        };
        result.ok_or_else(|| TOO_LARGE.to_owned())
    }

    fn compute_decimal(self, left: Decimal, right: Decimal) -> Result<Decimal, String> {
        if matches!(self, Self::Divide | Self::Remainder) && right.is_zero() {
            return Err(BY_ZERO.to_owned());
        }
        let result = match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            // The division itself leaves zeros behind: 5 / 2 is 2.50.
            Self::Divide => left.checked_div(right).map(|quotient| quotient.normalize()),
            _ => left.checked_rem(right),
        };
        result.ok_or_else(|| TOO_LARGE.to_owned())
    }
}

fn refusal(verb: &str, left: &Operand, right: &Operand) -> String {
    let (left, right) = (left.name(), right.name());
    if verb == "less" {
        return format!("{right} cannot be taken from {left}");
    }
    format!("{left} cannot be {verb} {right}")
}

/// Returns the negative of a number.
///
/// # Errors
///
/// Returns in words why there is none.
pub(super) fn negate(value: &Operand) -> Result<Operand, String> {
    match value {
        Operand::Nothing => Err(NO_VALUE.to_owned()),
        Operand::Whole(whole) => {
            whole.checked_neg().map(Operand::Whole).ok_or_else(|| TOO_LARGE.to_owned())
        }
        Operand::Plain(number) => Ok(Operand::Plain(-*number)),
        Operand::Amount(amount) => Ok(Operand::Amount(-*amount)),
        other => Err(format!("{} has no negative", other.name())),
    }
}

/// Returns the opposite of true or false.
///
/// # Errors
///
/// Returns in words why there is none.
pub(super) fn not(value: &Operand) -> Result<Operand, String> {
    match value {
        Operand::Nothing => Err(NO_VALUE.to_owned()),
        Operand::Truth(truth) => Ok(Operand::Truth(!truth)),
        other => Err(format!("`!` needs yes or no, not {}", other.name())),
    }
}
