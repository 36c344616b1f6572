//! Tables as workbooks: what is tolerated, what is refused by sheet, row and column, and files made to do harm.
//!
//! Leaves out: what every format shares (`import_errors`).

mod common;

use std::time::{Duration, Instant};

use common::{book, county, edit, sheets, tour, zip_of};
use documents::import::*;
use rust_xlsxwriter::{Formula, Workbook};

const HEAD: &[&str] = &["姓名", "角色", "组别", "所在单位代码"];

fn roster_of(bytes: &[u8]) -> Result<(Vec<RosterRow>, Reading), ImportErrors> {
    let format = Format::detect(Some("名单.xlsx"), bytes)?;
    let (rows, reading) = read(Kind::Roster, bytes, format, &tour())?;
    match rows {
        Rows::Roster(rows) => Ok((rows, reading)),
        other => panic!("{other:?}"),
    }
}

/// (sheet, cell, code) of each error.
fn places(errors: &ImportErrors) -> Vec<(&str, &str, &str)> {
    let all = errors.errors.iter().map(|e| {
        assert!(!e.zh.is_empty() && !e.en.is_empty());
        let sheet = e.sheet.as_deref().unwrap_or("-");
        (sheet, e.cell.as_deref().unwrap_or("-"), e.code)
    });
    all.collect()
}

fn code(bytes: &[u8]) -> &'static str {
    let errors = roster_of(bytes).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors}");
    errors.errors[0].code
}

#[test]
fn one_table_reads_the_same_from_every_kind_of_file_an_office_sends() {
    let rows: &[&[&str]] = &[
        HEAD,
        &["\u{3000}观摩员01 ", "评委", "１", "640422102"],
        &["文垚", "督查室", "", ""],
    ];
    let join = |mark: &str, end: &str| {
        let lines = rows.iter().map(|row| row.join(mark));
        lines.collect::<Vec<String>>().join(end)
    };
    let text = join(",", "\r\n");
    let gbk = encoding_rs::GB18030.encode(&text).0.into_owned();
    let tabs: Vec<u8> = format!("\u{feff}{}", join("\t", "\r\n"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let files = [
        ("a.xlsx", book(rows), None),
        ("a.csv", join(",", "\n").into_bytes(), Some(Encoding::Utf8)),
        (
            "b.csv",
            join(";", "\r\n").into_bytes(),
            Some(Encoding::Utf8),
        ),
        ("c.csv", gbk, Some(Encoding::Gb18030)),
        ("d.txt", tabs, Some(Encoding::Utf16)),
    ];
    for (name, bytes, encoding) in &files {
        let format = Format::detect(Some(name), bytes).unwrap();
        let (found, reading) = read(Kind::Roster, bytes, format, &tour()).unwrap();
        assert_eq!(reading.encoding, *encoding, "{name}");
        let Rows::Roster(found) = found else {
            panic!("{name}")
        };
        assert_eq!(found[0].name, "观摩员01", "{name}");
        assert_eq!(
            (found[0].role.as_str(), found[0].group),
            ("observer", Some(1))
        );
        assert_eq!(found[1].name, "文垚");
    }
    let (_, reading) = roster_of(&files[0].1).unwrap();
    assert_eq!(reading.zh(), "XLSX，表“Sheet1”");
}

#[test]
fn numbers_kept_as_numbers_and_as_text_are_the_same() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet
        .write_row(
            0,
            0,
            ["类型", "名称", "乡镇代码", "村代码", "组别", "纬度", "经度"],
        )
        .unwrap();
    sheet.write_row(1, 0, ["示范村", "沙岗村"]).unwrap();
    sheet
        .write_row(1, 2, [640_422_215.0, 640_422_215_200.0, 1.0])
        .unwrap();
    sheet
        .write_row(1, 5, [35.964, 105.729_000_000_000_01])
        .unwrap();
    sheet
        .write_row(
            2,
            0,
            ["街道", "123", "640422215", "", "1", "35.964", "105.729"],
        )
        .unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let rows = sites(&bytes, Format::Xlsx, &tour()).unwrap();
    assert_eq!(rows[0].village_code.as_deref(), Some("640422215200"));
    assert_eq!(rows[0].township_code, rows[1].township_code);
    assert_eq!(
        (rows[0].lat_e7, rows[0].lon_e7),
        (rows[1].lat_e7, rows[1].lon_e7)
    );
    assert_eq!(rows[1].name, "123");
}

#[test]
fn errors_name_the_sheet_and_the_cell() {
    let bytes = book(&[
        HEAD,
        &["观摩员01", "boss", "1", ""],
        &[],
        &["观摩员01", "评委", "9", "65"],
    ]);
    let errors = roster_of(&bytes).unwrap_err();
    assert_eq!(
        places(&errors),
        [
            ("Sheet1", "B2", "unknown_role"),
            ("Sheet1", "A4", "duplicate"),
            ("Sheet1", "C4", "unknown_group"),
            ("Sheet1", "D4", "unknown_division"),
        ]
    );
}

#[test]
fn hidden_sheets_and_explanations_are_passed_over_and_a_second_table_is_not() {
    let good: &[&[&str]] = &[HEAD, &["观摩员01", "评委", "1", ""]];
    let note: &[&[&str]] = &[&["请填写"]];
    let bytes = sheets(&[
        ("旧名单", good, true),
        ("名单", good, false),
        ("说明", note, false),
    ]);
    assert_eq!(roster_of(&bytes).unwrap().1.sheet.as_deref(), Some("名单"));
    let bytes = sheets(&[
        ("一组", good, false),
        ("二组", good, false),
        ("空", &[], false),
    ]);
    let errors = roster_of(&bytes).unwrap_err();
    assert_eq!(errors.errors[0].code, "several_sheets");
    assert!(errors.errors[0].zh.contains("“一组”、“二组”"));
    assert_eq!(code(&sheets(&[("名单", &[HEAD], false)])), "empty");
    assert_eq!(code(&sheets(&[("名单", &[], false)])), "empty");
}

#[test]
fn merged_cells_are_refused_by_their_range() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, HEAD.iter().copied()).unwrap();
    let plain = rust_xlsxwriter::Format::new();
    sheet.merge_range(1, 2, 4, 2, "1", &plain).unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let errors = roster_of(&bytes).unwrap_err();
    assert_eq!(errors.errors[0].code, "merged_cells");
    assert_eq!(errors.errors[0].row, Some(2));
    assert!(errors.errors[0].zh.contains("C2:C5") && errors.errors[0].en.contains("C2:C5"));
}

#[test]
fn stored_results_of_formulas_are_taken_and_counted_and_missing_ones_refused() {
    let with = |result: &str| {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_row(0, 0, ["序号", "姓名", "角色"]).unwrap();
        sheet.write_formula(1, 0, "=ROW()-1").unwrap();
        let formula = Formula::new("=\"督查室\"&A2").set_result(result);
        sheet.write_formula(1, 1, formula).unwrap();
        sheet.write_string(1, 2, "督查室").unwrap();
        workbook.save_to_buffer().unwrap()
    };
    let bytes = with("督查室1");
    let (rows, reading) = roster_of(&bytes).unwrap();
    assert_eq!((rows[0].name.as_str(), reading.formulas), ("督查室1", 1));
    assert!(reading.zh().contains("1 格取公式"));
    // As other programs write a formula that was never computed.
    for empty in ["", "<v></v>", "<v/>"] {
        let bytes = edit(&bytes, "xl/worksheets/sheet1.xml", |xml| {
            assert!(xml.contains("<v>督查室1</v>"), "{xml}");
            xml.replace(" t=\"str\"", "")
                .replace("<v>督查室1</v>", empty)
        });
        let errors = roster_of(&bytes).unwrap_err();
        assert_eq!(
            places(&errors),
            [("Sheet1", "B2", "formula_without_value")],
            "{empty}"
        );
    }
    let errors = roster_of(&with("#REF!")).unwrap_err();
    assert_eq!(places(&errors), [("Sheet1", "B2", "formula")]);
    assert!(errors.errors[0].zh.contains("#REF!"));
}

#[test]
fn text_that_looks_like_markup_is_text_and_like_a_formula_is_refused() {
    let script = "<script>alert(1)</script>&amp;";
    let (rows, _) = roster_of(&book(&[HEAD, &[script, "督查室", "", ""]])).unwrap();
    assert_eq!(rows[0].name, script);
    let errors = roster_of(&book(&[HEAD, &["=HYPERLINK(\"x\")", "督查室", "", ""]])).unwrap_err();
    assert_eq!(places(&errors), [("Sheet1", "A2", "formula")]);
}

#[test]
fn twenty_thousand_people_are_quick_and_one_more_is_refused() {
    let people = |n: usize| {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_row(0, 0, HEAD.iter().copied()).unwrap();
        for i in 0..n {
            let cells = [
                format!("观摩员{i:05}"),
                "评委".into(),
                "1".into(),
                "640422102".into(),
            ];
            sheet.write_row(1 + i as u32, 0, cells).unwrap();
        }
        workbook.save_to_buffer().unwrap()
    };
    let (most, over) = (people(MAX_ROWS), people(MAX_ROWS + 1));
    let start = Instant::now();
    assert_eq!(roster_of(&most).unwrap().0.len(), MAX_ROWS);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(code(&over), "too_many_rows");
}

#[test]
fn workbooks_that_unpack_to_too_much_are_refused_before_they_are_read() {
    let good = book(&[HEAD, &["观摩员01", "评委", "1", ""]]);
    let strings = edit(&good, "xl/sharedStrings.xml", |_| {
        "0".repeat(MAX_UNPACKED as usize)
    });
    assert!(strings.len() < 1 << 20);
    assert_eq!(code(&strings), "unpacked_too_large");
    // The size that the file claims is not believed.
    let mut lying = strings.clone();
    let (claimed, small) = ((MAX_UNPACKED as u32).to_le_bytes(), 100u32.to_le_bytes());
    let mut changed = 0;
    for at in 0..lying.len() - 4 {
        if lying[at..at + 4] == claimed {
            lying[at..at + 4].copy_from_slice(&small);
            changed += 1;
        }
    }
    assert!(changed > 0);
    assert!(["unpacked_too_large", "malformed"].contains(&code(&lying)));
    let names: Vec<String> = (0..=MAX_PARTS)
        .map(|n| format!("xl/media/{n}.bin"))
        .collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b""[..])).collect();
    assert_eq!(code(&zip_of(&many)), "unpacked_too_large");
    // A workbook in a workbook is a part like any other, and not opened.
    let nested = zip_of(&[("xl/workbook.xml", &good), ("a.xlsx", &strings)]);
    assert_eq!(code(&nested), "malformed");
    assert_eq!(code(&vec![b'P'; MAX_BYTES + 1]), "too_large");
}

#[test]
fn a_cell_at_the_far_end_costs_nothing() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_row(0, 0, HEAD.iter().copied()).unwrap();
    sheet.write_row(1, 0, ["督查室01", "督查室"]).unwrap();
    sheet.write_string(1_048_575, 0, "督查室02").unwrap();
    sheet.write_string(1_048_575, 1, "督查室").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    assert_eq!(roster_of(&bytes).unwrap().0.len(), 2);
    sheet_with_far_cell(workbook);
}

fn sheet_with_far_cell(mut workbook: Workbook) {
    let sheet = workbook.worksheet_from_index(0).unwrap();
    sheet.write_string(1_048_575, 16_383, "x").unwrap();
    let errors = roster_of(&workbook.save_to_buffer().unwrap()).unwrap_err();
    assert_eq!(places(&errors), [("Sheet1", "XFD1048576", "extra_cell")]);
}

#[test]
fn other_workbooks_are_refused_with_what_to_do() {
    let compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
    let locked: Vec<u8> = compound
        .iter()
        .copied()
        .chain("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let ods = zip_of(&[(
        "mimetype",
        b"application/vnd.oasis.opendocument.spreadsheet",
    )]);
    let docx = zip_of(&[
        ("[Content_Types].xml", b"<x/>"),
        ("word/document.xml", b"<x/>"),
    ]);
    let xlsb = zip_of(&[("xl/workbook.bin", b"")]);
    let cases: [(&[u8], &str); 7] = [
        (&locked, "encrypted"),
        (compound, "other_workbook"),
        (&ods, "other_workbook"),
        (&docx, "other_workbook"),
        (&xlsb, "other_workbook"),
        (b"\n<html><table>", "other_workbook"),
        (b"PK\x03\x04 and no more", "malformed"),
    ];
    for (bytes, expected) in cases {
        let errors = roster_of(bytes).unwrap_err();
        assert_eq!(errors.errors[0].code, expected);
        if expected != "malformed" {
            assert!(errors.errors[0].zh.contains("另存为 .xlsx"));
        }
    }
}

#[test]
fn groups_come_in_by_code_or_name_and_no_township_twice() {
    let head: &[&str] = &["乡镇", "组号", "组名"];
    let read = |rows: &[&[&str]]| groups(&book(rows), Format::Xlsx, &tour());
    let rows = read(&[head, &["火石寨乡", "1", "第一组"], &["640422102", "2", ""]]).unwrap();
    assert_eq!(rows[0].township_code, "640422215");
    assert_eq!((rows[1].group, &rows[1].group_name), (2, &None));
    let errors = read(&[
        head,
        &["火石寨乡", "1", "第一组"],
        &["640422215", "2", ""],
        &["火石寨", "1", "一组"],
        &["", "0", ""],
    ])
    .unwrap_err();
    let codes: Vec<_> = places(&errors).iter().map(|e| (e.1, e.2)).collect();
    assert_eq!(
        codes,
        [
            ("A3", "duplicate"),
            ("A4", "unknown_township"),
            ("C4", "not_the_same"),
            ("A5", "required"),
            ("B5", "bad_number"),
        ]
    );
    assert_eq!(county().townships().count(), 19);
}
