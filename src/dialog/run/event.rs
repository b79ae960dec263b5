//! What goes into a step, and what comes out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::county::Place;
use crate::dialog::run::conversation::{Conversation, Offer};
use crate::dialog::run::trace::Trace;
use crate::dialog::script::value::{Answer, Value};
use crate::dialog::script::words::Medium;
use crate::meaning::{GATE, Intent, Reader};

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Text(String),
    /// `media` is the id under which the host keeps it.
    Voice {
        media: String,
        text: Option<String>,
    },
    Photo {
        media: String,
    },
    Location {
        latitude: f64,
        longitude: f64,
        label: String,
    },
    /// A tap on the account's menu.
    Menu(String),
    Follow {
        scene: Option<String>,
        new: bool,
    },
    /// Something that can not be read; what little it says.
    Unsupported(String),
    /// It is time; too early changes nothing.
    Wake,
    /// What became of a call. `Err` holds the words for her, or nothing when it failed.
    Result {
        call: String,
        outcome: Result<Value, String>,
    },
    Offer(Offer),
    /// A person takes the conversation.
    Takeover,
    /// And gives it back.
    Release,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Say(String),
    /// To be done at once; its result comes back as `Event::Result`.
    Call(Call),
    /// A person is wanted. `summary` holds what she said so far.
    Handoff {
        reason: String,
        summary: String,
    },
    /// For the person in charge, or for somebody to listen to.
    HeldForStaff {
        text: String,
        media: Option<String>,
    },
    /// She gave the conversation back to the bot.
    Released,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The same for every attempt at the same thing.
    pub id: String,
    pub action: String,
    pub dialog: String,
    pub args: BTreeMap<String, Answer>,
}

/// All that a step may know besides the conversation.
pub struct Env<'a> {
    pub now: Timestamp,
    pub medium: Medium,
    /// Her number, where the channel is a telephone.
    pub phone: Option<&'a str>,
    pub places: &'a dyn Gazetteer,
    /// The village whose code she scanned.
    pub home: Option<&'a Place>,
    /// The language that she wants to be spoken to in, if there is such a translation.
    pub language: Option<&'a str>,
    /// The office is open.
    pub working: bool,
}

/// Finds villages in what she writes.
pub trait Gazetteer: Sync {
    /// `whole`: the text answers "which village?".
    fn find(&self, text: &str, whole: bool) -> PlaceFound;

    /// The kinds of matter that a text may be about, the likeliest first, at most three.
    fn kinds(&self, _text: &str) -> Vec<KindFound> {
        Vec::new()
    }

    /// What a message is about; none where nobody can tell.
    fn intent(&self, _text: &str) -> Option<Intent> {
        None
    }

    /// She complains of what the word names: 快递不给送到村.
    fn complains_of(&self, _text: &str, _word: &str) -> bool {
        false
    }

    /// What can not wait: the value of the option that is meant.
    fn danger(&self, _text: &str) -> Option<String> {
        None
    }

    /// It sounds like danger, and is none: 落水管, 去年着火.
    fn is_calm(&self, _text: &str) -> bool {
        false
    }
}

/// A kind of matter. `sure`: it may be taken without asking, since she sees it before it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindFound {
    pub code: String,
    pub name: String,
    pub percent: u8,
    pub sure: bool,
}

impl Gazetteer for Reader<'_> {
    fn find(&self, text: &str, whole: bool) -> PlaceFound {
        Gazetteer::find(self.places, text, whole)
    }

    fn kinds(&self, text: &str) -> Vec<KindFound> {
        let kinds = Reader::kinds(self, text).into_iter();
        kinds
            .filter_map(|(code, p)| {
                Some(KindFound {
                    code: code.to_owned(),
                    name: self.categories.get(code)?.name.clone(),
                    // Between 0 and 1.
                    percent: (p * 100.0).round() as u8,
                    sure: p >= GATE,
                })
            })
            .collect()
    }

    fn intent(&self, text: &str) -> Option<Intent> {
        Some(Reader::intent(self, text))
    }

    fn complains_of(&self, text: &str, word: &str) -> bool {
        Reader::complains_of(self, text, word)
    }

    fn danger(&self, text: &str) -> Option<String> {
        self.emergency(text).map(|found| found.kind)
    }

    fn is_calm(&self, text: &str) -> bool {
        Reader::is_calm(self, text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceFound {
    /// `span`: its bytes in the text. Not `exact`: it has to be shown to her first. `alike`:
    /// it was spelled by ear, so it is read back at the confirmation.
    One {
        code: String,
        name: String,
        exact: bool,
        alike: bool,
        span: std::ops::Range<usize>,
    },
    /// Code and name of each that it could be.
    Several(Vec<(String, String)>),
    Outside {
        advice: String,
    },
    None,
}

impl Gazetteer for crate::county::Places {
    fn find(&self, text: &str, whole: bool) -> PlaceFound {
        use crate::county::{Found, Likeness, Scope};
        let scope = if whole { Scope::Answer } else { Scope::Sentence };
        match crate::county::Places::find(self, text, scope) {
            Found::One { place, span, how, sure, .. } => PlaceFound::One {
                code: place.code.clone(),
                name: place.name.clone(),
                exact: sure,
                alike: how != Likeness::Exact,
                span,
            },
            Found::Several { places, .. } => PlaceFound::Several(
                places
                    .iter()
                    .map(|place| (place.code.clone(), format!("{}{}", place.township, place.name)))
                    .collect(),
            ),
            Found::Outside { advice, .. } => PlaceFound::Outside { advice },
            Found::None => PlaceFound::None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub conversation: Conversation,
    pub effects: Vec<Effect>,
    pub traces: Vec<Trace>,
}

/// A script that can not go on. The host apologises and a person takes over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("dialog {0} does not come to rest")]
    Loop(String),
    #[error("dialog {0} is not in the script any more")]
    DialogGone(String),
    #[error("the conversation is {0} bytes, the limit is {1}")]
    TooLarge(usize, usize),
}
