//! A segment as JSON, for people and for other implementations to compare with.
//!
//! Invariant: everything a segment says is shown, nothing is judged: neither signature nor chain is checked against
//! anything. The form is that of the golden vectors in `tests/conformance`. Leaves out: the encoding's own choices (which
//! columns were compressed and how).

use merge::{LogId, Value};
use serde_json::{Value as Json, json};

use crate::chain::SignedSegment;
use crate::segment::{SegmentError, decode};
use crate::{Batch, value};

/// All a segment says: `header`, `prev_chain`, `chain`, `signature`, `changes`. Numbers of 64 bits that are only names
/// (epoch, branch) are decimal text, bytes are hexadecimal digits, times are milliseconds UTC.
///
/// # Errors
/// What [`SignedSegment::header`] and [`decode`] refuse.
pub fn segment(signed: &SignedSegment) -> Result<Json, SegmentError> {
    let header = signed.header()?;
    let own = header.log();
    let batch = decode(&signed.payload, &own, header.count)?;
    Ok(json!({
        "header": {
            "version": header.version,
            "algorithm": header.algorithm,
            "device": own.device,
            "scope": own.scope,
            "epoch": own.epoch.to_string(),
            "first_seq": header.first_seq,
            "count": header.count,
            "schema": header.schema,
            "seen_seq": header.seen_seq,
            "seen_chain": hex::encode(&header.seen_chain),
        },
        "prev_chain": hex::encode(signed.prev_chain),
        "chain": hex::encode(signed.chain()),
        "signature": hex::encode(signed.signature),
        "changes": changes(&batch, own, header.first_seq)?,
    }))
}

fn changes(batch: &Batch, own: LogId, first_seq: u64) -> Result<Vec<Json>, SegmentError> {
    let dot = |(index, seq): &(u32, u64)| {
        let log = batch.log(own, *index);
        let (epoch, branch) = (log.epoch.to_string(), log.branch.to_string());
        json!({ "device": log.device, "epoch": epoch, "branch": branch, "seq": seq })
    };
    let change = |(row, seq): (&crate::Row, u64)| {
        let value =
            value::decode(batch.value(row)).map_err(|e| SegmentError::Framing(e.to_string()))?;
        Ok(json!({
            "seq": seq,
            "kind": batch.kind(row.record),
            "record": batch.records[row.record as usize].1,
            "field": batch.fields[row.field as usize],
            "at_ms": row.at_ms,
            "value": plain(&value),
            "supersedes": batch.superseded(row).iter().map(dot).collect::<Vec<_>>(),
        }))
    };
    batch.rows.iter().zip(first_seq..).map(change).collect()
}

/// A value as JSON: null, true, false, numbers, text and lists as they are, `{"bytes": hex}` and `{"id": id}`.
pub fn plain(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => json!(b),
        Value::Int(i) => json!(i),
        Value::Text(s) => json!(s),
        Value::Bytes(b) => json!({ "bytes": hex::encode(b) }),
        Value::Id(id) => json!({ "id": id }),
        Value::List(items) => items.iter().map(plain).collect(),
    }
}
