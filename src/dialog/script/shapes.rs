//! Which keys may stand where, and what may stand behind each: one table, by which the loader
//! refuses what it does not know and the JSON Schema is written.

/// A map of a file.
#[derive(Debug)]
pub(in crate::dialog) struct Shape {
    /// In the order in which they are named to clerks.
    pub keys: &'static [(&'static str, Holds)],
    pub required: &'static [&'static str],
}

impl Shape {
    pub fn ids(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.keys.iter().map(|(id, _)| *id)
    }
}

/// What may stand behind a key.
#[derive(Clone, Copy, Debug)]
pub(in crate::dialog) enum Holds {
    /// One line. YAML reads digits and 是 as it likes; all of it is text to us.
    Text,
    /// One text, or one for each channel.
    Sentence,
    Sentences,
    /// One text, or several.
    Texts,
    YesNo,
    Type,
    Action,
    Command,
    Channel,
    /// The steps of a dialog, of `STEPS`.
    Steps,
    Is(&'static Shape),
    ListOf(&'static Shape),
    /// The engine's own sentences.
    Phrases,
    /// Keys of the account's template, each with a text.
    Grids,
    /// Results of calls.
    Stubs,
}

use Holds::{
    Action, Channel, Command, Grids, Is, ListOf, Phrases, Sentence, Sentences, Steps, Stubs, Text,
    Texts, Type, YesNo,
};

pub(in crate::dialog) const DIALOG_FILE: Shape = Shape {
    keys: &[
        ("dialog", Text),
        ("name", Text),
        ("owner", Text),
        ("entry", Is(&ENTRY)),
        ("intake", YesNo),
        ("side", YesNo),
        ("rescue", YesNo),
        ("unless", Text),
        ("steps", Steps),
        ("tests", ListOf(&TEST)),
        ("rules", Is(&OWN_RULES)),
        ("upgrade", Is(&UPGRADE)),
    ],
    required: &["dialog", "name", "steps"],
};
pub(in crate::dialog) const GLOBALS_FILE: Shape =
    Shape { keys: &[("globals", Is(&GLOBALS))], required: &["globals"] };
pub(in crate::dialog) const NOTICES_FILE: Shape =
    Shape { keys: &[("notices", ListOf(&NOTICE))], required: &["notices"] };
pub(in crate::dialog) const FILES: [&Shape; 3] = [&DIALOG_FILE, &GLOBALS_FILE, &NOTICES_FILE];

pub(in crate::dialog) const ENTRY: Shape = Shape {
    keys: &[
        ("words", Text),
        ("menu_key", Text),
        ("sms", Text),
        ("pattern", Text),
        ("intents", Text),
    ],
    required: &[],
};
pub(in crate::dialog) const OWN_RULES: Shape =
    Shape { keys: &[("hand_over_after", Text), ("remind", Text), ("expire", Text)], required: &[] };
pub(in crate::dialog) const UPGRADE: Shape =
    Shape { keys: &[("rename", Text), ("discard", Text)], required: &[] };
pub(in crate::dialog) const TEST: Shape = Shape {
    keys: &[
        ("name", Text),
        ("channel", Channel),
        ("language", Text),
        ("caller", Text),
        ("stubs", Stubs),
        ("script", Text),
    ],
    required: &["name", "script"],
};

pub(in crate::dialog) const SAY: Shape = Shape {
    keys: &[("say", Sentence), ("when", Text), ("label", Text), ("end", YesNo), ("compute", Texts)],
    required: &["say"],
};
pub(in crate::dialog) const CONFIRM: Shape = Shape {
    keys: &[
        ("confirm", Text),
        ("say", Sentence),
        ("list", Text),
        ("when", Text),
        ("label", Text),
        ("not_understood", Sentences),
        ("compute", Texts),
        ("literal", Text),
    ],
    required: &["confirm", "say", "list"],
};
pub(in crate::dialog) const CALL: Shape = Shape {
    keys: &[
        ("call", Action),
        ("result", Text),
        ("failure", Sentence),
        ("scope", Text),
        ("when", Text),
        ("label", Text),
        ("compute", Texts),
    ],
    required: &["call", "failure"],
};
pub(in crate::dialog) const GO: Shape =
    Shape { keys: &[("go", Text), ("when", Text), ("label", Text)], required: &["go"] };
pub(in crate::dialog) const SUB: Shape =
    Shape { keys: &[("sub", Text), ("result", Text), ("when", Text)], required: &["sub"] };
/// Of every question; each type has some of its own.
pub(in crate::dialog) const ASK: Shape = Shape {
    keys: &[
        ("ask", Text),
        ("type", Type),
        ("say", Sentence),
        ("when", Text),
        ("not_understood", Sentences),
        ("not_allowed", ListOf(&REFUSAL)),
        ("skip", Text),
        ("remind", Text),
        ("hand_over_after", Text),
        ("not_ahead", YesNo),
        ("unasked", YesNo),
        ("echo", YesNo),
        ("default", Text),
    ],
    required: &["ask", "type", "say"],
};
const CHOICE: Shape = Shape {
    keys: &[("options", ListOf(&OPTION)), ("options_from", Text), ("filter", Text)],
    required: &[],
};
const MANY: Shape = Shape {
    keys: &[("options", ListOf(&OPTION)), ("min", Text), ("max", Text)],
    required: &["options"],
};
const MEASURE: Shape = Shape { keys: &[("min", Text), ("max", Text)], required: &[] };
const LONG_TEXT: Shape = Shape { keys: &[("at_least", Text)], required: &[] };
const PLAIN: Shape = Shape { keys: &[], required: &[] };
/// Types of questions, by the keys that they have of their own.
pub(in crate::dialog) const ASK_OWN: [(&[&str], &Shape); 5] = [
    (&["choice"], &CHOICE),
    (&["many"], &MANY),
    (&["quantity", "money"], &MEASURE),
    (&["long_text"], &LONG_TEXT),
    (
        &[
            "village",
            "yes_no",
            "day",
            "identity",
            "mobile",
            "person_name",
            "short_text",
            "matter",
            "photo",
            "location",
        ],
        &PLAIN,
    ),
];

/// The keys that a question of this type has of its own.
pub(in crate::dialog) fn own_of(kind: &str) -> &'static Shape {
    ASK_OWN.iter().find(|(kinds, _)| kinds.contains(&kind)).map_or(&PLAIN, |(_, own)| own)
}

/// A step is one of these, or a question.
pub(in crate::dialog) const STEPS: [&Shape; 5] = [&SAY, &CONFIRM, &CALL, &GO, &SUB];
pub(in crate::dialog) const OPTION: Shape = Shape {
    keys: &[("value", Text), ("text", Text), ("words", Text), ("pattern", Text), ("when", Text)],
    required: &["value", "text"],
};
pub(in crate::dialog) const REFUSAL: Shape =
    Shape { keys: &[("when", Text), ("say", Sentence)], required: &["when", "say"] };
pub(in crate::dialog) const BOTH_CHANNELS: Shape =
    Shape { keys: &[("wechat", Text), ("sms", Text)], required: &["wechat", "sms"] };

pub(in crate::dialog) const GLOBALS: Shape = Shape {
    keys: &[
        ("commands", ListOf(&COMMAND)),
        ("rules", Is(&RULES)),
        ("phrases", Phrases),
        ("menu", ListOf(&COLUMN)),
    ],
    required: &["commands", "phrases"],
};
pub(in crate::dialog) const COMMAND: Shape = Shape {
    keys: &[("command", Command), ("words", Text), ("sms", Text), ("say", Sentence)],
    required: &["command", "words"],
};
pub(in crate::dialog) const RULES: Shape = Shape {
    keys: &[
        ("hand_over_after", Text),
        ("remind", Text),
        ("remind_text", Sentence),
        ("expire", Text),
        ("remind_sms", YesNo),
        ("sms_max", Text),
    ],
    required: &["remind_text"],
};
pub(in crate::dialog) const COLUMN: Shape = Shape {
    keys: &[("name", Text), ("key", Text), ("items", ListOf(&BUTTON))],
    required: &["name"],
};
pub(in crate::dialog) const BUTTON: Shape =
    Shape { keys: &[("name", Text), ("key", Text)], required: &["name", "key"] };
pub(in crate::dialog) const NOTICE: Shape = Shape {
    keys: &[("notice", Text), ("say", Sentence), ("template", Grids), ("offers", Text)],
    required: &["notice", "say"],
};
