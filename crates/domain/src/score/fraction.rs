//! Exact fractions for the corrections, where a mean is divided by a mean.
//!
//! Invariant: the denominator is positive and the fraction is reduced; an overflow is an error, never a wrong value.
//! Leaves out: everything but the four operations and one rounding.

use super::ScoreError;
use crate::points::div_round;

/// A reduced fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fraction {
    num: i128,
    den: i128,
}

type Result<T> = std::result::Result<T, ScoreError>;

impl Fraction {
    /// Zero.
    pub const ZERO: Self = Self { num: 0, den: 1 };

    /// `num / den`; `Overflow` if `den` is 0.
    pub fn new(num: i128, den: i128) -> Result<Self> {
        let divisor = gcd(num, den);
        if den == 0 || divisor == 0 {
            return Err(ScoreError::Overflow);
        }
        let sign = den.signum();
        Ok(Self {
            num: num / divisor * sign,
            den: (den / divisor).abs(),
        })
    }

    /// An integer.
    pub fn whole(n: i64) -> Self {
        Self {
            num: i128::from(n),
            den: 1,
        }
    }

    /// True for 0.
    pub fn is_zero(self) -> bool {
        self.num == 0
    }

    /// Sum.
    pub fn add(self, other: Self) -> Result<Self> {
        let shared = gcd(self.den, other.den);
        let left = mul(self.num, other.den / shared)?;
        let right = mul(other.num, self.den / shared)?;
        let num = left.checked_add(right).ok_or(ScoreError::Overflow)?;
        Self::new(num, mul(self.den, other.den / shared)?)
    }

    /// Difference.
    pub fn sub(self, other: Self) -> Result<Self> {
        self.add(Self {
            num: -other.num,
            den: other.den,
        })
    }

    /// Product.
    pub fn mul(self, other: Self) -> Result<Self> {
        // Reduced crosswise first, so that intermediate values stay small.
        let a = Self::new(self.num, other.den)?;
        let b = Self::new(other.num, self.den)?;
        Self::new(mul(a.num, b.num)?, mul(a.den, b.den)?)
    }

    /// Quotient; `Overflow` if `other` is 0.
    pub fn div(self, other: Self) -> Result<Self> {
        self.mul(Self::new(other.den, other.num)?)
    }

    /// Rounded half away from zero.
    pub fn round(self) -> Result<i64> {
        div_round(self.num, self.den).ok_or(ScoreError::Overflow)
    }
}

fn mul(a: i128, b: i128) -> Result<i128> {
    a.checked_mul(b).ok_or(ScoreError::Overflow)
}

/// Values here stay far from `i128::MIN`, whose absolute value would not fit.
fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_exact_and_reduced() {
        let third = Fraction::new(1, 3).unwrap();
        let sum = third.add(third).unwrap().add(third).unwrap();
        assert_eq!(sum, Fraction::whole(1));
        assert_eq!(Fraction::new(2, -4).unwrap(), Fraction::new(-1, 2).unwrap());
        assert_eq!(Fraction::new(-5, 2).unwrap().round().unwrap(), -3);
        assert_eq!(third.div(third).unwrap(), Fraction::whole(1));
        assert!(third.sub(third).unwrap().is_zero());
    }

    #[test]
    fn too_big_a_product_and_a_zero_divisor_are_errors() {
        let big = Fraction::new(i128::MAX - 1, 1).unwrap();
        assert!(matches!(
            big.mul(Fraction::whole(7)),
            Err(ScoreError::Overflow)
        ));
        assert!(matches!(big.div(Fraction::ZERO), Err(ScoreError::Overflow)));
    }
}
