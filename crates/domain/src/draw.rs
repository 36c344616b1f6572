//! A random draw that anybody can repeat.
//!
//! Every candidate's key is SHA-256(seed ‖ one zero byte ‖ candidate id); the keys in ascending order are the order of
//! the draw, and its first `n` are drawn. `docs/howto/draw.md` shows how to repeat it with `sha256sum` alone.
//! Invariant: a function of seed, candidates and `n`; the order in which candidates are listed does not matter.
//! Leaves out: where the seed comes from, and who may draw (the server).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Candidates of one draw at most.
pub const MAX_CANDIDATES: usize = 20_000;
/// Characters of a seed at most.
pub const MAX_SEED: usize = 200;

/// Somebody or something that may be drawn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Candidate {
    /// What is hashed: a village code, a household number.
    pub id: String,
    /// Name, for people.
    #[serde(default)]
    pub name: String,
}

/// A candidate in the order of the draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Drawn {
    /// The candidate.
    pub id: String,
    /// Its key, hex.
    pub key: String,
}

/// Why there is no draw.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DrawError {
    /// No seed, one that is too long, or one with a control character (it could not be typed again).
    #[error("the seed must have 1 to {MAX_SEED} characters and no control character")]
    Seed,
    /// No candidates, or too many.
    #[error("{0} candidates; 1 to {MAX_CANDIDATES} can be drawn from")]
    Candidates(usize),
    /// An id that is empty or holds a control character.
    #[error("candidate {0} has no usable id")]
    Id(usize),
    /// The same id twice would be two tickets.
    #[error("candidate `{0}` is listed twice")]
    Twice(String),
    /// More (or fewer) to draw than there are.
    #[error("{n} of {of} cannot be drawn")]
    Count {
        /// Asked for.
        n: usize,
        /// Candidates.
        of: usize,
    },
}

impl DrawError {
    /// What to tell people, in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Seed => format!("种子须为 1—{MAX_SEED} 个字符，不含控制字符"),
            Self::Candidates(n) => format!("候选有 {n} 个；应为 1—{MAX_CANDIDATES} 个"),
            Self::Id(n) => format!("第 {n} 个候选没有可用的编号"),
            Self::Twice(id) => format!("候选“{id}”重复，会多一张签"),
            Self::Count { n, of } => format!("{of} 个候选中不能抽 {n} 个"),
        }
    }
}

/// The key of one candidate, hex.
pub fn key(seed: &str, id: &str) -> String {
    let hash = Sha256::new()
        .chain_update(seed.as_bytes())
        .chain_update([0])
        .chain_update(id.as_bytes())
        .finalize();
    hash.iter().map(|b| format!("{b:02x}")).collect()
}

/// All candidates in the order of the draw.
///
/// # Errors
/// [`DrawError`] naming the candidate, counted from 1.
pub fn order(seed: &str, candidates: &[Candidate]) -> Result<Vec<Drawn>, DrawError> {
    let typable = |text: &str| !text.chars().any(char::is_control);
    if seed.is_empty() || seed.chars().count() > MAX_SEED || !typable(seed) {
        return Err(DrawError::Seed);
    }
    if candidates.is_empty() || candidates.len() > MAX_CANDIDATES {
        return Err(DrawError::Candidates(candidates.len()));
    }
    let mut seen = BTreeSet::new();
    for (i, c) in candidates.iter().enumerate() {
        if c.id.is_empty() || !typable(&c.id) {
            return Err(DrawError::Id(i + 1));
        }
        if !seen.insert(c.id.as_str()) {
            return Err(DrawError::Twice(c.id.clone()));
        }
    }
    let mut list: Vec<Drawn> = candidates
        .iter()
        .map(|c| Drawn {
            id: c.id.clone(),
            key: key(seed, &c.id),
        })
        .collect();
    list.sort_by(|a, b| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
    Ok(list)
}

/// Draws `n`: the first of [`order`].
///
/// # Errors
/// [`DrawError`].
pub fn draw(seed: &str, candidates: &[Candidate], n: usize) -> Result<Vec<Drawn>, DrawError> {
    let mut list = order(seed, candidates)?;
    if n == 0 || n > list.len() {
        return Err(DrawError::Count { n, of: list.len() });
    }
    list.truncate(n);
    Ok(list)
}
