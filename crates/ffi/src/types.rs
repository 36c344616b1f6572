//! What crosses in another form than the core has it: ids and dots as text, pairs as records, stored values as an enum.
//!
//! Invariant: nothing is lost either way. Leaves out: everything that crosses as it is (`mirror`).

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

pub use mobile_core::Dot;
pub use mobile_core::Value;
use mobile_core::{PhotoState, Refusal, Sibling, dot_text, parse_dot};
use uuid::Uuid;

use crate::error::PhoneError;

uniffi::custom_type!(Uuid, String, {
    remote,
    lower: |id| id.to_string(),
    try_lift: |text| Uuid::try_parse(&text).map_err(|e| PhoneError::bad_argument("id", e).into()),
});

// The name of a change: `device/scope/epoch/branch/seq`.
uniffi::custom_type!(Dot, String, {
    remote,
    lower: |dot| dot_text(&dot),
    try_lift: |text| parse_dot(&text)
        .ok_or_else(|| PhoneError::from(mobile_core::Error::from(Refusal::NotShown)).into()),
});

// Counts of things in memory.
uniffi::custom_type!(usize, u64, {
    remote,
    lower: |count| count as u64,
    try_lift: |count| usize::try_from(count).map_err(|e| PhoneError::bad_argument("count", e).into()),
});

// A place in the file system, for people.
uniffi::custom_type!(PathBuf, String, {
    remote,
    lower: |path| path.display().to_string(),
    try_lift: |path| Ok(PathBuf::from(path)),
});

uniffi::custom_type!(Value, FieldValue, {
    remote,
    lower: |value| FieldValue::from(value),
    try_lift: |value| Ok(Value::from(value)),
});

/// A stored value. (Not the core's names: `List` and `Nothing` are the languages' own.)
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum FieldValue {
    /// Nothing.
    Empty,
    /// True or false.
    Truth(bool),
    /// An integer.
    Number(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Data(Vec<u8>),
    /// A record.
    Record(Uuid),
    /// Several values in fixed positions.
    Several(Vec<FieldValue>),
}

impl From<Value> for FieldValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::Bool(b) => Self::Truth(b),
            Value::Int(n) => Self::Number(n),
            Value::Text(s) => Self::Text(s),
            Value::Bytes(b) => Self::Data(b),
            Value::Id(id) => Self::Record(id),
            Value::List(items) => Self::Several(items.into_iter().map(Self::from).collect()),
        }
    }
}

impl From<FieldValue> for Value {
    fn from(value: FieldValue) -> Self {
        match value {
            FieldValue::Empty => Self::Null,
            FieldValue::Truth(b) => Self::Bool(b),
            FieldValue::Number(n) => Self::Int(n),
            FieldValue::Text(s) => Self::Text(s),
            FieldValue::Data(b) => Self::Bytes(b),
            FieldValue::Record(id) => Self::Id(id),
            FieldValue::Several(items) => Self::List(items.into_iter().map(Self::from).collect()),
        }
    }
}

/// Makes a pair or triple of the core's cross as a record with names.
macro_rules! named {
    ($(#[$doc:meta])* $alias:ident = ($($type:ty),*) as $record:ident { $($(#[$fdoc:meta])* $field:ident: $ftype:ty,)* }) => {
        pub(crate) type $alias = ($($type,)*);

        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
        pub struct $record { $($(#[$fdoc])* pub $field: $ftype,)* }

        uniffi::custom_type!($alias, $record, {
            remote,
            lower: |pair| { let ($($field,)*) = pair; $record { $($field,)* } },
            try_lift: |record| { let $record { $($field,)* } = record; Ok(($($field,)*)) },
        });
    };
}

named! {
    /// A checklist by name.
    ChecklistName = (String, u32, String) as NamedChecklist {
        /// Code.
        code: String,
        /// Version.
        version: u32,
        /// Title.
        title: String,
    }
}

named! {
    /// A checklist in one of its versions.
    ChecklistVersion = (String, u32) as VersionedChecklist {
        /// Code.
        code: String,
        /// Version.
        version: u32,
    }
}

named! {
    /// First and last day, `YYYY-MM-DD`, Asia/Shanghai.
    Dates = (String, String) as DateRange {
        /// First day.
        first: String,
        /// Last day.
        last: String,
    }
}

named! {
    /// What a photo belongs to.
    TargetName = (String, Uuid) as TargetRecord {
        /// `sheet`, `issue`, `opinion` or `commendation`.
        kind: String,
        /// The record.
        id: Uuid,
    }
}

named! {
    /// A photo and where it stands.
    PhotoStanding = (Uuid, PhotoState) as PhotoStatus {
        /// The photo.
        id: Uuid,
        /// Where it stands.
        state: PhotoState,
    }
}

named! {
    /// A picture's size.
    PixelSize = (i64, i64) as Pixels {
        /// Pixels across.
        width: i64,
        /// Pixels down.
        height: i64,
    }
}

pub(crate) type TextByField = BTreeMap<String, String>;

uniffi::custom_type!(TextByField, HashMap<String, String>, {
    remote,
    lower: |map| map.into_iter().collect::<HashMap<_, _>>(),
    try_lift: |map| Ok(map.into_iter().collect()),
});

pub(crate) type SiblingsByField = BTreeMap<String, Vec<Sibling>>;

uniffi::custom_type!(SiblingsByField, HashMap<String, Vec<Sibling>>, {
    remote,
    lower: |map| map.into_iter().collect::<HashMap<_, _>>(),
    try_lift: |map| Ok(map.into_iter().collect()),
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_value_comes_back_as_it_was() {
        let id = Uuid::from_u128(7);
        let value = Value::List(vec![
            Value::Null,
            Value::Bool(true),
            Value::Int(-3),
            Value::Text("沙岗村".into()),
            Value::Bytes(vec![0, 255]),
            Value::List(vec![Value::Id(id)]),
        ]);
        assert_eq!(Value::from(FieldValue::from(value.clone())), value);
    }
}
