//! A village shop wants to show an article; its merchant sends one, or says why not.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::county::words;

const TEXT_CHARS_MAX: usize = 200;

words! {
    SampleState {
        Asked "asked" "等商家答",
        Shown "shown" "摆在店里",
        Declined "declined" "不送",
        /// It was on show.
        TakenBack "taken_back" "收回了",
    }
}

/// One for an article and a village; asked anew, it is the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// 12 digits.
    pub village: String,
    pub village_name: String,
    pub article: String,
    pub title: String,
    pub merchant: String,
    /// What the shop wants it for.
    pub note: String,
    pub state: SampleState,
    /// Why it is not sent.
    pub reason: String,
    pub by: String,
    pub asked_at: Timestamp,
    pub answered_by: String,
    pub revision: u32,
}

impl Sample {
    pub fn check(&self) -> Result<(), Refusal> {
        short("要来做什么", &self.note)
    }

    /// `reason`: why it is not sent.
    pub fn answer(&mut self, sends: bool, reason: &str, by: &str) -> Result<(), Refusal> {
        if self.state != SampleState::Asked {
            return Err(Refusal::SampleAnswered);
        }
        if !sends && reason.trim().is_empty() {
            return Err(Refusal::Missing("原因"));
        }
        short("原因", reason)?;
        self.state = if sends { SampleState::Shown } else { SampleState::Declined };
        self.reason = if sends { String::new() } else { reason.trim().to_owned() };
        self.answered_by = by.to_owned();
        self.revision += 1;
        Ok(())
    }

    /// Its merchant takes home what was on show.
    pub fn take_back(&mut self, by: &str) {
        self.state = SampleState::TakenBack;
        self.answered_by = by.to_owned();
        self.revision += 1;
    }
}

fn short(what: &'static str, text: &str) -> Result<(), Refusal> {
    match text.chars().count() {
        chars if chars > TEXT_CHARS_MAX => {
            Err(Refusal::TooLong { what, chars, max: TEXT_CHARS_MAX })
        }
        _ => Ok(()),
    }
}
