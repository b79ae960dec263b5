//! What a dialog may have done by the host, and what it gets back.

/// Fields of a result: the id that the host fills, and the word that clerks write.
#[derive(Debug)]
pub(in crate::dialog) struct Action {
    pub id: &'static str,
    /// Slots that are handed over, if the dialog has them. `true`: it must.
    pub inputs: &'static [(&'static str, bool)],
    /// Of a row that is chosen from a menu the first is stored and the second is shown.
    pub outputs: &'static [(&'static str, &'static str)],
    /// Gives rows rather than one result.
    pub rows: bool,
}

const CASE: &[(&str, &str)] = &[
    ("case_no", "编号"),
    ("title", "标题"),
    ("state", "状态"),
    ("promised", "答复时间"),
    ("due", "期限"),
    ("department", "部门"),
    ("reply", "答复"),
    ("place", "地点"),
];

const NEXT: &[(&str, &str)] = &[("next", "下一步")];

pub(in crate::dialog) const ACTIONS: &[Action] = &[
    Action {
        id: "create_case",
        inputs: &[
            ("village", true),
            ("category", false),
            ("detail", true),
            ("photo", false),
            ("place", false),
            ("name", false),
            ("phone", false),
        ],
        outputs: CASE,
        rows: false,
    },
    // The message that opened the dialog goes along: a number may stand in it.
    Action { id: "lookup_case", inputs: &[], outputs: CASE, rows: true },
    Action {
        id: "rate_case",
        inputs: &[("case", true), ("grade", true), ("comment", false)],
        outputs: &[("case_no", "编号"), ("next", "下一步"), ("due", "期限"), ("title", "标题")],
        rows: false,
    },
    // Filed at once, as urgent; told again, it is added to the same case.
    Action {
        id: "report_danger",
        inputs: &[("danger", true), ("village", false)],
        outputs: CASE,
        rows: false,
    },
    // Those of hers with which it can be done; with a number in the message, that one.
    Action { id: "cases_to_urge", inputs: &[], outputs: CASE, rows: true },
    Action { id: "cases_to_supplement", inputs: &[], outputs: CASE, rows: true },
    Action { id: "cases_to_withdraw", inputs: &[], outputs: CASE, rows: true },
    Action { id: "cases_to_rate", inputs: &[], outputs: CASE, rows: true },
    Action { id: "cases_to_follow", inputs: &[], outputs: CASE, rows: true },
    Action { id: "urge_case", inputs: &[("case", true)], outputs: CASE, rows: false },
    Action {
        id: "supplement_case",
        inputs: &[("case", true), ("detail", true), ("photo", false)],
        outputs: CASE,
        rows: false,
    },
    Action {
        id: "withdraw_case",
        inputs: &[("case", true), ("comment", false)],
        outputs: CASE,
        rows: false,
    },
    Action {
        id: "follow_case",
        inputs: &[("case", true), ("detail", true), ("photo", false)],
        outputs: CASE,
        rows: false,
    },
    Action { id: "send_link_code", inputs: &[("phone", true)], outputs: NEXT, rows: false },
    Action { id: "make_link_code", inputs: &[], outputs: &[("code", "验证码")], rows: false },
    Action {
        id: "link_phone",
        inputs: &[("phone", true), ("code", true), ("code_2", false), ("code_3", false)],
        outputs: NEXT,
        rows: false,
    },
    // The message that opened the dialog goes along: the code stands in it.
    Action { id: "link_by_code", inputs: &[], outputs: NEXT, rows: false },
    Action { id: "unlink_phone", inputs: &[], outputs: NEXT, rows: false },
];

pub(in crate::dialog) fn action(id: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.id == id)
}

/// The id of a field that is written in either language.
pub(in crate::dialog) fn field_id(action: &Action, word: &str) -> Option<&'static str> {
    if action.rows && (word == "个数" || word == "count") {
        return Some("count");
    }
    let found = action.outputs.iter().find(|(id, zh)| *id == word || *zh == word);
    found.map(|(id, _)| *id)
}

/// The ids that a word may stand for, over all actions.
pub(in crate::dialog) fn output_ids(word: &str) -> impl Iterator<Item = &'static str> {
    ACTIONS.iter().filter_map(move |action| field_id(action, word))
}

/// What happened to a case, as the host calls it.
pub(in crate::dialog) const NOTICES: &[&str] = &[
    "received",
    "dispatched",
    "rerouted",
    "progress",
    "need_info",
    "extended",
    "deferred",
    "supervised",
    "replied",
    "redo",
    "closed",
    "final",
    "rejected",
    "merged",
    "unmerged",
    "link_code",
];

/// Words in notices, and the ids that the host fills.
pub(in crate::dialog) const NOTICE_FIELDS: &[(&str, &str)] = &[
    ("number", "编号"),
    ("title", "标题"),
    ("due", "期限"),
    ("state", "状态"),
    ("department", "部门"),
    ("department_phone", "部门电话"),
    ("outcome", "结果"),
    ("text", "内容"),
    ("reason", "原因"),
    ("grade", "评价"),
    ("promise", "新期限"),
    ("parent", "主件编号"),
    ("hotline", "热线"),
    ("code", "验证码"),
    ("minutes", "分钟"),
];
