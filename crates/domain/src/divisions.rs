//! Administrative divisions, keyed by statistical code.
//!
//! Invariant: codes are unique and of the length of their level; a parent is listed, one level up, and a prefix.
//! Names are not unique (two villages of the county share one): nothing is looked up by name.
//! Leaves out: natural villages and village groups, which the published codes do not have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Level of a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 省、自治区
    Province,
    /// 市
    Prefecture,
    /// 县
    County,
    /// 镇
    Town,
    /// 乡
    Township,
    /// 村委会
    Village,
    /// 居委会
    Community,
}

impl Level {
    /// Digits of a code.
    pub fn digits(self) -> usize {
        match self {
            Self::Province => 2,
            Self::Prefecture => 4,
            Self::County => 6,
            Self::Town | Self::Township => 9,
            Self::Village | Self::Community => 12,
        }
    }

    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Prefecture => "prefecture",
            Self::County => "county",
            Self::Town => "town",
            Self::Township => "township",
            Self::Village => "village",
            Self::Community => "community",
        }
    }

    /// From the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        use Level::*;
        let all = [
            Province, Prefecture, County, Town, Township, Village, Community,
        ];
        all.into_iter().find(|level| level.word() == word)
    }

    /// True for towns (镇) and townships (乡), which the tour compares.
    pub fn is_township(self) -> bool {
        matches!(self, Self::Town | Self::Township)
    }
}

/// One division.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Division {
    /// Statistical code.
    pub code: String,
    /// Full name.
    pub name: String,
    /// Name without 委会, if the source gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_name: Option<String>,
    /// Code of the division above; none at the top of the list.
    pub parent: Option<String>,
    /// Level.
    pub level: Level,
}

impl Division {
    /// The short name, else the name.
    pub fn label(&self) -> &str {
        self.short_name.as_deref().unwrap_or(&self.name)
    }
}

/// What is wrong with a list of divisions.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the field is the code of the division")]
pub enum DivisionError {
    /// Not JSON of the expected form.
    #[error("not a list of divisions: {detail}")]
    Malformed { detail: String },
    /// Not digits, or not as many as the level has.
    #[error("division {code}: the code must be {digits} digits")]
    BadCode { code: String, digits: usize },
    /// No name.
    #[error("division {code} has no name")]
    NoName { code: String },
    /// Listed twice.
    #[error("division {code} is listed twice")]
    Duplicate { code: String },
    /// The parent is not listed.
    #[error("division {code}: parent {parent} is not listed")]
    UnknownParent { code: String, parent: String },
    /// The parent is not the next code up.
    #[error("division {code}: {parent} cannot be its parent")]
    WrongParent { code: String, parent: String },
    /// Only a top division may have no parent, and a village is none.
    #[error("division {code} needs a parent")]
    NoParent { code: String },
}

impl DivisionError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "malformed",
            Self::BadCode { .. } => "bad_code",
            Self::NoName { .. } => "no_name",
            Self::Duplicate { .. } => "duplicate",
            Self::UnknownParent { .. } => "unknown_parent",
            Self::WrongParent { .. } => "wrong_parent",
            Self::NoParent { .. } => "no_parent",
        }
    }

    /// The message in Chinese.
    pub fn message_zh(&self) -> String {
        match self {
            Self::Malformed { detail } => format!("不是区划表：{detail}"),
            Self::BadCode { code, digits } => format!("区划 {code}：代码应为 {digits} 位数字"),
            Self::NoName { code } => format!("区划 {code} 没有名称"),
            Self::Duplicate { code } => format!("区划 {code} 重复"),
            Self::UnknownParent { code, parent } => format!("区划 {code}：上级 {parent} 不在表中"),
            Self::WrongParent { code, parent } => format!("区划 {code}：{parent} 不能是它的上级"),
            Self::NoParent { code } => format!("区划 {code} 缺少上级"),
        }
    }
}

/// A checked list of divisions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Divisions(BTreeMap<String, Division>);

impl Divisions {
    /// Checks a list.
    ///
    /// # Errors
    /// The first division that breaks a rule, by code.
    pub fn new(units: impl IntoIterator<Item = Division>) -> Result<Self, DivisionError> {
        let mut all = BTreeMap::new();
        for unit in units {
            check_code(&unit)?;
            let code = unit.code.clone();
            if all.insert(code.clone(), unit).is_some() {
                return Err(DivisionError::Duplicate { code });
            }
        }
        all.values().try_for_each(|unit| check_parent(unit, &all))?;
        Ok(Self(all))
    }

    /// Reads `{"units": […]}` or a bare list.
    ///
    /// # Errors
    /// `Malformed`, and those of `new`.
    pub fn parse(json: &str) -> Result<Self, DivisionError> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum File {
            Object { units: Vec<Division> },
            List(Vec<Division>),
        }
        let file = serde_json::from_str(json).map_err(|e| DivisionError::Malformed {
            detail: e.to_string(),
        })?;
        match file {
            File::Object { units } | File::List(units) => Self::new(units),
        }
    }

    /// A division.
    pub fn get(&self, code: &str) -> Option<&Division> {
        self.0.get(code)
    }

    /// All, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Division> {
        self.0.values()
    }

    /// Number of divisions.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Towns and townships, by code.
    pub fn townships(&self) -> impl Iterator<Item = &Division> {
        self.iter().filter(|d| d.level.is_township())
    }

    /// Villages and communities of a township, by code.
    pub fn villages_of(&self, township: &str) -> impl Iterator<Item = &Division> {
        self.iter()
            .filter(move |d| d.parent.as_deref() == Some(township))
    }
}

fn check_code(unit: &Division) -> Result<(), DivisionError> {
    let (code, digits) = (unit.code.clone(), unit.level.digits());
    if code.len() != digits || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DivisionError::BadCode { code, digits });
    }
    if unit.name.trim().is_empty() {
        return Err(DivisionError::NoName { code });
    }
    Ok(())
}

fn check_parent(unit: &Division, all: &BTreeMap<String, Division>) -> Result<(), DivisionError> {
    let code = unit.code.clone();
    let Some(parent) = unit.parent.clone() else {
        let top = unit.level <= Level::County;
        return if top {
            Ok(())
        } else {
            Err(DivisionError::NoParent { code })
        };
    };
    let Some(above) = all.get(&parent) else {
        return Err(DivisionError::UnknownParent { code, parent });
    };
    let next_up = match unit.level {
        Level::Province => None,
        Level::Prefecture => Some(2),
        Level::County => Some(4),
        Level::Town | Level::Township => Some(6),
        Level::Village | Level::Community => Some(9),
    };
    if next_up != Some(above.level.digits()) || !code.starts_with(&parent) {
        return Err(DivisionError::WrongParent { code, parent });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(code: &str, parent: Option<&str>, level: Level) -> Division {
        let parent = parent.map(str::to_owned);
        Division {
            code: code.into(),
            name: "某地".into(),
            short_name: None,
            parent,
            level,
        }
    }

    fn county() -> Vec<Division> {
        vec![
            unit("640422", None, Level::County),
            unit("640422215", Some("640422"), Level::Township),
            unit("640422215208", Some("640422215"), Level::Village),
        ]
    }

    fn error(extra: Division) -> &'static str {
        let mut units = county();
        units.push(extra);
        Divisions::new(units).unwrap_err().code()
    }

    #[test]
    fn broken_lists_are_refused_by_name() {
        assert_eq!(
            error(unit("6404222152", Some("640422215"), Level::Village)),
            "bad_code"
        );
        assert_eq!(
            error(unit("64042221520x", Some("640422215"), Level::Village)),
            "bad_code"
        );
        assert_eq!(
            error(unit("640422215208", Some("640422215"), Level::Village)),
            "duplicate"
        );
        assert_eq!(
            error(unit("640422299200", Some("640422299"), Level::Village)),
            "unknown_parent"
        );
        assert_eq!(
            error(unit("640422100200", Some("640422215"), Level::Village)),
            "wrong_parent"
        );
        assert_eq!(
            error(unit("640422215209", Some("640422"), Level::Village)),
            "wrong_parent"
        );
        assert_eq!(
            error(unit("640422215209", None, Level::Village)),
            "no_parent"
        );
        let mut nameless = unit("640422215209", Some("640422215"), Level::Village);
        nameless.name = " ".into();
        assert_eq!(error(nameless), "no_name");
        assert_eq!(Divisions::parse("{}").unwrap_err().code(), "malformed");
    }

    #[test]
    fn a_bare_list_and_an_object_read_the_same() {
        let list = serde_json::to_string(&county()).unwrap();
        let object = format!("{{\"meta\":{{}},\"units\":{list}}}");
        assert_eq!(
            Divisions::parse(&list).unwrap(),
            Divisions::parse(&object).unwrap()
        );
    }
}
