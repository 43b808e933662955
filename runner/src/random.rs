//! Randomness of the operating system, for keys, tokens and codes.
//!
//! Nothing else in this crate draws any.

/// Randomness that the operating system does not give.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the operating system gives no randomness")]
pub struct RandomError;

/// Returns `N` random bytes.
///
/// # Errors
///
/// Returns [`RandomError`] if the operating system has none.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| RandomError)?;
    Ok(bytes)
}
