//! Texts: taking tables out.

use crate::i18n::Lang;

messages! {
    export_records = "导出记录", "Export records";
    export_answers = "导出逐项评分", "Export answers";
    export_results = "导出结果表", "Export results";
    export_ledger = "导出台账", "Export ledger";
}
