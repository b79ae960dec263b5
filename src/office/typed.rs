//! What came back from a form, as texts and as what they mean.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::beijing;

/// What came back from a form: the text of each field, without white space at the ends.
pub struct Typed<'a>(pub &'a (dyn Fn(&str) -> String + Sync));

impl Typed<'_> {
    pub(super) fn text(&self, name: &str) -> String {
        (self.0)(name).trim().to_owned()
    }

    pub(super) fn filled(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    pub(super) fn word<W>(
        &self,
        name: &str,
        of: fn(&str) -> Option<W>,
        missing: &str,
    ) -> Result<W, String> {
        of(&self.text(name)).ok_or_else(|| missing.to_owned())
    }
}

/// As a form has it, in Beijing's time, or RFC 3339.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let local = || text.parse::<DateTime>().ok().map(beijing::instant);
    text.parse::<Timestamp>().ok().or_else(local)
}
