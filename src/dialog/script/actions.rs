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

/// Columns of a chosen row that an action reads: the kind of matter, who is asked.
pub(in crate::dialog) const READ_COLUMNS: [&str; 2] = ["类别编号", "商家"];

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

/// Of the case that neighbours have filed: how many they are.
const ALIKE: &[(&str, &str)] = &[
    ("case_no", "编号"),
    ("title", "标题"),
    ("state", "状态"),
    ("due", "期限"),
    ("count", "户数"),
];

const NEXT: &[(&str, &str)] = &[("next", "下一步")];
const ORDER: &[(&str, &str)] = &[
    ("order_no", "编号"),
    ("title", "标题"),
    ("goods", "商品"),
    ("state", "状态"),
    ("total", "合计"),
    ("merchant", "商家"),
    ("shop", "店"),
    ("code", "取货码"),
    ("who", "买家"),
    ("link", "付款链接"),
    ("may", "还能做"),
];

const GOODS: &[(&str, &str)] = &[
    ("goods_no", "编号"),
    ("title", "标题"),
    ("name", "名称"),
    ("unit", "单位"),
    ("price", "价格"),
    ("market", "市场价"),
    ("samples", "样品店"),
    ("returns", "退货"),
    ("share", "每人最多"),
    ("origin", "产地"),
    ("pictures", "照片"),
    ("seen", "看过"),
];

/// What she wants, priced: `lines` to be shown, `result` 好 or 不行, `note` what she must know,
/// `pay` 可以 if she may pay by WeChat, `terms` how it is paid where there is no choice,
/// `first` the note again, for who gets it in a message of its own.
const CART: &[(&str, &str)] = &[
    ("result", "结果"),
    ("lines", "清单"),
    ("total", "合计"),
    ("count", "件数"),
    ("note", "说明"),
    ("pay", "微信付"),
    ("terms", "付法"),
    ("first", "先说"),
];

const LISTING: &[(&str, &str)] = &[
    ("case_no", "编号"),
    ("title", "标题"),
    ("kind", "种类"),
    ("state", "状态"),
    ("place", "地点"),
    ("phone", "电话"),
    ("name", "姓名"),
    ("due", "期限"),
];

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
    // What neighbours have told of already, the most alike, if there is one; she may sign it.
    Action {
        id: "cases_alike",
        inputs: &[("village", true), ("category", true), ("detail", true)],
        outputs: ALIKE,
        rows: true,
    },
    Action {
        id: "sign_case",
        inputs: &[
            ("case", true),
            ("detail", true),
            ("photo", false),
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
    // A row of a table: its 类别编号 is the kind of matter.
    Action {
        id: "file_consult",
        inputs: &[
            ("card", true),
            ("detail", false),
            ("village", false),
            ("name", false),
            ("phone", false),
            ("photo", false),
        ],
        outputs: CASE,
        rows: false,
    },
    Action {
        id: "file_proxy",
        inputs: &[
            ("card", true),
            ("village", true),
            ("name", true),
            ("phone", true),
            ("detail", false),
            ("photo", false),
        ],
        outputs: CASE,
        rows: false,
    },
    // By the label of the option: the name of a file in 翻译; any other is the county's own.
    Action { id: "set_language", inputs: &[("language", true)], outputs: &[], rows: false },
    Action {
        id: "own_data",
        inputs: &[],
        outputs: &[
            ("name", "姓名"),
            ("phone", "电话"),
            ("cases", "件数"),
            ("open", "在办"),
            ("listings", "条数"),
        ],
        rows: false,
    },
    Action {
        id: "export_data",
        inputs: &[],
        outputs: &[("cases", "件数"), ("rest", "没发")],
        rows: false,
    },
    // Who saw her name and number: shown to her.
    Action { id: "own_looks", inputs: &[], outputs: &[("looks", "次数")], rows: false },
    Action { id: "delete_data", inputs: &[], outputs: &[("cases", "件数")], rows: false },
    Action {
        id: "post_listing",
        inputs: &[
            ("kind", true),
            ("detail", true),
            ("phone", true),
            ("village", false),
            ("name", false),
            ("open", false),
        ],
        outputs: LISTING,
        rows: false,
    },
    Action { id: "find_listings", inputs: &[("kind", true)], outputs: LISTING, rows: true },
    Action { id: "own_listings", inputs: &[], outputs: LISTING, rows: true },
    Action { id: "withdraw_listing", inputs: &[("listing", true)], outputs: LISTING, rows: false },
    Action {
        id: "ask_for_listing",
        inputs: &[("listing", true), ("phone", true), ("name", false)],
        outputs: LISTING,
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
    // Whose case it is: the department does not learn it any more.
    Action { id: "cases_to_hide", inputs: &[], outputs: CASE, rows: true },
    Action { id: "hide_case", inputs: &[("case", true)], outputs: CASE, rows: false },
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
    // 好: all is clear; 选, 选数, 数: an article, a quantity, or both have to be asked; 没有.
    Action {
        id: "read_wish",
        inputs: &[("what", true)],
        outputs: &[("result", "结果"), ("note", "说明"), ("unit", "单位")],
        rows: false,
    },
    Action { id: "find_goods", inputs: &[("what", true)], outputs: GOODS, rows: true },
    // Groups of goods, and what is in one.
    Action {
        id: "goods_groups",
        inputs: &[],
        outputs: &[("group_no", "编号"), ("title", "标题")],
        rows: true,
    },
    // `from`: so many of the group she has seen. A row with `seen` leads to the ones behind it.
    Action {
        id: "browse_goods",
        inputs: &[("group", true), ("from", false)],
        outputs: GOODS,
        rows: true,
    },
    Action {
        id: "fill_cart",
        inputs: &[
            ("wish", true),
            ("article", false),
            ("qty", false),
            ("more", false),
            ("village", false),
        ],
        outputs: CART,
        rows: false,
    },
    // 好, or 再问: the price changed, or the same was ordered a moment ago.
    Action {
        id: "place_order",
        inputs: &[
            ("cart", true),
            ("placed", false),
            ("way", true),
            ("village", true),
            ("address", false),
            ("name", false),
            ("phone", true),
            ("pay", false),
        ],
        outputs: &[
            ("result", "结果"),
            ("order_no", "编号"),
            ("total", "合计"),
            ("note", "说明"),
            ("shop", "店"),
            ("due", "期限"),
            ("link", "付款链接"),
        ],
        rows: false,
    },
    Action { id: "my_orders", inputs: &[], outputs: ORDER, rows: true },
    Action { id: "orders_to_cancel", inputs: &[], outputs: ORDER, rows: true },
    Action { id: "orders_to_repeat", inputs: &[], outputs: ORDER, rows: true },
    Action { id: "orders_to_return", inputs: &[], outputs: ORDER, rows: true },
    Action { id: "orders_to_weigh", inputs: &[], outputs: ORDER, rows: true },
    Action { id: "order_again", inputs: &[("order", true)], outputs: CART, rows: false },
    Action {
        id: "cancel_order",
        inputs: &[("order", true), ("reason", false)],
        outputs: ORDER,
        rows: false,
    },
    Action {
        id: "return_order",
        inputs: &[("order", true), ("reason", false)],
        outputs: ORDER,
        rows: false,
    },
    // What is to be changed or mended: of which order, and what of it.
    Action { id: "orders_to_remedy", inputs: &[], outputs: ORDER, rows: true },
    Action {
        id: "order_lines",
        inputs: &[("order", true)],
        outputs: &[("line_no", "编号"), ("title", "标题")],
        rows: true,
    },
    Action {
        id: "remedy_order",
        inputs: &[("order", true), ("line", true), ("kind", true), ("reason", true)],
        outputs: ORDER,
        rows: false,
    },
    Action {
        id: "accept_weight",
        inputs: &[("order", true), ("agree", true)],
        outputs: ORDER,
        rows: false,
    },
    Action {
        id: "complain_order",
        inputs: &[("order", true), ("detail", true)],
        outputs: CASE,
        rows: false,
    },
    Action {
        id: "bind_merchant",
        inputs: &[("pass", true)],
        outputs: &[("name", "名称")],
        rows: false,
    },
    // With a code of the desk, this WeChat is told of somebody's new work.
    Action {
        id: "bind_staff",
        inputs: &[("pass", true)],
        outputs: &[("name", "名称")],
        rows: false,
    },
    // Parcels that the agent of her village bought elsewhere for her number.
    Action {
        id: "my_parcels",
        inputs: &[],
        outputs: &[("title", "标题"), ("state", "状态"), ("shop", "店"), ("total", "合计")],
        rows: true,
    },
    // A row of a table: its 商家 is told. 没有: it is not registered or may not offer anything.
    Action {
        id: "leave_wish",
        inputs: &[
            ("card", true),
            ("kind", true),
            ("wish", true),
            ("village", false),
            ("name", true),
            ("phone", true),
            ("consent", true),
        ],
        outputs: &[("result", "结果"), ("merchant", "商家")],
        rows: false,
    },
    Action { id: "merchant_orders", inputs: &[], outputs: ORDER, rows: true },
    Action {
        id: "answer_order",
        inputs: &[("order", true), ("answer", true), ("quantities", false), ("reason", false)],
        outputs: ORDER,
        rows: false,
    },
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

/// What happened to a case or an order, as the host calls it.
pub(in crate::dialog) const NOTICES: &[&str] = &[
    "received",
    "dispatched",
    "rerouted",
    "progress",
    "need_info",
    "visit",
    "visit_off",
    "extended",
    "promised",
    "deferred",
    "overdue",
    "supervised",
    "replied",
    "replied_signed",
    "redo",
    "closed",
    "final",
    "rejected",
    "merged",
    "unmerged",
    "errand",
    "link_code",
    "staff_news",
    "order_placed",
    "order_paid",
    "order_confirmed",
    "order_part",
    "order_refused",
    "order_weight",
    "order_sent",
    "order_arrived",
    "order_reminder",
    "order_collected",
    "order_delivered",
    "order_cancelled",
    "order_returning",
    "order_returned",
    "order_kept",
    "order_remedy",
    "order_remedied",
    "order_remedy_declined",
    "order_refund",
    "order_refunded",
    "merchant_order",
    "merchant_nudge",
    "merchant_cancelled",
    "merchant_return",
    "merchant_remedy",
    "merchant_lead",
    "merchant_digest",
    "merchant_paper",
    "merchant_sample",
    "shop_run",
    "shop_sample",
    "parcel_arrived",
    "listing_shown",
    "listing_refused",
    "listing_over",
    "broadcast",
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
    ("visit", "上门时间"),
    ("visitor", "上门的人"),
    ("progress", "进度"),
    ("hotline", "热线"),
    ("files", "附件"),
    ("code", "验证码"),
    ("minutes", "分钟"),
    ("total", "合计"),
    ("shop", "店"),
    ("merchant", "商家"),
    ("code", "取货码"),
    ("amount", "金额"),
    ("who", "买家"),
    ("pay", "付款"),
];
