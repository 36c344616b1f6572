//! Checklists from JSON files and from tables.
//!
//! Leaves out: every rule of a checklist, which the domain tests.

use documents::import::*;
use domain::{SiteKind, TownKind};

const HEAD: &str = "评分表代码,版本,评分表名称,点位类型,县城点位类型,项目编号,部分,评分项目,计分方式,分值,步长,每处扣分,拍照要求,可不适用,问题类别\n";

fn table() -> String {
    format!(
        "{HEAD}town,1,县城点位评分表,县城点位,,T-1,清,无暴露垃圾,扣分,40,,2,扣分需拍照,,暴露垃圾\n\
         ,,,,,T-2,管,有人管护,打分,40,0.5,,可拍照,是,bin\n\
         ,,,,市场,M-1,整,摊位整齐,是否,20,,,不拍照,,bin\n\
         ,,,,道路广场,R-1,整,停车有序,打分,20,1,,不拍照,,bin\n"
    )
}

#[test]
fn a_table_becomes_a_checklist_with_sums_and_modules() {
    let files = checklist(table().as_bytes(), Format::Csv).unwrap();
    let list = &files[0].checklist;
    assert_eq!((list.code.as_str(), list.version), ("town", 1));
    assert_eq!(list.site_kind, Some(SiteKind::TownSite));
    assert_eq!(list.modules.len(), 2);
    let market = list
        .for_site(SiteKind::TownSite, Some(TownKind::Market))
        .unwrap();
    assert_eq!(market.total_e4, 1_000_000);
    assert_eq!(market.items.len(), 3);
    assert_eq!(market.sections.len(), 3);
    // What is kept reads back to the same.
    let again = checklist(files[0].body.as_bytes(), Format::Json).unwrap();
    assert_eq!(again[0].checklist, *list);
}

fn errors(csv: &str) -> Vec<(usize, String, &'static str)> {
    let errors = checklist(csv.as_bytes(), Format::Csv).unwrap_err();
    let place = |e: ImportError| {
        (
            e.row.unwrap_or_default(),
            e.column.unwrap_or_default(),
            e.code,
        )
    };
    errors.errors.into_iter().map(place).collect()
}

#[test]
fn what_is_wrong_in_a_table_is_named_by_cell() {
    let csv = format!(
        "{HEAD},0,表,村,,A-1,清,甲,打分,10,,,可拍照,,bin\n\
         x,1,表,街道,电影院,A-1,扫,乙,猜,1001,0.00001,,也许,,nonsense\n\
         ,,,,,,清,,扣分,,,-1,可拍照,,bin\n"
    );
    let at = |row, column: &str, code| (row, column.to_owned(), code);
    assert_eq!(
        errors(&csv),
        [
            at(2, "评分表代码", "required"),
            at(2, "版本", "bad_number"),
            at(2, "点位类型", "unknown_kind"),
            at(3, "评分表代码", "not_the_same"),
            at(3, "版本", "not_the_same"),
            at(3, "点位类型", "not_the_same"),
            at(3, "项目编号", "duplicate"),
            at(3, "县城点位类型", "unknown_word"),
            at(3, "部分", "unknown_word"),
            at(3, "计分方式", "unknown_word"),
            at(3, "拍照要求", "unknown_word"),
            at(3, "问题类别", "unknown_word"),
            at(3, "分值", "bad_number"),
            at(3, "步长", "bad_number"),
            at(4, "项目编号", "required"),
            at(4, "分值", "required"),
            at(4, "评分项目", "required"),
            at(4, "每处扣分", "bad_number"),
        ]
    );
}

#[test]
fn a_rule_between_cells_is_named_at_the_items_row() {
    let csv = table().replace("40,0.5,", "40,0.7,");
    assert_eq!(errors(&csv), [(3, String::new(), "step_does_not_divide")]);
    // As a code not too long, but the name of an answer no segment carries.
    let csv = table().replace("T-2", &"项".repeat(40));
    assert_eq!(errors(&csv), [(3, String::new(), "bad_id")]);
    // The modules give different totals.
    let csv = table().replace("打分,20,1,", "打分,21,1,");
    assert_eq!(errors(&csv)[0].2, "total_sum");
}

#[test]
fn the_published_checklists_import_alone_and_as_a_list() {
    let mut all = vec![];
    for (code, text) in domain::builtin::CHECKLIST_FILES {
        let files = checklist(text.as_bytes(), Format::Json).unwrap();
        assert_eq!(files[0].checklist.code, *code);
        assert_eq!(files[0].body, *text);
        all.push(serde_json::from_str::<serde_json::Value>(text).unwrap());
    }
    let list = serde_json::to_vec(&all).unwrap();
    assert_eq!(checklist(&list, Format::Json).unwrap().len(), all.len());
    all.push(all[0].clone());
    let list = serde_json::to_vec(&all).unwrap();
    let errors = checklist(&list, Format::Json).unwrap_err();
    assert_eq!(
        (errors.errors[0].row, errors.errors[0].code),
        (Some(6), "duplicate")
    );
}

#[test]
fn a_broken_json_checklist_is_named_by_its_item() {
    let (_, text) = domain::builtin::CHECKLIST_FILES[0];
    let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
    let id = value["items"][2]["id"].as_str().unwrap().to_owned();
    value["items"][2]["photo"] = "perhaps".into();
    let errors = checklist(value.to_string().as_bytes(), Format::Json).unwrap_err();
    let first = &errors.errors[0];
    assert_eq!((first.row, first.code), (Some(3), "unknown_word"));
    assert_eq!(first.column.as_deref(), Some(id.as_str()));
    let code = |bytes: &[u8]| checklist(bytes, Format::Json).unwrap_err().errors[0].code;
    assert_eq!(code(b"{}"), "malformed");
    assert_eq!(code(b"nonsense"), "malformed");
    assert_eq!(code(b"[]"), "empty");
}
