//! Enums of stored words with their Chinese and English names.
//!
//! Invariant: the stored word is the variant's name in snake case; serde and `parse` agree.
//! Leaves out: words with more than a name.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal, $zh:literal, $en:literal;)* }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "ts", derive(ts_rs::TS))]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[doc = $en] $variant,)*
        }

        impl $name {
            /// All, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stored word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Chinese name.
            pub fn zh(self) -> &'static str {
                match self { $(Self::$variant => $zh),* }
            }

            /// English name.
            pub fn en(self) -> &'static str {
                match self { $(Self::$variant => $en),* }
            }

            /// From the stored word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.word() == word)
            }
        }
    };
}

pub(crate) use words;
