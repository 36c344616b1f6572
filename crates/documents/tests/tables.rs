//! Tables that leave: no text becomes a formula, numbers stay numbers, and the layouts of the office's tables.
//!
//! Leaves out: which rows somebody may have (the server tests them).

mod common;

use std::io::Cursor;

use calamine::{Data, DataType, Reader, Xlsx};
use common::parts;
use documents::export::*;
use domain::issue::Standing;

/// What spreadsheets take for formulas, and what merely looks so.
const PAYLOADS: [&str; 30] = [
    "=1+1",
    "=HYPERLINK(\"http://x\",\"a\")",
    "=cmd|'/c calc'!A0",
    "+1",
    "+cmd|'/c calc'!A0",
    "-1",
    "-3",
    "-2+3",
    "@SUM(A1)",
    "@x",
    "\t=1",
    "\r=1",
    "\n=1",
    "\r\n+1",
    " =1",
    "\u{a0}=1",
    "\u{3000}=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM",
    "\u{200b}x",
    "'=1",
    "\"=1",
    ";=1",
    ",=1",
    "|=1",
    "%0A=1",
    "<script>alert(1)</script>",
    "{=1}",
];

fn record(text: &str) -> RecordRow {
    let own = || Some(text.to_owned());
    RecordRow {
        id: text.into(),
        township: own(),
        village: own(),
        title: text.into(),
        kind: text.into(),
        site_kind: own(),
        observer: text.into(),
        form: own(),
        state: own(),
        group: Some(-3),
        score_e4: Some(-14_071),
        written_ms: Some(1_637_200_800_000),
        ..RecordRow::default()
    }
}

fn answer(text: &str) -> AnswerRow {
    AnswerRow {
        sheet: text.into(),
        township: Some(text.into()),
        site: text.into(),
        observer: text.into(),
        checklist: text.into(),
        section: text.into(),
        item: text.into(),
        title: text.into(),
        answer: text.into(),
        note: Some(text.into()),
        reasons: text.into(),
        ..AnswerRow::default()
    }
}

fn site(text: &str) -> SiteRow {
    SiteRow {
        id: text.into(),
        kind: text.into(),
        name: text.into(),
        township: Some((text.into(), text.into())),
        village: Some((text.into(), text.into())),
        struck: Some(text.into()),
        place_e7: Some((359_640_000, 1_057_290_000)),
        ..SiteRow::default()
    }
}

fn issue(text: &str) -> IssueRow {
    IssueRow {
        id: text.into(),
        number: text.into(),
        township: text.into(),
        place: text.into(),
        category: text.into(),
        description: text.into(),
        found_ms: Some(1_637_200_800_000),
        found_by: text.into(),
        photos: text.into(),
        lead_unit: text.into(),
        assisting_units: text.into(),
        responsible: text.into(),
        sponsor_leader: text.into(),
        measures: text.into(),
        due_on: text.into(),
        standing: Some(Standing::Overdue),
        done_on: text.into(),
        checked_by: text.into(),
        closed: text.into(),
        remark: text.into(),
        household: false,
        place_e7: Some((359_640_000, 1_057_290_000)),
    }
}

/// The rows of every list with a text in every text column.
fn rows(spec: &Spec, text: &str) -> Vec<Cell> {
    let zh = Language::Zh;
    match spec.word {
        "records" => record(text).cells(zh),
        "answers" => answer(text).cells(zh),
        "sites" => site(text).cells(zh),
        _ => issue(text).cells(1, zh),
    }
}

fn written(spec: &'static Spec, format: Format, list: &[Vec<Cell>]) -> Vec<u8> {
    let mut sink = Sink::new(spec, format, Language::Zh, Cursor::new(vec![])).unwrap();
    for row in list {
        sink.row(row).unwrap();
    }
    sink.finish().unwrap().into_inner()
}

#[test]
fn no_text_of_any_column_is_a_formula_in_csv_and_all_of_it_comes_back() {
    for spec in specs() {
        let list: Vec<Vec<Cell>> = PAYLOADS.iter().map(|text| rows(spec, text)).collect();
        let bytes = written(spec, Format::Csv, &list);
        let text = std::str::from_utf8(&bytes)
            .unwrap()
            .strip_prefix('\u{feff}')
            .unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let found: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(found.len(), PAYLOADS.len());
        for (record, cells) in found.iter().zip(&list) {
            for (shown, cell) in record.iter().zip(cells) {
                let Cell::Text(text) = cell else { continue };
                let first = shown.trim_start().chars().next().unwrap_or(' ');
                assert!(!"=+-@＝＋－＠".contains(first), "{}: {shown:?}", spec.word);
                assert_eq!(
                    shown.strip_prefix('\'').unwrap_or(shown),
                    text.strip_prefix('\'').unwrap_or(text)
                );
            }
        }
    }
}

#[test]
fn no_text_of_any_column_is_a_formula_in_a_workbook_and_all_of_it_comes_back() {
    for spec in specs() {
        let list: Vec<Vec<Cell>> = PAYLOADS.iter().map(|text| rows(spec, text)).collect();
        let bytes = written(spec, Format::Xlsx, &list);
        for (name, body) in parts(&bytes) {
            let xml = String::from_utf8(body).unwrap();
            assert!(!xml.contains("<f>") && !xml.contains("<f "), "{name}");
            assert!(!xml.contains("<hyperlink"), "{name}");
        }
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        for (at, cells) in list.iter().enumerate() {
            for (place, cell) in cells.iter().enumerate() {
                let shown = sheet.get((at + 1, place)).unwrap_or(&Data::Empty);
                match cell {
                    Cell::Text(text) => {
                        let normal = |t: &str| t.replace("\r\n", "\n").replace('\r', "\n");
                        assert!(shown.is_string(), "{}: {shown:?}", spec.word);
                        assert_eq!(normal(shown.get_string().unwrap()), normal(text));
                    }
                    Cell::Int(n) => assert_eq!(shown.as_i64(), Some(*n)),
                    Cell::Score(e4) => assert_eq!(shown.as_f64(), Some(*e4 as f64 / 1e4)),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn minus_three_stays_a_number_everywhere() {
    let list = [record("甲").cells(Language::Zh)];
    let csv = String::from_utf8(written(&RECORDS, Format::Csv, &list)).unwrap();
    assert!(
        csv.lines().nth(1).unwrap().starts_with("甲,-3,甲,"),
        "{csv}"
    );
    assert!(csv.contains(",-1.41,"));
    let json: serde_json::Value =
        serde_json::from_slice(&written(&RECORDS, Format::Json, &list)).unwrap();
    assert_eq!(json[0]["group"], -3);
    assert_eq!(json[0]["score_e4"], -14_071);
    assert_eq!(json[0]["written_ms"], 1_637_200_800_000_i64);
    assert_eq!(json[0]["conflicts"], 0);
    assert!(csv.contains("2021-11-18 10:00"));
}

#[test]
fn a_sealed_row_has_no_score_even_if_one_was_handed_in() {
    let row = RecordRow {
        sealed: true,
        score_e4: Some(1),
        ..RecordRow::default()
    };
    let json = written(&RECORDS, Format::Json, &[row.cells(Language::Zh)]);
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(
        (&json[0]["score_e4"], &json[0]["sealed"]),
        (&serde_json::Value::Null, &"是".into())
    );
}

#[test]
fn no_rows_are_a_header_or_an_empty_list() {
    assert_eq!(written(&SITES, Format::Json, &[]), b"[\n]\n");
    let csv = String::from_utf8(written(&SITES, Format::Csv, &[])).unwrap();
    assert!(csv.ends_with("纬度,经度\r\n") && csv.lines().count() == 1);
}

#[test]
fn the_ledger_has_its_twenty_columns_no_merged_cells_a_filter_and_lists() {
    let mut out = vec![];
    let list = [
        issue("=甲"),
        IssueRow {
            standing: Some(Standing::Closed),
            ..issue("乙")
        },
    ];
    ledger_xlsx(&list, Language::Zh, false, &mut out).unwrap();
    let all = parts(&out);
    let part = |name: &str| {
        let found = all.iter().find(|(n, _)| n == name);
        String::from_utf8(found.unwrap().1.clone()).unwrap()
    };
    let xml = part("xl/worksheets/sheet1.xml");
    assert!(!xml.contains("mergeCell") && !xml.contains("<f>"));
    assert!(xml.contains("<autoFilter ref=\"A1:T3\"/>") && xml.contains("state=\"frozen\""));
    assert!(xml.contains("<dataValidation ") && xml.contains("第 &amp;P 页 共 &amp;N 页"));
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(out)).unwrap();
    assert_eq!(book.sheet_names(), ["问题整改台账", "代码"]);
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let head: Vec<String> = sheet
        .rows()
        .next()
        .unwrap()
        .iter()
        .map(Data::to_string)
        .collect();
    assert_eq!(
        head.join("｜"),
        "序号｜编号｜乡镇｜村(组)或点位｜问题类别｜问题描述｜发现时间｜发现人｜照片编号｜主办单位｜协办单位｜责任人｜\
         包乡县级领导｜整改措施｜整改时限｜进展(红黄绿)｜完成时间｜复核人｜销号｜备注"
    );
    assert_eq!(sheet.get((1, 15)).unwrap().to_string(), "红·逾期");
    assert!(sheet.get((2, 15)).unwrap().to_string().starts_with("绿·"));
}

#[test]
fn households_leave_without_name_and_position_unless_the_file_is_internal() {
    let places = Places {
        sites: vec![
            site("沙岗村"),
            SiteRow {
                household: true,
                ..site("沙岗村三组7号")
            },
        ],
        issues: vec![
            issue("路边"),
            IssueRow {
                household: true,
                ..issue("沙岗村三组7号院内")
            },
        ],
        photos: vec![
            PhotoRow {
                id: "p1".into(),
                place_e7: Some((1, 2)),
                ..PhotoRow::default()
            },
            PhotoRow {
                id: "p2".into(),
                household: true,
                place_e7: Some((1, 2)),
                ..PhotoRow::default()
            },
            PhotoRow {
                id: "p3".into(),
                ..PhotoRow::default()
            },
        ],
        rehearsal: false,
    };
    let written = |internal| {
        let mut out = vec![];
        geojson(&places, internal, Language::Zh, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let (open, internal) = (written(false), written(true));
    assert!(!open.contains("7号"));
    let parse = |text: &str| match text.parse::<geojson::GeoJson>().unwrap() {
        geojson::GeoJson::FeatureCollection(all) => all.features,
        other => panic!("{other:?}"),
    };
    assert_eq!((parse(&open).len(), parse(&internal).len()), (3, 6));
    assert!(open.contains("\"coordinates\":[105.729,35.964]"), "{open}");
    assert!(internal.contains("沙岗村三组7号院内"));
    let shown = SiteRow {
        household: true,
        ..site("沙岗村三组7号")
    }
    .shown(false, Language::Zh);
    assert_eq!((shown.name.as_str(), shown.place_e7), ("农户", None));
}

#[test]
fn the_ranking_as_a_workbook_has_the_form_of_the_office() {
    let (input, outcome) = common::small_result();
    let head = ResultsHead {
        campaign: "=西吉县观摩评比".into(),
        dates: Some(("2021-11-18".into(), "2021-11-20".into())),
        rehearsal: false,
    };
    let mut out = vec![];
    results_xlsx(&head, &input, &outcome, None, Language::Zh, &mut out).unwrap();
    let all = parts(&out);
    let xml = |name: &str| {
        let found = all.iter().find(|(n, _)| n == name);
        String::from_utf8(found.unwrap().1.clone()).unwrap()
    };
    let sheet = xml("xl/worksheets/sheet1.xml");
    assert!(
        sheet.contains("<mergeCell ref=\"A1:M1\"/>") && sheet.contains("orientation=\"landscape\"")
    );
    assert!(sheet.contains("fitToHeight=\"0\"") && !sheet.contains("<f>"));
    assert!(xml("xl/workbook.xml").contains("_xlnm.Print_Titles"));
    let styles = xml("xl/styles.xml");
    for font in ["方正小标宋简体", "仿宋_GB2312", "黑体"] {
        assert!(styles.contains(font), "{font}");
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(out)).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    let row = |at: usize| {
        let cells = range.rows().nth(at).unwrap().iter();
        cells.map(Data::to_string).collect::<Vec<_>>().join("|")
    };
    assert!(row(0).starts_with("=西吉县观摩评比结果表|"));
    assert!(row(1).starts_with("统计时间：2021年11月18日—20日　单位：分|"));
    assert_eq!(
        row(2),
        "序号|乡镇|组别|示范村(50%)|农户(20%)|沿途(20%)|整改(10%)|得分|组内名次|校正分|总名次|较上期|备注"
    );
    assert_eq!(row(3), "1|乙镇|1|90||||90|1|90|1||流动红旗");
    assert!(row(6).starts_with("填表人："));
}

/// Seen in an office program: rows of wrapped text kept the height of one line and covered each other.
#[test]
fn a_row_is_as_high_as_its_wrapped_text() {
    let long = "村道与巷道交叉口东北角堆放建筑垃圾和生活垃圾".repeat(3);
    let heights = |bytes: &[u8]| -> Vec<f64> {
        let all = parts(bytes);
        let xml = all.iter().find(|(n, _)| n == "xl/worksheets/sheet1.xml");
        let xml = String::from_utf8(xml.unwrap().1.clone()).unwrap();
        let rows = xml.split("<row ").skip(2);
        let of = |row: &str| {
            let ht = row.split('>').next()?.split(" ht=\"").nth(1)?;
            ht.split('"').next()?.parse::<f64>().ok()
        };
        rows.map(|row| of(row).unwrap_or(0.0)).collect()
    };
    let texts = ["短", &long, "一\n二\n三"];
    let mut out = vec![];
    let list = texts.map(issue);
    ledger_xlsx(&list, Language::Zh, false, &mut out).unwrap();
    let list: Vec<Vec<Cell>> = texts.iter().map(|t| rows(&RECORDS, t)).collect();
    for bytes in [out, written(&RECORDS, Format::Xlsx, &list)] {
        let found = heights(&bytes);
        assert_eq!(found[0], 0.0, "one line needs no height of its own");
        assert!(found[1] > 60.0 && found[2] >= 48.0, "{found:?}");
    }
}
