//! Just enough reading of Rust: what is code, what is a comment, what is a string, what is only for tests.
//!
//! Invariant: every view has the lines of the source, with what does not belong to it turned into spaces.
//! Leaves out: parsing; macros are seen as the text they are.

/// A source file in three views.
pub struct Source {
    /// Neither comments nor what is inside strings and character literals.
    pub code: Vec<String>,
    /// Strings, but no comments.
    pub code_and_strings: Vec<String>,
    /// As written.
    pub raw: Vec<String>,
    /// Per line: whether it belongs to an item under `#[cfg(test)]`.
    pub for_tests: Vec<bool>,
}

impl Source {
    pub fn read(text: &str) -> Self {
        let (code, code_and_strings) = blank(text);
        let for_tests = test_lines(&code);
        let lines = |text: &str| text.lines().map(str::to_string).collect();
        Self {
            code: lines(&code),
            code_and_strings: lines(&code_and_strings),
            raw: lines(text),
            for_tests,
        }
    }

    /// Numbered lines of one view that are not only for tests; the first line is 1.
    pub fn shipped<'a>(&'a self, view: &'a [String]) -> impl Iterator<Item = (usize, &'a str)> {
        view.iter()
            .zip(&self.for_tests)
            .enumerate()
            .filter(|(_, (_, for_tests))| !**for_tests)
            .map(|(index, (line, _))| (index + 1, line.as_str()))
    }
}

#[derive(Clone, Copy)]
enum State {
    Code,
    LineComment,
    BlockComment(usize),
    Text,
    RawText(usize),
}

/// The source without comments and strings, and the source without comments.
fn blank(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut with_strings) = (String::new(), String::new());
    let mut state = State::Code;
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let (next, length) = step(state, rest, at.checked_sub(1).map(|before| chars[before]));
        let in_comment = [state, next]
            .iter()
            .any(|s| matches!(s, State::LineComment | State::BlockComment(_)));
        let in_text = [state, next]
            .iter()
            .any(|s| matches!(s, State::Text | State::RawText(_)))
            || rest[0] == '\'' && length > 1;
        for &c in &rest[..length] {
            let newline = c == '\n';
            code.push(if newline || !(in_comment || in_text) {
                c
            } else {
                ' '
            });
            with_strings.push(if newline || !in_comment { c } else { ' ' });
        }
        state = next;
        at += length;
    }
    (code, with_strings)
}

/// The state after the next few characters, and how many they are.
fn step(state: State, rest: &[char], before: Option<char>) -> (State, usize) {
    let starts = |with: &str| {
        with.chars()
            .enumerate()
            .all(|(i, c)| rest.get(i) == Some(&c))
    };
    match state {
        State::LineComment if rest[0] == '\n' => (State::Code, 1),
        State::BlockComment(depth) if starts("*/") => match depth {
            1 => (State::Code, 2),
            _ => (State::BlockComment(depth - 1), 2),
        },
        State::BlockComment(depth) if starts("/*") => (State::BlockComment(depth + 1), 2),
        State::Text if rest[0] == '\\' => (State::Text, 2.min(rest.len())),
        State::Text if rest[0] == '"' => (State::Code, 1),
        State::RawText(hashes) if starts(&format!("\"{}", "#".repeat(hashes))) => {
            (State::Code, 1 + hashes)
        }
        State::Code if starts("//") => (State::LineComment, 2),
        State::Code if starts("/*") => (State::BlockComment(1), 2),
        State::Code if rest[0] == '"' => (State::Text, 1),
        State::Code if rest[0] == '\'' => (State::Code, char_literal(rest)),
        State::Code
            if rest[0] == 'r' && !before.is_some_and(|c| c.is_alphanumeric() && c != 'b') =>
        {
            let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
            match rest.get(1 + hashes) {
                Some('"') => (State::RawText(hashes), 2 + hashes),
                _ => (State::Code, 1),
            }
        }
        same => (same, 1),
    }
}

/// The length of a character literal; 1 where the quote begins a lifetime.
fn char_literal(rest: &[char]) -> usize {
    match rest {
        ['\'', '\\', _, tail @ ..] => tail
            .iter()
            .position(|c| *c == '\'')
            .map_or(1, |end| end + 4),
        ['\'', _, '\'', ..] => 3,
        _ => 1,
    }
}

/// Which lines belong to items under `#[cfg(test)]`: up to the brace that closes the item, or its semicolon.
fn test_lines(code: &str) -> Vec<bool> {
    const MARKS: [&str; 2] = ["#[cfg(test)]", "#[cfg(all(test,"];
    let mut flags = vec![false; code.lines().count()];
    let line_of = |byte: usize| {
        code.as_bytes()[..byte]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
    };
    for mark in MARKS {
        for (start, _) in code.match_indices(mark) {
            let end = item_end(code, start + mark.len());
            for flag in &mut flags[line_of(start)..=line_of(end - 1)] {
                *flag = true;
            }
        }
    }
    flags
}

fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, c) in code[from..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return from + offset + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return from + offset + 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn comments_strings_and_characters_are_told_from_code() {
    let text =
        "let a = \"x // {\"; // \"y\nlet b = '{'; /* { /* } */ { */ let c: &'a str = r#\"\"}\"#;\n";
    let source = Source::read(text);
    assert_eq!(source.code[0].trim_end(), "let a =         ;"); // the quotes go too
    assert!(source.code_and_strings[0].contains("x // {"));
    assert!(!source.code_and_strings[0].contains('y'));
    assert!(!source.code[1].contains(['{', '}']), "{}", source.code[1]);
    assert!(source.code[1].contains("let c: &'a str"));
    assert!(Source::read("let q = '\\''; f()").code[0].ends_with("; f()"));
}

#[test]
fn items_under_cfg_test_are_not_shipped_and_those_after_them_are() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { \"}\" }\n}\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}\n";
    let flags = Source::read(text).for_tests;
    assert_eq!(
        flags,
        [false, true, true, true, true, false, true, true, false]
    );
    let with_more = "#[cfg(all(test, unix))]\nmod a {\n}\n#[cfg(not(test))]\nfn b() {}";
    assert_eq!(
        Source::read(with_more).for_tests,
        [true, true, true, false, false]
    );
}
