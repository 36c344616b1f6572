//! What can be wrong with an imported table.
//!
//! Invariant: `code` is stable; every error says where it is and, in Chinese and English, what to do about it.
//! Leaves out: how errors are shown.

use std::fmt;

use domain::checklist::ChecklistError;
use domain::divisions::DivisionError;
use serde::Serialize;
use thiserror::Error;

/// Errors kept; the rest is counted.
pub const MAX_ERRORS: usize = 200;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportError {
    /// Sheet of the workbook; none in CSV and JSON.
    pub sheet: Option<String>,
    /// The cell as a spreadsheet calls it: `C12`; none if the error is not about one.
    pub cell: Option<String>,
    /// Row as a spreadsheet numbers it: the header is row 1. In JSON the entry's place in the list, from 1.
    pub row: Option<usize>,
    /// Name of the column as the file has it.
    pub column: Option<String>,
    /// Letter of the column in a spreadsheet: `A`, `B`, … `AA`. None in JSON.
    pub letter: Option<String>,
    /// Stable code.
    pub code: &'static str,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// All that is wrong; nothing was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Error, Serialize)]
pub struct ImportErrors {
    /// The first `MAX_ERRORS`, in order of rows.
    pub errors: Vec<ImportError>,
    /// How many more there are.
    pub more: usize,
}

impl ImportErrors {
    pub(super) fn push(&mut self, error: ImportError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        } else {
            self.more += 1;
        }
    }

    /// An error about the file as a whole.
    pub(super) fn of_file(problem: &Problem) -> Self {
        let mut errors = Self::default();
        errors.push(problem.at(None, None, None));
        errors
    }

    /// Number of errors, counted and kept.
    pub fn len(&self) -> usize {
        self.errors.len() + self.more
    }

    /// The same errors, said to be in this sheet.
    pub(super) fn in_sheet(mut self, sheet: Option<&str>) -> Self {
        for error in &mut self.errors {
            error.sheet = sheet.map(str::to_owned);
        }
        self
    }

    /// True if nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }
}

impl fmt::Display for ImportErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.errors.iter().enumerate() {
            let row = error.row.map_or("-".into(), |row| row.to_string());
            let column = error.column.as_deref().unwrap_or("-");
            let end = if n == 0 { "" } else { "\n" };
            let sheet = error.sheet.as_ref();
            let sheet = sheet.map_or(String::new(), |name| format!("sheet {name}, "));
            write!(
                f,
                "{end}{sheet}row {row}, column {column}: {} [{}]",
                error.en, error.code
            )?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

/// What is wrong at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what the message quotes")]
pub enum Problem {
    /// Neither UTF-8 nor GB18030 (GBK), nor UTF-16 with its mark.
    UnknownEncoding,
    /// A workbook with a password.
    Encrypted,
    /// A workbook of another kind than XLSX; `what` names it.
    OtherWorkbook { what: &'static str },
    /// Unpacks to more than `MAX_UNPACKED`, or has more than `MAX_PARTS` parts.
    Unpacked { max_mb: usize, max_parts: usize },
    /// Merged cells, by their ranges.
    Merged { ranges: String },
    /// Several sheets with something in them.
    SeveralSheets { names: String },
    /// A formula whose result the file does not have.
    FormulaWithoutValue,
    /// Not a table at all.
    Malformed { detail: String },
    /// More bytes than `MAX_BYTES`.
    TooLarge { max_bytes: usize },
    /// More rows than `MAX_ROWS`.
    TooManyRows { max: usize },
    /// No row below the header.
    Empty,
    /// A needed column is not there.
    MissingColumn { zh: &'static str, key: &'static str },
    /// A column nobody knows: perhaps a misspelt one, so it is not passed over.
    UnknownColumn { name: String },
    /// Two columns of one meaning.
    DuplicateColumn { name: String },
    /// A cell to the right of the last column.
    ExtraCell { text: String },
    /// A formula, or a failed one, instead of its result.
    Formula { text: String },
    /// Empty where something is needed.
    Required,
    /// A key that an earlier row has.
    Duplicate { value: String, first_row: usize },
    /// No such township; `meant` is the code of the one with that name.
    UnknownTownship { text: String, meant: Option<String> },
    /// No such village or community.
    UnknownVillage { text: String },
    /// The village is of another township.
    OutsideTownship { village: String, township: String },
    /// No such division.
    UnknownDivision { text: String },
    /// The township takes no part in the tour.
    NotInTour { township: String },
    /// No such tour group.
    UnknownGroup { number: i64 },
    /// The township is in another tour group.
    OtherGroup { number: i64, expected: i64 },
    /// The campaign has it already.
    AlreadyThere { value: String },
    /// Not a kind of site.
    UnknownKind { text: String, known: String },
    /// Not a kind of county-town site.
    UnknownTownKind { text: String, known: String },
    /// Not a role.
    UnknownRole { text: String },
    /// Another word than the known ones.
    UnknownWord { text: String, known: String },
    /// Not a whole number, or out of range.
    BadNumber { text: String, min: i64, max: i64 },
    /// Not a decimal, or out of range.
    BadDecimal { text: String, max: i64 },
    /// Not a number of points.
    BadPoints { text: String },
    /// Not a statistical code.
    BadCode { text: String, digits: &'static str },
    /// More characters than are kept.
    TooLong { max: usize },
    /// Filled in where it means nothing.
    NotAllowed { zh: &'static str, en: &'static str },
    /// Differs from the same cell of the first row.
    NotTheSame { first: String },
    /// What the list of divisions as a whole must keep.
    Division(DivisionError),
    /// What a checklist as a whole must keep.
    Checklist(ChecklistError),
}

impl Problem {
    pub(super) fn at(
        &self,
        row: Option<usize>,
        column: Option<String>,
        letter: Option<String>,
    ) -> ImportError {
        let cell = letter.as_ref().zip(row);
        ImportError {
            sheet: None,
            cell: cell.map(|(letter, row)| format!("{letter}{row}")),
            row,
            column,
            letter,
            code: self.code(),
            zh: self.zh(),
            en: self.en(),
        }
    }

    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownEncoding => "unknown_encoding",
            Self::Encrypted => "encrypted",
            Self::OtherWorkbook { .. } => "other_workbook",
            Self::Unpacked { .. } => "unpacked_too_large",
            Self::Merged { .. } => "merged_cells",
            Self::SeveralSheets { .. } => "several_sheets",
            Self::FormulaWithoutValue => "formula_without_value",
            Self::Malformed { .. } => "malformed",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyRows { .. } => "too_many_rows",
            Self::Empty => "empty",
            Self::MissingColumn { .. } => "missing_column",
            Self::UnknownColumn { .. } => "unknown_column",
            Self::DuplicateColumn { .. } => "duplicate_column",
            Self::ExtraCell { .. } => "extra_cell",
            Self::Formula { .. } => "formula",
            Self::Required => "required",
            Self::Duplicate { .. } => "duplicate",
            Self::UnknownTownship { .. } => "unknown_township",
            Self::UnknownVillage { .. } => "unknown_village",
            Self::OutsideTownship { .. } => "outside_township",
            Self::UnknownDivision { .. } => "unknown_division",
            Self::NotInTour { .. } => "not_in_tour",
            Self::UnknownGroup { .. } => "unknown_group",
            Self::OtherGroup { .. } => "other_group",
            Self::AlreadyThere { .. } => "already_there",
            Self::UnknownKind { .. } => "unknown_kind",
            Self::UnknownTownKind { .. } => "unknown_town_kind",
            Self::UnknownRole { .. } => "unknown_role",
            Self::UnknownWord { .. } => "unknown_word",
            Self::BadNumber { .. } | Self::BadDecimal { .. } | Self::BadPoints { .. } => {
                "bad_number"
            }
            Self::BadCode { .. } => "bad_code",
            Self::TooLong { .. } => "too_long",
            Self::NotAllowed { .. } => "not_allowed",
            Self::NotTheSame { .. } => "not_the_same",
            Self::Division(error) => error.code(),
            Self::Checklist(error) => error.code(),
        }
    }

    /// The message in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::UnknownEncoding => {
                "文件不是 UTF-8 或 GBK(GB18030)编码：请在表格软件中另存为 .xlsx 后重新导入".into()
            }
            Self::Encrypted => "工作簿有密码保护：请去掉密码，另存为 .xlsx 后重新导入".into(),
            Self::OtherWorkbook { what } => {
                format!("这是{what}文件：请在表格软件中另存为 .xlsx 后重新导入")
            }
            Self::Unpacked { max_mb, max_parts } => format!(
                "工作簿解开后超过 {max_mb} MB 或 {max_parts} 个部件：请只留要导入的表，另存为新的 .xlsx"
            ),
            Self::Merged { ranges } => {
                format!("有合并单元格 {ranges}：请取消合并，每格各填内容后重新导入")
            }
            Self::SeveralSheets { names } => {
                format!("有多张表 {names}：请只留要导入的一张(说明表除外，或隐藏其余各表)")
            }
            Self::FormulaWithoutValue => {
                "公式没有计算结果：请用表格软件打开并保存一次，或改为数值".into()
            }
            Self::Malformed { detail } => format!("文件无法识别：{detail}"),
            Self::TooLarge { max_bytes } => format!("文件超过 {} MB", max_bytes >> 20),
            Self::TooManyRows { max } => format!("超过 {max} 行，请分开导入"),
            Self::Empty => "表中没有数据行".into(),
            Self::MissingColumn { zh, key } => format!("缺少“{zh}”列({key})"),
            Self::UnknownColumn { name } => {
                format!("不认识的列“{name}”：请改为规定的列名，或删去此列")
            }
            Self::DuplicateColumn { name } => format!("“{name}”列重复"),
            Self::ExtraCell { text } => format!("表头之外多出内容“{text}”"),
            Self::Formula { text } => {
                format!("“{text}”是公式或公式错误：请在表格软件中改为数值或文字后重新导入")
            }
            Self::Required => "不能为空".into(),
            Self::Duplicate { value, first_row } => format!("“{value}”与第 {first_row} 行重复"),
            Self::UnknownTownship { text, meant } => match meant {
                Some(code) => format!("“{text}”应填乡镇代码 {code}"),
                None => format!("没有代码为“{text}”的乡镇"),
            },
            Self::UnknownVillage { text } => format!("没有代码为“{text}”的村(社区)"),
            Self::OutsideTownship { village, township } => {
                format!("村 {village} 不属于乡镇 {township}")
            }
            Self::UnknownDivision { text } => format!("区划中没有“{text}”"),
            Self::NotInTour { township } => format!("乡镇 {township} 未编入任何一组"),
            Self::UnknownGroup { number } => format!("没有第 {number} 组"),
            Self::OtherGroup { number, expected } => {
                format!("该乡镇由第 {expected} 组观摩，不是第 {number} 组")
            }
            Self::AlreadyThere { value } => format!("“{value}”已经有了"),
            Self::UnknownKind { text, known } => format!("点位类型“{text}”未知，应为：{known}"),
            Self::UnknownTownKind { text, known } => {
                format!("县城点位类型“{text}”未知，应为：{known}")
            }
            Self::UnknownRole { text } => format!("角色“{text}”未知"),
            Self::UnknownWord { text, known } => format!("“{text}”未知，应为：{known}"),
            Self::BadNumber { text, min, max } => {
                format!("“{text}”不是 {min} 到 {max} 的整数")
            }
            Self::BadDecimal { text, max } => {
                format!("“{text}”不是 -{max} 到 {max} 的小数(小数点后至多 7 位)")
            }
            Self::BadPoints { text } => {
                format!("“{text}”不是大于 0、不超过 1000、小数不超过四位的分数")
            }
            Self::BadCode { text, digits } => {
                let hint = if scientific(text) {
                    ";请先把该列设为“文本”格式再填写"
                } else {
                    ""
                };
                format!("“{text}”不是 {digits} 位数字代码{hint}")
            }
            Self::TooLong { max } => format!("超过 {max} 个字"),
            Self::NotAllowed { zh, .. } => (*zh).into(),
            Self::NotTheSame { first } => format!("与第一行的“{first}”不一致"),
            Self::Division(error) => error.message_zh(),
            Self::Checklist(error) => error.message_zh(),
        }
    }

    /// The message in English.
    pub fn en(&self) -> String {
        match self {
            Self::UnknownEncoding => {
                "the file is neither UTF-8 nor GBK (GB18030): save it as .xlsx and import it again".into()
            }
            Self::Encrypted => {
                "the workbook has a password: remove it, save as .xlsx and import again".into()
            }
            Self::OtherWorkbook { what } => {
                format!("this is a file of kind {what}: save it as .xlsx (另存为 .xlsx) and import it again")
            }
            Self::Unpacked { max_mb, max_parts } => format!(
                "the workbook unpacks to more than {max_mb} MB or has more than {max_parts} parts: keep only the table to import and save it as a new .xlsx"
            ),
            Self::Merged { ranges } => {
                format!("merged cells {ranges}: unmerge them, fill each cell and import again")
            }
            Self::SeveralSheets { names } => format!(
                "several sheets have content ({names}): keep or show only the one to import"
            ),
            Self::FormulaWithoutValue => {
                "the formula has no stored result: open and save the file in a spreadsheet, or put the value in".into()
            }
            Self::Malformed { detail } => format!("the file cannot be read: {detail}"),
            Self::TooLarge { max_bytes } => format!("the file is over {} MB", max_bytes >> 20),
            Self::TooManyRows { max } => format!("more than {max} rows; import them in parts"),
            Self::Empty => "the table has no rows".into(),
            Self::MissingColumn { zh, key } => format!("column `{key}` ({zh}) is missing"),
            Self::UnknownColumn { name } => {
                format!("unknown column `{name}`: give it a known name or remove it")
            }
            Self::DuplicateColumn { name } => format!("column `{name}` is there twice"),
            Self::ExtraCell { text } => format!("`{text}` stands outside the header"),
            Self::Formula { text } => format!(
                "`{text}` is a formula or a failed one: put its value in and import again"
            ),
            Self::Required => "must not be empty".into(),
            Self::Duplicate { value, first_row } => {
                format!("`{value}` is already in row {first_row}")
            }
            Self::UnknownTownship { text, meant } => match meant {
                Some(code) => format!("`{text}`: give the township's code, {code}"),
                None => format!("no township has the code `{text}`"),
            },
            Self::UnknownVillage { text } => format!("no village or community has the code `{text}`"),
            Self::OutsideTownship { village, township } => {
                format!("village {village} is not in township {township}")
            }
            Self::UnknownDivision { text } => format!("no division has the code `{text}`"),
            Self::NotInTour { township } => format!("township {township} is in no group"),
            Self::UnknownGroup { number } => format!("there is no group {number}"),
            Self::OtherGroup { number, expected } => {
                format!("group {expected} visits this township, not group {number}")
            }
            Self::AlreadyThere { value } => format!("`{value}` is there already"),
            Self::UnknownKind { text, known } => {
                format!("unknown kind of site `{text}`, must be one of: {known}")
            }
            Self::UnknownTownKind { text, known } => {
                format!("unknown kind of town site `{text}`, must be one of: {known}")
            }
            Self::UnknownRole { text } => format!("unknown role `{text}`"),
            Self::UnknownWord { text, known } => {
                format!("unknown word `{text}`, must be one of: {known}")
            }
            Self::BadNumber { text, min, max } => {
                format!("`{text}` is not a whole number from {min} to {max}")
            }
            Self::BadDecimal { text, max } => {
                format!("`{text}` is not a decimal from -{max} to {max} with at most 7 places")
            }
            Self::BadPoints { text } => {
                format!("`{text}` is not points above 0, at most 1000, with at most 4 places")
            }
            Self::BadCode { text, digits } => {
                let hint = if scientific(text) {
                    "; set the column's format to text and enter it again"
                } else {
                    ""
                };
                format!("`{text}` is not a code of {digits} digits{hint}")
            }
            Self::TooLong { max } => format!("longer than {max} characters"),
            Self::NotAllowed { en, .. } => (*en).into(),
            Self::NotTheSame { first } => format!("differs from `{first}` in the first row"),
            Self::Division(error) => error.to_string(),
            Self::Checklist(error) => error.to_string(),
        }
    }
}

/// `6.40422E+11`: what a spreadsheet makes of a long code in a cell for numbers.
fn scientific(text: &str) -> bool {
    text.contains(['E', 'e']) && text.starts_with(|c: char| c.is_ascii_digit())
}
