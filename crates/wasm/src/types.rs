//! The TypeScript of commands and of every type that crosses.
//!
//! Invariant: it follows from the Rust types alone. Numbers are numbers, 64-bit ones too: what does not fit a double
//! exactly does not cross (`bad_answer`); ids and dots are text, bytes `Uint8Array`, nothing is `null`.

use std::collections::BTreeMap;
use std::fmt::Write;

use ts_rs::{Config, TS, TypeVisitor};

use crate::table::{How, camel};

/// Declarations by name, and the commands.
pub struct Types {
    config: Config,
    declared: BTreeMap<String, String>,
    commands: String,
    looks: Vec<String>,
}

impl Types {
    fn new() -> Self {
        Self {
            config: Config::new().with_large_int("number"),
            declared: BTreeMap::new(),
            commands: String::new(),
            looks: Vec::new(),
        }
    }

    /// The name of a type, which is declared with all it is made of.
    pub fn of<T: TS + 'static + ?Sized>(&mut self) -> String {
        self.visit::<T>();
        T::name(&self.config)
    }

    /// Adds a command.
    pub fn command(
        &mut self,
        name: &str,
        how: How,
        doc: &str,
        args: &[(&str, String)],
        back: &str,
    ) {
        let args: Vec<String> = args
            .iter()
            .map(|(name, kind)| format!("{}: {kind}", camel(name)))
            .collect();
        let kind = match how {
            How::Read => "looks",
            How::Once => "done at most once",
            How::Plain => "may be done again",
            How::Apart => "takes its time",
        };
        if how == How::Read {
            self.looks.push(format!("'{}'", camel(name)));
        }
        // Writing to a String cannot fail.
        let _ = write!(
            self.commands,
            "  /** {doc} ({kind}) */\n  {}({}): {back};\n",
            camel(name),
            args.join(", ")
        );
    }
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // A list or an option is declared by what is in it; a primitive not at all.
        if T::output_path().is_some() {
            let name = T::ident(&self.config);
            if self.declared.contains_key(&name) {
                return;
            }
            let docs = T::docs().map(|text| format!("{}\n", text.trim_end()));
            let text = format!(
                "{}export {}\n",
                docs.unwrap_or_default(),
                T::decl(&self.config)
            );
            self.declared.insert(name, text);
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

/// The whole file.
#[must_use]
pub fn typescript() -> String {
    let mut types = Types::new();
    crate::commands::signatures(&mut types);
    types.visit::<crate::face::Fault>();
    types.visit::<mobile_core::Progress>();
    let mut out = String::from(
        "// Written by `UPDATE=1 cargo test -p wasm --test types` from the Rust types; not to be edited.\n\n\
         /* eslint-disable */\n\n",
    );
    let _ = writeln!(
        out,
        "/** What a page can ask the phone for. */\nexport interface Commands {{\n{}}}\n",
        types.commands
    );
    let _ = writeln!(
        out,
        "/** Commands that change nothing. */\nexport const LOOKS: readonly (keyof Commands)[] = [\n  {},\n];\n",
        types.looks.join(",\n  ")
    );
    for text in types.declared.values() {
        out.push_str(text);
        out.push('\n');
    }
    out
}
