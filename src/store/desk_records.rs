//! What the desk keeps besides its cases.

use super::{Key, Record, keys};
use crate::desk::Interview;

impl Record for Interview {
    const KIND: &'static str = "interview";
    const SCHEMA: u32 = 1;

    fn key(&self) -> Key {
        keys::interview(&self.department, self.n)
    }

    fn indexes(&self) -> Vec<Key> {
        let (open, at) = (self.state.is_open(), self.drafted_at);
        vec![keys::interview_by_draft(open, at, &self.department, self.n)]
    }
}
