//! Texts: audit.

use std::fmt::Display;

use crate::i18n::Lang;

messages! {
    audit_whole = "审计链完整，未被改动。", "The audit chain is whole.";
    audit_broken(id) = "审计链在第 {id} 条不符，记录可能被改动。", "The audit chain does not fit at entry {id}: it may have been altered.";
    audit_from = "自", "From";
    audit_to = "至", "To";
    audit_any = "全部", "All";
    audit_filter = "筛选", "Filter";
    audit_check_all = "重新校验整条链", "Check the whole chain again";
    audit_export_csv = "导出 CSV", "Export as CSV";
    audit_export_jsonl = "导出 JSONL", "Export as JSONL";
    audit_empty = "还没有审计记录", "No audit entries yet";
    audit_none_match = "没有符合条件的审计记录", "No matching entries";
    time_head = "时间", "Time";
    action = "操作", "Action";
    object = "对象", "Object";
    outcome = "结果", "Outcome";
    detail = "说明", "Detail";
    done = "成功", "Done";
    refused_word = "拒绝", "Refused";
}
