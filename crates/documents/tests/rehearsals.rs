//! Tables of a rehearsal say so in every row, on every sheet and on every page, in every format and both languages.
//!
//! Leaves out: the names of the files (the server gives them).

mod common;

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use common::{parts, small_result};
use documents::export::*;

fn sink(spec: &'static Spec, format: Format, language: Language, rehearsal: bool) -> Vec<u8> {
    let out = Cursor::new(vec![]);
    let mut sink = Sink::of(spec, format, language, rehearsal, out).unwrap();
    for no in 0..3 {
        sink.row(&[Cell::Int(no)]).unwrap();
    }
    sink.finish().unwrap().into_inner()
}

/// Name of the first sheet, its rows as text, and the footer of its pages.
fn opened(bytes: Vec<u8>) -> (String, Vec<Vec<String>>, String) {
    let all = parts(&bytes);
    let xml = all.iter().find(|(n, _)| n == "xl/worksheets/sheet1.xml");
    let xml = String::from_utf8(xml.unwrap().1.clone()).unwrap();
    let footer = xml.split("<oddFooter>").nth(1).unwrap_or_default();
    let footer = footer.split('<').next().unwrap().to_owned();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let rows = range.rows();
    let rows = rows.map(|row| row.iter().map(Data::to_string).collect());
    (name, rows.collect(), footer)
}

const WORDS: [(Language, &str, &str); 2] = [
    (Language::Zh, "试填，非正式结果", "（试填）"),
    (Language::En, "rehearsal, not a result", " (rehearsal)"),
];

#[test]
fn every_row_of_every_list_says_so() {
    for spec in specs() {
        for (language, mark, suffix) in WORDS {
            let csv = String::from_utf8(sink(spec, Format::Csv, language, true)).unwrap();
            let ends = csv
                .lines()
                .filter(|l| l.ends_with(mark) || l.ends_with(&format!("\"{mark}\"")));
            assert_eq!(ends.count(), 3, "{csv}");
            let json: serde_json::Value =
                serde_json::from_slice(&sink(spec, Format::Json, language, true)).unwrap();
            for row in json.as_array().unwrap() {
                assert_eq!(row["rehearsal"], mark);
            }
            let (name, rows, footer) = opened(sink(spec, Format::Xlsx, language, true));
            assert!(name.ends_with(suffix), "{name}");
            assert!(
                rows[1..].iter().all(|r| r.last().unwrap() == mark),
                "{rows:?}"
            );
            assert!(footer.contains(mark), "{footer}");
            // The control: nothing of it in a real one.
            for format in [Format::Csv, Format::Json] {
                let real = String::from_utf8(sink(spec, format, language, false)).unwrap();
                assert!(
                    !real.contains(mark) && !real.contains("rehearsal"),
                    "{real}"
                );
            }
            let (name, rows, footer) = opened(sink(spec, Format::Xlsx, language, false));
            assert!(!name.contains(suffix) && rows[0].len() == spec.columns.len());
            assert!(!footer.contains(mark), "{footer}");
        }
    }
}

#[test]
fn the_ranking_and_the_ledger_say_so() {
    let (input, outcome) = small_result();
    for (language, mark, suffix) in WORDS {
        for rehearsal in [true, false] {
            let head = ResultsHead {
                campaign: "观摩".into(),
                rehearsal,
                ..ResultsHead::default()
            };
            let mut csv = vec![];
            results_csv(&head, &input, &outcome, None, language, &mut csv).unwrap();
            let csv = String::from_utf8(csv).unwrap();
            let rows = csv.lines().count() - 1;
            let marked = csv.lines().filter(|l| l.contains(mark)).count();
            assert_eq!(marked, if rehearsal { rows } else { 0 }, "{csv}");
            let json = results_json(&head, &input, &outcome, None);
            assert_eq!(json["rehearsal"], rehearsal);
            let mut book = vec![];
            results_xlsx(&head, &input, &outcome, None, language, &mut book).unwrap();
            let (name, rows, footer) = opened(book);
            assert_eq!(name.ends_with(suffix), rehearsal, "{name}");
            assert_eq!(rows[0][0].contains(mark), rehearsal, "{rows:?}");
            assert_eq!(footer.contains(mark), rehearsal);
            let issue = IssueRow {
                number: "1".into(),
                ..IssueRow::default()
            };
            let mut book = vec![];
            ledger_xlsx(&[issue], language, rehearsal, &mut book).unwrap();
            let (name, rows, footer) = opened(book);
            assert_eq!(name.ends_with(suffix), rehearsal, "{name}");
            assert_eq!(rows[1].last().unwrap() == mark, rehearsal);
            assert_eq!(footer.contains(mark), rehearsal);
        }
    }
}

#[test]
fn every_place_says_so() {
    for rehearsal in [true, false] {
        let places = Places {
            issues: vec![IssueRow {
                place_e7: Some((1, 2)),
                ..IssueRow::default()
            }],
            rehearsal,
            ..Places::default()
        };
        let mut out = vec![];
        geojson(&places, false, Language::Zh, &mut out).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(json["rehearsal"] == true, rehearsal);
        assert_eq!(
            json["features"][0]["properties"]["rehearsal"] == true,
            rehearsal
        );
    }
}
