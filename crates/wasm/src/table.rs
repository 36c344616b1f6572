//! The macro that turns the list of commands into the one function that does them and into their TypeScript signatures.
//!
//! `read` looks, `once` changes something and is done at most once under its id, `plain` may be done again without harm
//! or must not be a part of a larger transaction; all three are done by `call`. `apart` are those that wait for the
//! network or end the phone: `browser::phone` does them. Invariant: a command has one entry, so what TypeScript sees is
//! what is called.

/// How a command is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Looks only.
    Read,
    /// Changes something, at most once under its id.
    Once,
    /// May be done again without harm.
    Plain,
    /// Not by `call`.
    Apart,
}

/// One command as TypeScript and tests see it.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Name in Rust: that of the facade's method.
    pub name: &'static str,
    /// How it is done.
    pub how: How,
    /// What it does, for people.
    pub doc: &'static str,
}

/// `openSheet` for `open_sheet`.
#[must_use]
pub fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut out, word| {
        let mut letters = word.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
        out
    })
}

/// `open_sheet` for `openSheet`.
#[must_use]
pub fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

macro_rules! commands {
    (
        apart { $(#[doc = $adoc:literal] $aname:ident($($aarg:ident: $atype:ty),*) -> $aback:ty;)* }
        $(#[doc = $doc:literal] $how:ident $name:ident($($arg:ident: $type:ty),*) -> $back:ty = |$p:ident| $body:expr;)*
    ) => {
        /// Every command.
        pub const COMMANDS: &[$crate::table::Command] = &[
            $($crate::table::Command {
                name: stringify!($aname),
                how: $crate::table::How::Apart,
                doc: $adoc,
            },)*
            $($crate::table::Command {
                name: stringify!($name),
                how: commands!(@how $how),
                doc: $doc,
            },)*
        ];

        // Those apart are done elsewhere, but what they take and give is said here.
        $(const _: std::marker::PhantomData<($($atype,)* $aback,)> = std::marker::PhantomData;)*

        /// Does a command under an id (which only `once` looks at). `args` is a list of the arguments, null for none.
        ///
        /// # Errors
        /// The command's; `unknown_command`, `bad_argument`, `bad_answer`.
        pub fn call<'de, D, S>(face: &mut Face, id: Uuid, name: &str, args: D, answer: S) -> Result<S::Ok, Fault>
        where
            D: serde::Deserializer<'de>,
            S: serde::Serializer,
        {
            match name {
                $(stringify!($name) => {
                    let ($($arg,)*): ($($type,)*) = serde::Deserialize::deserialize(args)
                        .map_err(|e: D::Error| Fault::bad_argument(name, e))?;
                    let back: $back = commands!(@do $how, face, id, $p, $body)?;
                    serde::Serialize::serialize(&back, answer).map_err(|e| Fault::bad_answer(name, e))
                })*
                _ => Err(Fault::unknown_command(name)),
            }
        }

        /// The signatures, in the order of the table.
        #[cfg(feature = "ts")]
        pub fn signatures(types: &mut $crate::types::Types) {
            $(
                let args = vec![$((stringify!($aarg), types.of::<$atype>())),*];
                let back = types.of::<$aback>();
                types.command(stringify!($aname), $crate::table::How::Apart, $adoc, &args, &back);
            )*
            $(
                let args = vec![$((stringify!($arg), types.of::<$type>())),*];
                let back = types.of::<$back>();
                types.command(stringify!($name), commands!(@how $how), $doc, &args, &back);
            )*
        }
    };
    (@how read) => { $crate::table::How::Read };
    (@how once) => { $crate::table::How::Once };
    (@how plain) => { $crate::table::How::Plain };
    (@do once, $face:ident, $id:ident, $p:ident, $body:expr) => {
        $face.phone.once($id, |$p| $body).map_err(Fault::from)
    };
    (@do $other:ident, $face:ident, $id:ident, $p:ident, $body:expr) => {{
        let $p = &mut *$face;
        $body.map_err(Fault::from)
    }};
}

pub(crate) use commands;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for command in crate::commands::COMMANDS {
            assert_eq!(snake(&camel(command.name)), command.name);
        }
        assert_eq!(camel("set_sheet_note"), "setSheetNote");
    }
}
