//! Templates: empty they import nothing, filled in they import.
//!
//! Leaves out: how they look, which was looked at.

mod common;

use common::{edit, parts, tour};
use documents::export::Language;
use documents::import::{Existing, Format, Kind, Rows, read};
use documents::template;

const LANGUAGES: [Language; 2] = [Language::Zh, Language::En];

fn import(kind: Kind, bytes: &[u8]) -> Result<Rows, documents::import::ImportErrors> {
    let existing = match kind {
        Kind::Sites | Kind::Roster | Kind::Groups => tour(),
        _ => Existing::default(),
    };
    let format = Format::detect(None, bytes).unwrap();
    read(kind, bytes, format, &existing).map(|(rows, _)| rows)
}

/// The examples of the explanation, as the two rows somebody would copy into the first sheet.
fn examples(bytes: &[u8]) -> [Vec<String>; 2] {
    use calamine::{Reader, Xlsx};
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let names = book.sheet_names();
    let notes = book.worksheet_range(&names[1]).unwrap();
    let lines = notes.rows().skip_while(|row| row[3].to_string().is_empty());
    let lines: Vec<_> = lines.skip(1).collect();
    let column = |at: usize| lines.iter().map(|row| row[at].to_string()).collect();
    [column(3), column(4)]
}

/// The template with rows put below its header.
fn filled(bytes: &[u8], rows: &[Vec<String>]) -> Vec<u8> {
    edit(bytes, "xl/worksheets/sheet1.xml", |xml| {
        let mut body = String::new();
        for (at, cells) in rows.iter().enumerate() {
            body.push_str(&format!("<row r=\"{}\">", at + 2));
            for cell in cells {
                body.push_str(&format!("<c t=\"inlineStr\"><is><t>{cell}</t></is></c>"));
            }
            body.push_str("</row>");
        }
        xml.replace("</sheetData>", &format!("{body}</sheetData>"))
    })
}

#[test]
fn an_empty_template_imports_nothing() {
    for kind in Kind::ALL {
        for language in LANGUAGES {
            let errors = import(*kind, &template(*kind, language).unwrap()).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors}");
            assert_eq!(errors.errors[0].code, "empty", "{kind:?}");
        }
    }
}

#[test]
fn a_template_filled_with_its_own_examples_imports() {
    for kind in Kind::ALL {
        for language in LANGUAGES {
            let bytes = template(*kind, language).unwrap();
            let rows = examples(&bytes);
            assert_eq!(rows[0].len(), kind.columns().len(), "{kind:?}");
            let found = import(*kind, &filled(&bytes, &rows));
            let found = found.unwrap_or_else(|errors| panic!("{kind:?}: {errors}"));
            let expected = if *kind == Kind::Checklist { 1 } else { 2 };
            assert_eq!(found.len(), expected, "{kind:?}");
        }
    }
}

#[test]
fn lists_to_choose_from_are_in_the_template() {
    for (kind, lists) in [
        (Kind::Sites, 3),
        (Kind::Roster, 2),
        (Kind::Checklist, 9),
        (Kind::Groups, 0),
    ] {
        let bytes = template(kind, Language::Zh).unwrap();
        let sheet = parts(&bytes)
            .into_iter()
            .find(|(n, _)| n == "xl/worksheets/sheet1.xml");
        let xml = String::from_utf8(sheet.unwrap().1).unwrap();
        assert_eq!(xml.matches("<dataValidation ").count(), lists, "{kind:?}");
    }
}

#[test]
fn the_same_template_is_the_same_bytes() {
    let one = template(Kind::Roster, Language::Zh).unwrap();
    assert_eq!(one, template(Kind::Roster, Language::Zh).unwrap());
}
