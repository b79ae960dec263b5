//! A form that did not go through: the page shows it once more, with what was typed, and with
//! what is wrong beside the field that it is about.

use super::session::Fields;
use crate::office::CommandError;

#[derive(Default)]
pub struct Tried {
    /// Which one, where a page has several.
    form: String,
    fields: Fields,
    problem: Option<String>,
    /// A field's name; empty: it is about none.
    wrong: &'static str,
}

impl Tried {
    pub fn new(form: &str, fields: Fields, error: &CommandError) -> Self {
        let problem = Some(error.to_string());
        Self { form: form.to_owned(), fields, problem, wrong: error.field().unwrap_or_default() }
    }

    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// What was typed there.
    pub fn value(&self, form: &str, field: &str) -> &str {
        if self.form == form { self.fields.get(field) } else { "" }
    }

    /// The same; `usual` before anything was typed.
    pub fn value_or<'t>(&'t self, form: &str, field: &str, usual: &'t str) -> &'t str {
        match self.problem.is_some() && self.form == form {
            true => self.fields.get(field),
            false => usual,
        }
    }

    /// Empty: nothing is wrong there.
    pub fn wrong(&self, form: &str, field: &str) -> &str {
        let here = self.form == form && self.wrong == field;
        self.problem.as_deref().filter(|_| here).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_and_what_is_wrong_stand_in_their_form_only() {
        let error = CommandError::Field("basis", "请写依据。".into());
        let tried = Tried::new("rate", Fields::from([("basis", ""), ("deposit", "20")]), &error);
        assert_eq!((tried.value("rate", "deposit"), tried.value("step", "deposit")), ("20", ""));
        assert_eq!(tried.value_or("rate", "deposit", "0"), "20");
        assert_eq!(tried.value_or("step", "deposit", "0"), "0");
        assert_eq!(tried.wrong("rate", "basis"), "请写依据。");
        assert_eq!((tried.wrong("step", "basis"), tried.wrong("rate", "deposit")), ("", ""));
        assert_eq!(tried.problem(), Some("请写依据。"));
        let nothing = Tried::default();
        assert_eq!((nothing.problem(), nothing.wrong("", "")), (None, ""));
        assert_eq!(nothing.value_or("", "deposit", "0"), "0");
    }
}
