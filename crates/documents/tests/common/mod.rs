//! Workbooks and a tour to read them for.
#![allow(dead_code)] // each test file uses some of it

use std::io::{Cursor, Read, Write};

use documents::import::Existing;
use domain::Divisions;
use domain::score::{Input, Outcome, score_json};
use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// A sheet: name, rows, hidden.
pub type SheetOf<'a> = (&'a str, &'a [&'a [&'a str]], bool);

pub fn county() -> Divisions {
    domain::builtin::divisions().clone()
}

/// The county in two groups, by the parity of the code; nothing imported yet.
pub fn tour() -> Existing {
    let divisions = county();
    let odd = |code: &str| code.ends_with(['1', '3', '5', '7', '9']);
    let group = |code: &str| if odd(code) { 1 } else { 2 };
    let townships = divisions.townships();
    let townships = townships
        .map(|t| (t.code.clone(), Some(group(&t.code))))
        .collect();
    Existing {
        groups: [1, 2].into(),
        townships,
        divisions,
        ..Existing::default()
    }
}

/// A workbook of one sheet of text.
pub fn book(rows: &[&[&str]]) -> Vec<u8> {
    sheets(&[("Sheet1", rows, false)])
}

/// A workbook of several sheets.
pub fn sheets(list: &[SheetOf]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, rows, hidden) in list {
        let sheet = workbook.add_worksheet();
        sheet.set_name(*name).unwrap();
        if *hidden {
            sheet.set_hidden(true);
        } else {
            sheet.set_active(true);
        }
        for (at, row) in (0..).zip(*rows) {
            sheet.write_row(at, 0, row.iter().copied()).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// A zip file with these parts.
pub fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(vec![]));
    for (name, body) in parts {
        out.start_file(*name, SimpleFileOptions::default()).unwrap();
        out.write_all(body).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// The parts of a zip file.
pub fn parts(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let count = archive.len();
    let part = |at| {
        let mut part = archive.by_index(at).unwrap();
        let mut body = vec![];
        part.read_to_end(&mut body).unwrap();
        (part.name().unwrap().into_owned(), body)
    };
    (0..count).map(part).collect()
}

/// The same workbook with one part changed.
pub fn edit(bytes: &[u8], name: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let mut all = parts(bytes);
    let part = all.iter_mut().find(|(n, _)| n == name).unwrap();
    part.1 = change(String::from_utf8(part.1.clone()).unwrap()).into_bytes();
    let all: Vec<(&str, &[u8])> = all.iter().map(|(n, b)| (n.as_str(), &b[..])).collect();
    zip_of(&all)
}

/// A score file of three townships.
const FILE: &str = r#"{
 "rules": {"weights": {"V":50,"H":20,"E":20,"S":0,"R":10,"M":0}, "correction": "none",
           "award": {"scope":"overall","red":1,"yellow":1}},
 "townships": [
  {"code":"1","name":"=甲镇","group":1},
  {"code":"2","name":"乙镇","group":1},
  {"code":"3","name":"丙乡","group":1}],
 "sites": [
  {"id":"a","kind":"demonstration_village","township":"1"},
  {"id":"b","kind":"demonstration_village","township":"2"},
  {"id":"c","kind":"household","township":"3"}],
 "sheets": [
  {"site":"a","observer":"o1","group":1,"score_e4":801234},
  {"site":"a","observer":"o2","group":1,"score_e4":801234},
  {"site":"a","observer":"o3","group":1,"score_e4":801234},
  {"site":"b","observer":"o1","group":1,"score_e4":900000},
  {"site":"b","observer":"o2","group":1,"score_e4":900000},
  {"site":"b","observer":"o3","group":1,"score_e4":900000}],
 "rectification": []}"#;

/// Its input and outcome.
pub fn small_result() -> (Input, Outcome) {
    let input: Input = serde_json::from_str(FILE).unwrap();
    (input, score_json(FILE).unwrap().0)
}
