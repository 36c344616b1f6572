//! Values as bytes: a subset of CBOR (RFC 8949).
//!
//! Null, booleans, integers, text, byte strings, tag 37 for ids, definite arrays. This is how the registers store a
//! value, and what a segment's columns are shredded from.
//! Invariant: one value has one encoding, so equal bytes mean equal values.

use merge::Value;
use minicbor::data::{Tag, Type};
use minicbor::{Decoder, Encoder};
use uuid::Uuid;

use crate::{cbor, limits};

/// CBOR tag of a UUID.
pub(crate) const TAG_UUID: u64 = 37;

/// Bytes that are no value.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a value: {0}")]
pub struct ValueError(pub String);

impl From<minicbor::decode::Error> for ValueError {
    fn from(e: minicbor::decode::Error) -> Self {
        ValueError(e.to_string())
    }
}

/// Appends the encoding of `value` to `out`.
pub fn encode_into(value: &Value, out: &mut Vec<u8>) {
    let mut e = Encoder::new(out);
    write(value, &mut e);
}

fn write(value: &Value, e: &mut Encoder<&mut Vec<u8>>) {
    // Writing to a Vec cannot fail.
    let _ = match value {
        Value::Null => e.null().map(drop),
        Value::Bool(b) => e.bool(*b).map(drop),
        Value::Int(i) => e.i64(*i).map(drop),
        Value::Text(s) => e.str(s).map(drop),
        Value::Bytes(b) => e.bytes(b).map(drop),
        Value::Id(id) => e
            .tag(Tag::new(TAG_UUID))
            .and_then(|e| e.bytes(id.as_bytes()))
            .map(drop),
        Value::List(items) => e.array(items.len() as u64).map(drop),
    };
    if let Value::List(items) = value {
        for item in items {
            write(item, e);
        }
    }
}

/// The encoding of `value`.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode_into(value, &mut out);
    out
}

/// The value of `bytes`, which must be exactly one value in its one encoding.
pub fn decode(bytes: &[u8]) -> Result<Value, ValueError> {
    cbor::check(bytes).map_err(|e| ValueError(e.to_string()))?;
    read(&mut Decoder::new(bytes), 0)
}

fn read(d: &mut Decoder, depth: usize) -> Result<Value, ValueError> {
    Ok(match kind(d)? {
        Kind::Null => Value::Null,
        Kind::Bool(b) => Value::Bool(b),
        Kind::Int(i) => Value::Int(i),
        Kind::Text(s) => Value::Text(s.to_owned()),
        Kind::Bytes(b) => Value::Bytes(b.to_vec()),
        Kind::Id(id) => Value::Id(id),
        Kind::List(_) if depth == limits::VALUE_DEPTH => {
            return Err(ValueError("nested too deep".into()));
        }
        Kind::List(n) => {
            let mut items = Vec::with_capacity(n);
            for _ in 0..n {
                items.push(read(d, depth + 1)?);
            }
            Value::List(items)
        }
    })
}

/// One step of a walk over encoded bytes.
pub(crate) enum Kind<'b> {
    Null,
    Bool(bool),
    Int(i64),
    Text(&'b str),
    Bytes(&'b [u8]),
    Id(Uuid),
    /// A list of so many values, which follow.
    List(usize),
}

/// Reads the next scalar or the head of a list.
pub(crate) fn kind<'b>(d: &mut Decoder<'b>) -> Result<Kind<'b>, ValueError> {
    Ok(match d.datatype()? {
        Type::Null => {
            d.null()?;
            Kind::Null
        }
        Type::Bool => Kind::Bool(d.bool()?),
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64 => Kind::Int(d.i64()?),
        Type::String => Kind::Text(d.str()?),
        Type::Bytes => Kind::Bytes(d.bytes()?),
        Type::Tag => {
            if d.tag()?.as_u64() != TAG_UUID {
                return Err(ValueError("unknown tag".into()));
            }
            let bytes = d.bytes()?;
            Kind::Id(Uuid::from_slice(bytes).map_err(|_| ValueError("an id has 16 bytes".into()))?)
        }
        Type::Array => {
            let n = d
                .array()?
                .ok_or_else(|| ValueError("indefinite list".into()))?;
            if n > limits::LIST_ITEMS as u64 {
                return Err(ValueError("list too long".into()));
            }
            Kind::List(n as usize)
        }
        other => return Err(ValueError(format!("{other:?} is not used"))),
    })
}
