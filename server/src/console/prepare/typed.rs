//! What somebody typed into a form that was refused, and which field is wrong.
//!
//! Invariant: nothing typed is lost by a refusal that the person can put right. Leaves out: refusals that no typing
//! mends (they are a page of their own).

use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use protocol::problem::Code;

use super::Refusal;
use crate::error::Error;
use crate::i18n::Lang;

/// A form's fields as they came; of several with one name, the last.
pub type Fields = HashMap<String, String>;

/// A form to show again; the default is a page opened anew.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    fields: Fields,
    field: String,
    /// What is wrong, in the reader's language; none on a page opened anew.
    pub wrong: Option<String>,
    status: u16,
}

/// "field: Chinese / English" as the services write it.
pub(in crate::console) fn parts(t: Lang, detail: &str) -> (String, String) {
    let (field, text) = match detail.split_once(": ") {
        Some((field, text)) if field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => {
            (field.to_owned(), text)
        }
        _ => (String::new(), detail),
    };
    let text = match text.split_once(" / ") {
        Some((zh, en)) => t.pick(zh, en),
        None => text,
    };
    (field, text.to_owned())
}

impl Typed {
    /// Of a refusal that the person can put right.
    ///
    /// # Errors
    /// The refusal as a page, if typing cannot mend it.
    pub fn refused(t: Lang, fields: Fields, error: Error) -> Result<Self, Refusal> {
        let Some(refusal) = error.refusal() else {
            return Err(error.into());
        };
        let mends = matches!(
            refusal.code,
            Code::Invalid
                | Code::ReasonRequired
                | Code::NotReady
                | Code::Conflict
                | Code::Frozen
                | Code::Locked
                | Code::ImportGone
        );
        if !mends {
            return Err(error.into());
        }
        let said = t.pick(refusal.code.zh(), refusal.code.en());
        let (mut field, wrong) = match &refusal.detail {
            Some(detail) => {
                let (field, text) = parts(t, detail);
                (field, format!("{said}{}{text}", t.colon()))
            }
            None => (String::new(), said.to_owned()),
        };
        if refusal.code == Code::ReasonRequired {
            field = "reason".to_owned();
        }
        Ok(Self {
            fields,
            field,
            wrong: Some(wrong),
            status: refusal.code.status(),
        })
    }

    /// What to show in a field of a form: what was typed, else what is there.
    pub fn get<'a>(&'a self, form: &str, name: &str, there: &'a str) -> &'a str {
        if self.fields.get("form").is_some_and(|f| f == form) {
            return self.fields.get(name).map_or("", String::as_str);
        }
        there
    }

    /// What is wrong with a field of a form.
    pub fn error(&self, form: &str, name: &str) -> Option<&str> {
        let here = self.fields.get("form").is_some_and(|f| f == form) && self.field == name;
        self.wrong.as_deref().filter(|_| here)
    }

    /// True if this form was refused: it is shown opened.
    pub fn open(&self, form: &str) -> bool {
        self.wrong.is_some() && self.fields.get("form").is_some_and(|f| f == form)
    }

    /// The page with the status of the refusal.
    pub fn answer(&self, page: Response) -> Response {
        match StatusCode::from_u16(self.status) {
            Ok(status) if self.wrong.is_some() => (status, page).into_response(),
            _ => page,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_field_in_the_readers_language() {
        let detail = "name: 不能为空 / must not be empty";
        assert_eq!(parts(Lang::Zh, detail), ("name".into(), "不能为空".into()));
        assert_eq!(parts(Lang::En, detail).1, "must not be empty");
        assert_eq!(parts(Lang::En, "only: 甲 / a: b / c").1, "a: b / c");
        assert_eq!(parts(Lang::Zh, "第1组: x").0, "");
    }

    #[test]
    fn what_was_typed_is_shown_again_in_its_own_form_only() {
        let fields = Fields::from([("form".into(), "add".into()), ("name".into(), "<b>".into())]);
        let error = Error::because(Code::Invalid, "name: 太长 / too long");
        let typed = Typed::refused(Lang::En, fields, error).unwrap();
        assert_eq!(typed.get("add", "name", "old"), "<b>");
        assert_eq!(typed.get("other", "name", "old"), "old");
        assert!(typed.error("add", "name").unwrap().contains("too long"));
        assert_eq!(typed.error("other", "name"), None);
        assert_eq!(Typed::default().get("add", "name", "old"), "old");
    }

    #[test]
    fn what_no_typing_mends_is_a_page_of_its_own() {
        let error = Error::from(Code::Forbidden);
        assert!(Typed::refused(Lang::Zh, Fields::new(), error).is_err());
    }
}
