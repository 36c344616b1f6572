//! What people hand in: tables, checklists, score files, candidates of a draw.

use documents::import::{Existing, Format, Kind, read};
use domain::draw::{Candidate, draw as drawn};

const TABLES: [Kind; 4] = [Kind::Divisions, Kind::Groups, Kind::Sites, Kind::Roster];

/// A table; its first byte chooses what it is a table of.
pub fn table(bytes: &[u8]) {
    if let Some((kind, bytes)) = bytes.split_first() {
        import(TABLES[usize::from(*kind) % TABLES.len()], bytes);
    }
}

/// A checklist, as a table or as JSON.
pub fn checklist(bytes: &[u8]) {
    import(Kind::Checklist, bytes);
}

fn import(kind: Kind, bytes: &[u8]) {
    if let Ok(format) = Format::detect(None, bytes) {
        // Rows or errors: either will do, and both can be told.
        if let Err(errors) = read(kind, bytes, format, &Existing::default()) {
            let _ = errors.to_string();
        }
    }
}

/// A score file.
pub fn score(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Err(error) = domain::score::score_json(text)
    {
        let _ = (error.message_zh(), error.message_en());
    }
}

/// The candidates of a draw; the same whatever their order.
pub fn draw(bytes: &[u8]) {
    let Ok(mut candidates) = serde_json::from_slice::<Vec<Candidate>>(bytes) else {
        return;
    };
    // Which of several faults is told depends on the order, what is drawn does not.
    let first = drawn("0x2021", &candidates, candidates.len()).ok();
    candidates.reverse();
    assert_eq!(drawn("0x2021", &candidates, candidates.len()).ok(), first);
}
