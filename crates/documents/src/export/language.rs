//! The two languages of tables.
//!
//! Invariant: Simplified Chinese unless asked otherwise. Leaves out: words of values, which come with the rows.

/// Language of headings and marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// The one of the two that is in this language.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}
