//! Every error an import can give, by row, column and code; and that nothing comes in beside one.
//!
//! Leaves out: the whole-list errors of the domain, which the domain tests; here one of each shows its row.

mod common;

use common::{county, tour};
use documents::import::*;
use domain::Divisions;

const BOM: &str = "\u{feff}";

/// (row, column, letter, code) of each error.
fn places(errors: &ImportErrors) -> Vec<(usize, &str, &str, &str)> {
    errors
        .errors
        .iter()
        .map(|e| {
            assert!(!e.zh.is_empty() && !e.en.is_empty());
            (
                e.row.unwrap_or_default(),
                e.column.as_deref().unwrap_or("-"),
                e.letter.as_deref().unwrap_or("-"),
                e.code,
            )
        })
        .collect()
}

fn bad_sites(csv: &str) -> ImportErrors {
    sites(csv.as_bytes(), Format::Csv, &tour()).unwrap_err()
}

fn bad_roster(csv: &str) -> ImportErrors {
    roster(csv.as_bytes(), Format::Csv, &tour()).unwrap_err()
}

#[test]
fn a_good_table_reads_the_same_in_csv_and_json_in_chinese_and_english() {
    let chinese = format!(
        "{BOM}序号,点位类型,点位名称,乡镇代码,村代码,组别,顺序,推荐,纬度,经度\r\n\
         1,示范村, 沙岗村　,６４０４２２２１５,640422215200,1,3,是,35.964,105.729\r\n"
    );
    let english = "kind,name,township_code,village_code,group,order,nominated,lat,lon\n\
                   demonstration_village,沙岗村,640422215,640422215200,1,3,yes,35.9640000,105.729\n";
    let json = r#"{"sites":[{"kind":"demonstration_village","name":"沙岗村","township_code":640422215,
        "村代码":"640422215200","group":1,"order":3,"nominated":true,"lat":35.964,"lon":105.729}]}"#;
    let one = sites(chinese.as_bytes(), Format::Csv, &tour()).unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].name, "沙岗村");
    assert_eq!(one[0].township_code.as_deref(), Some("640422215"));
    assert_eq!(one[0].lat_e7, Some(359_640_000));
    assert!(one[0].nominated);
    let two = sites(english.as_bytes(), Format::Csv, &tour()).unwrap();
    let three = sites(json.as_bytes(), Format::Json, &tour()).unwrap();
    assert_eq!(one, two);
    assert_eq!(one, three);
}

#[test]
fn the_seven_town_sites_import_with_the_rare_character() {
    let csv = "点位类型,点位名称,县城点位类型\n\
        县城点位,金通汽贸物流园,市场\n县城点位,秀屿广场,道路广场\n县城点位,文垚市场,market\n\
        县城点位,西三岔广场,road\n县城点位,幸福佳苑三期,居民小区\n县城点位,移民服务中心,服务中心\n\
        县城点位,土地局家属院,老旧小区\n";
    let rows = sites(csv.as_bytes(), Format::Csv, &tour()).unwrap();
    assert_eq!(rows.len(), 7);
    assert_eq!(rows[2].name, "文垚市场");
    assert!(rows.iter().all(|r| r.township_code.is_none()));
}

#[test]
fn missing_unknown_and_repeated_columns_are_named() {
    let errors = bad_sites("点位名称,类型X,乡镇代码,乡镇\n沙岗村,示范村,640422215,\n");
    assert_eq!(
        places(&errors),
        [
            (1, "类型X", "B", "unknown_column"),
            (1, "乡镇", "D", "duplicate_column"),
            (1, "点位类型", "-", "missing_column"),
        ]
    );
    let json = r#"[{"name":"a"},{"kind":"街道","name":"b","nmae":"c"},7,{"kind":[],"name":"x"}]"#;
    let errors = sites(json.as_bytes(), Format::Json, &tour()).unwrap_err();
    assert_eq!(
        places(&errors),
        [
            (1, "kind", "-", "missing_column"),
            (2, "nmae", "-", "unknown_column"),
            (3, "-", "-", "malformed"),
            (4, "kind", "-", "malformed"),
            (4, "kind", "-", "missing_column"),
        ]
    );
}

#[test]
fn rows_are_numbered_as_the_spreadsheet_shows_them() {
    // An empty line, a line of commas, and a cell with a line break in it.
    let csv = "\r\n点位类型,点位名称,乡镇代码\r\n\r\n,,\r\n街道,\"一\r\n街\",640422102\r\n\r\n\r\n街道,,640422102\r\n";
    assert_eq!(places(&bad_sites(csv)), [(8, "点位名称", "B", "required")]);
    let unix = csv.replace("\r\n", "\n");
    assert_eq!(
        places(&bad_sites(&unix)),
        [(8, "点位名称", "B", "required")]
    );
}

#[test]
fn a_cell_outside_the_header_is_not_lost() {
    let errors = bad_sites("点位类型,点位名称,乡镇代码\n街道,一街,640422102,二街\n");
    assert_eq!(places(&errors), [(2, "-", "D", "extra_cell")]);
    let ragged = "点位类型,点位名称,乡镇代码\n街道,一街,640422102,,\n";
    assert_eq!(
        sites(ragged.as_bytes(), Format::Csv, &tour())
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn duplicates_name_both_rows() {
    let head = "点位类型,点位名称,乡镇代码,村代码,编号\n";
    let errors = bad_sites(&format!(
        "{head}示范村,甲,640422215,640422215200,\n农户,农户1,640422215,640422215200,1\n\
         示范村,乙,640422215,640422215200,\n农户,农户1,640422215,640422215200,1\n\
         农户,农户1,640422215,640422215203,1\n"
    ));
    assert_eq!(
        places(&errors),
        [
            (4, "点位名称", "B", "duplicate"),
            (5, "点位名称", "B", "duplicate")
        ]
    );
    assert!(errors.errors[0].zh.contains("第 2 行"));
    assert!(errors.errors[1].en.contains("row 3"));
    let csv = "code,name\n640422,西吉县\n640422,西吉县\n";
    let errors = divisions(csv.as_bytes(), Format::Csv).unwrap_err();
    assert_eq!(places(&errors), [(3, "code", "A", "duplicate")]);
    let errors = bad_roster("姓名,角色,组别\n观摩员01,观摩员,1\n观摩员01,观摩员,2\n");
    assert_eq!(places(&errors), [(3, "姓名", "A", "duplicate")]);
}

#[test]
fn unknown_townships_and_villages_are_named_and_a_name_is_answered_with_its_code() {
    let head = "kind,name,township_code,village_code\n";
    let errors = bad_sites(&format!(
        "{head}street,a,640422999,\nstreet,b,平峰镇,\nhousehold,c,640422215,640422215999\n\
         household,d,640422102,640422215200\nstreet,e,640422,\n"
    ));
    assert_eq!(
        places(&errors),
        [
            (2, "township_code", "C", "unknown_township"),
            (3, "township_code", "C", "unknown_township"),
            (4, "village_code", "D", "unknown_village"),
            (5, "village_code", "D", "outside_township"),
            (6, "township_code", "C", "unknown_township"),
        ]
    );
    assert!(errors.errors[1].zh.contains("640422102"));
    let errors = bad_roster("name,role,group,home_unit\n观摩员01,observer,1,640422999\n");
    assert_eq!(places(&errors), [(2, "home_unit", "D", "unknown_division")]);
}

#[test]
fn what_the_campaign_has_already_or_has_not_is_named() {
    let csv = "kind,name,township_code,village_code,group\n\
        street,一街,640422215,,3\nstreet,二街,640422215,,2\nstreet,三街,640422102,,2\n";
    let mut existing = tour();
    existing.townships.remove("640422102");
    let errors = sites(csv.as_bytes(), Format::Csv, &existing).unwrap_err();
    assert_eq!(
        places(&errors),
        [
            (2, "group", "E", "unknown_group"),
            (3, "group", "E", "other_group"),
            (4, "township_code", "C", "not_in_tour"),
        ]
    );
    // The third has a number that the one there has not: another street of the name.
    let csv = "点位类型,点位名称,乡镇代码,编号\n街道,一街,640422215,\n街道,二街,640422215,\n街道,二街,640422215,2\n";
    let mut existing = tour();
    let township = Some("640422215".to_owned());
    let street = domain::SiteKind::Street;
    existing
        .sites
        .insert((street, township, None, None, "二街".to_owned()));
    let errors = sites(csv.as_bytes(), Format::Csv, &existing).unwrap_err();
    assert_eq!(places(&errors), [(3, "点位名称", "B", "already_there")]);
    let csv = "姓名,角色,组别\n观摩员01,观摩员,1\n观摩员02,观摩员,7\n";
    existing.people.insert("观摩员01".to_owned());
    let errors = roster(csv.as_bytes(), Format::Csv, &existing).unwrap_err();
    assert_eq!(
        places(&errors),
        [
            (2, "姓名", "A", "already_there"),
            (3, "组别", "C", "unknown_group")
        ]
    );
}

#[test]
fn a_formula_or_a_failed_one_is_no_name() {
    let head = "kind,name,township_code\n";
    let errors = bad_sites(&format!(
        "{head}street,=A1&A2,640422215\nstreet,#REF!,640422215\nstreet,5#楼,640422215\n"
    ));
    assert_eq!(
        places(&errors),
        [(2, "name", "B", "formula"), (3, "name", "B", "formula")]
    );
    assert!(errors.errors[1].zh.contains("#REF!"));
}

#[test]
fn unknown_words_are_named_with_the_known_ones() {
    let head = "kind,name,township_code,town_kind,nominated\n";
    let errors = bad_sites(&format!(
        "{head}village,a,640422215,,\ntown_site,b,,mall,\nstreet,c,640422215,,maybe\n"
    ));
    assert_eq!(
        places(&errors),
        [
            (2, "kind", "A", "unknown_kind"),
            (3, "town_kind", "D", "unknown_town_kind"),
            (4, "nominated", "E", "unknown_word"),
        ]
    );
    assert!(errors.errors[0].zh.contains("示范村"));
    let errors = bad_roster("name,role,group,form\na,boss,1,\nb,observer,1,long\n");
    assert_eq!(
        places(&errors),
        [
            (2, "role", "B", "unknown_role"),
            (3, "form", "D", "unknown_word")
        ]
    );
    let csv = "code,name,level\n640422,西吉县,state\n";
    let errors = divisions(csv.as_bytes(), Format::Csv).unwrap_err();
    assert_eq!(places(&errors), [(2, "level", "C", "unknown_word")]);
}

#[test]
fn numbers_and_codes_that_are_none_are_named() {
    let head = "kind,name,township_code,slot,group,order,lat,lon\n";
    let errors = bad_sites(&format!(
        "{head}street,a,640422215,0,1.5,-1,91,181\nstreet,b,640422215,,1001,x,,105.7\n"
    ));
    assert_eq!(
        places(&errors),
        [
            (2, "group", "E", "bad_number"),
            (2, "slot", "D", "bad_number"),
            (2, "order", "F", "bad_number"),
            (2, "lat", "G", "bad_number"),
            (2, "lon", "H", "bad_number"),
            (3, "group", "E", "bad_number"),
            (3, "order", "F", "bad_number"),
            (3, "lat", "G", "required"),
        ]
    );
    let csv = "code,name\n6.40422E+11,某村\n64042,某县\n64042x,某县\n";
    let errors = divisions(csv.as_bytes(), Format::Csv).unwrap_err();
    assert_eq!(
        places(&errors).iter().map(|e| e.3).collect::<Vec<_>>(),
        ["bad_code"; 3]
    );
    assert!(errors.errors[0].zh.contains("文本"));
    assert!(!errors.errors[1].zh.contains("文本"));
}

#[test]
fn texts_longer_than_the_schema_keeps_are_refused_and_the_longest_is_taken() {
    let at = |n: usize| {
        format!(
            "kind,name,township_code\nstreet,{},640422215\n",
            "长".repeat(n)
        )
    };
    assert_eq!(places(&bad_sites(&at(101))), [(2, "name", "B", "too_long")]);
    let rows = sites(at(100).as_bytes(), Format::Csv, &tour()).unwrap();
    // What is taken must fit the record it goes into.
    let kind = domain::schema::kind("site").unwrap();
    let field = domain::schema::field(kind, "name").unwrap();
    assert_eq!(
        field.ty,
        domain::schema::FieldType::Text(rows[0].name.chars().count())
    );
}

#[test]
fn what_a_kind_of_site_needs_or_cannot_have_is_named() {
    let head = "kind,name,township_code,village_code,town_kind,slot\n";
    let errors = bad_sites(&format!(
        "{head}town_site,a,640422215,,,\nstreet,b,,,road,\ndemonstration_village,c,640422215,,,\n\
         demonstration_village,随机村,640422215,,,1\n"
    ));
    assert_eq!(
        places(&errors),
        [
            (2, "town_kind", "E", "required"),
            (2, "township_code", "C", "not_allowed"),
            (3, "town_kind", "E", "not_allowed"),
            (3, "township_code", "C", "required"),
            (4, "village_code", "D", "required"),
        ]
    );
    let errors = bad_roster("name,role\n观摩员01,observer\n,\n督查室01,督查室\n");
    assert_eq!(places(&errors), [(2, "group", "-", "required")]);
}

#[test]
fn bytes_of_no_known_encoding_are_refused_with_what_to_do() {
    let utf16_without_mark: Vec<u8> = "name".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [&b"\xff\xff,\xff"[..], &utf16_without_mark] {
        let errors = roster(bytes, Format::Csv, &tour()).unwrap_err();
        assert_eq!(places(&errors), [(0, "-", "-", "unknown_encoding")]);
        assert!(errors.errors[0].zh.contains("另存为"));
    }
}

#[test]
fn files_that_are_no_table_empty_or_too_big_are_refused() {
    let code = |bytes: &[u8], format| {
        let errors = roster(bytes, format, &tour()).unwrap_err();
        assert_eq!(errors.len(), 1);
        errors.errors[0].code
    };
    assert_eq!(code(b"", Format::Csv), "empty");
    assert_eq!(code("名称,角色\n".as_bytes(), Format::Csv), "empty");
    assert_eq!(code(b"[]", Format::Json), "empty");
    assert_eq!(code(b"[{]", Format::Json), "malformed");
    assert_eq!(code(b"7", Format::Json), "malformed");
    assert_eq!(code(b"{\"people\":[]}", Format::Json), "malformed");
    assert_eq!(code(&vec![b'x'; MAX_BYTES + 1], Format::Csv), "too_large");
    let people = |n: usize| {
        let rows: String = (0..n).map(|i| format!("督查室{i},supervisor\n")).collect();
        format!("name,role\n{rows}")
    };
    let most = roster(people(MAX_ROWS).as_bytes(), Format::Csv, &tour()).unwrap();
    assert_eq!(most.len(), MAX_ROWS);
    assert_eq!(
        code(people(MAX_ROWS + 1).as_bytes(), Format::Csv),
        "too_many_rows"
    );
}

#[test]
fn the_last_error_that_fits_is_kept_and_the_rest_is_counted() {
    let csv = |n| format!("name,role\n{}", "a,boss\n".repeat(n));
    // Every row but the first is also a duplicate.
    let errors = bad_roster(&csv(100));
    assert_eq!((errors.errors.len(), errors.more), (199, 0));
    let errors = bad_roster(&csv(110));
    assert_eq!(
        (errors.errors.len(), errors.more, errors.len()),
        (MAX_ERRORS, 19, 219)
    );
    assert!(errors.to_string().ends_with("and 19 more"));
}

#[test]
fn the_published_divisions_import_whole_and_a_list_of_codes_and_names_gives_the_same() {
    let file = include_bytes!("../../domain/data/xiji-divisions.json");
    let rows = divisions(file, Format::Json).unwrap();
    assert_eq!(rows.len(), county().len());
    let all: Vec<_> = county().iter().cloned().collect();
    assert_eq!(Divisions::new(rows.clone()).unwrap(), county());
    let csv: String = all
        .iter()
        .map(|d| {
            format!(
                "{},{},{}\n",
                d.code,
                d.name,
                d.short_name.as_deref().unwrap_or("")
            )
        })
        .collect();
    let from_codes = divisions(format!("代码,名称,简称\n{csv}").as_bytes(), Format::Csv).unwrap();
    assert_eq!(Divisions::new(from_codes).unwrap(), county());
}

#[test]
fn a_list_of_divisions_that_does_not_hold_together_is_refused_at_its_row() {
    let at = |csv: &str| {
        let errors = divisions(csv.as_bytes(), Format::Csv).unwrap_err();
        let first = &errors.errors[0];
        (first.row.unwrap_or_default(), first.code)
    };
    assert_eq!(
        at("code,name,parent\n640422,西吉县,\n640422215,火石寨乡,640423\n"),
        (3, "unknown_division")
    );
    assert_eq!(
        at("code,name\n640422,西吉县\n640423215,某乡\n"),
        (3, "no_parent")
    );
    assert_eq!(
        at("code,name,level\n640422,西吉县,\n640422215,火石寨乡,村\n"),
        (3, "bad_code")
    );
    assert_eq!(
        at("code,name,parent\n640422,甲县,\n640423,乙县,\n640422215,火石寨乡,640423\n"),
        (4, "wrong_parent")
    );
}

#[test]
fn the_roster_knows_every_role_by_id_and_by_chinese_name() {
    for (id, names) in ROLES {
        for word in std::iter::once(id).chain(*names) {
            let csv = format!("名称,角色,组别\n某人,{word},2\n");
            let rows = roster(csv.as_bytes(), Format::Csv, &tour()).unwrap();
            assert_eq!(rows[0].role, *id);
            assert_eq!(rows[0].group, Some(2));
        }
    }
}
