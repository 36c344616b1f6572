//! Every text of the console pages, Chinese and English side by side, one file per topic.
//!
//! Invariant: one line holds both languages; `{n}` stands for an argument. Leaves out: words of the data model (`words`).

macro_rules! messages {
    ($($name:ident $(($($arg:ident),+))? = $zh:literal, $en:literal;)*) => {
        impl Lang { $(messages!(@one $name $(($($arg),+))? = $zh, $en);)* }
        /// Name, Chinese and English of every text, arguments as they stand here.
        pub(super) const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $zh, $en)),*];
    };
    (@one $name:ident = $zh:literal, $en:literal) => {
        #[doc = $en]
        pub fn $name(self) -> &'static str { self.pick($zh, $en) }
    };
    (@one $name:ident($($arg:ident),+) = $zh:literal, $en:literal) => {
        #[doc = $en]
        pub fn $name(self, $($arg: impl Display),+) -> String {
            match self { Lang::Zh => format!($zh), Lang::En => crate::i18n::plurals(&format!($en)) }
        }
    };
}

macro_rules! topics {
    ($($topic:ident;)*) => {
        $(mod $topic;)*
        const TOPICS: &[&[(&str, &str, &str)]] = &[$($topic::ALL),*];
    };
}

topics! {
    account;
    audit;
    board;
    bundles;
    conflicts;
    duties;
    errors;
    exports;
    frame;
    held;
    households;
    issues;
    lock;
    logins;
    people;
    photos;
    prepare;
    ranking;
    records;
    second_factor;
    settings;
    sign_in;
    standing;
    system;
}

/// Name, Chinese and English of every text.
pub fn all() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    TOPICS.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    fn is_chinese(c: char) -> bool {
        ('\u{4e00}'..='\u{9fff}').contains(&c)
    }

    fn arguments(text: &str) -> Vec<&str> {
        let mut names: Vec<_> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_text_is_in_its_own_language_with_the_same_arguments() {
        // The link to the other language is written in that language; some texts have no words.
        let switch = ["other_language", "n_of_m", "colon"];
        for (name, zh, en) in all().filter(|(n, _, _)| !switch.contains(n)) {
            assert!(zh.chars().any(is_chinese), "{name}: {zh}");
            assert!(!en.chars().any(is_chinese), "{name}: {en}");
            assert_eq!(arguments(zh), arguments(en), "{name}");
        }
    }

    #[test]
    fn every_text_is_used_by_a_page() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
        let mut used = String::new();
        for dir in [
            "templates",
            "src/console",
            "src/i18n",
            "src/i18n/messages",
            "src/middleware",
        ] {
            for file in std::fs::read_dir(format!("{root}{dir}")).unwrap() {
                let path = file.unwrap().path();
                if path.is_file() {
                    used += &std::fs::read_to_string(path).unwrap();
                }
            }
        }
        let unused: Vec<_> = all()
            .filter(|(name, _, _)| {
                !used.contains(&format!(".{name}(")) && !used.contains(&format!("Lang::{name},"))
            })
            .map(|(name, _, _)| name)
            .collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    #[test]
    fn arguments_are_put_in() {
        assert_eq!(Lang::Zh.lack_sheets("农户2", 3), "农户2：3 张");
        assert_eq!(Lang::En.audit_broken(7).matches('7').count(), 1);
    }
}
