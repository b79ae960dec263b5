//! The table of checks: which number of the manual a code belongs to, and what it looks for.

/// One check of `bianmin lint`, with the codes under which it speaks.
#[derive(Debug)]
pub struct Check {
    /// As the manual numbers them: `E1` to `E15`, `W1` to `W7`, `I1`.
    pub number: &'static str,
    /// For clerks, in Chinese.
    pub title: &'static str,
    /// Codes, and ranges of codes `E100-E111`, both ends included.
    pub codes: &'static [&'static str],
}

/// Errors stop publishing; warnings may be allowed with `# 不查 W3：原因`; hints are for taking.
pub const CHECKS: &[Check] = &[
    Check {
        number: "E1",
        title: "写法：缩进、冒号、引号、制表符、重复的键",
        codes: &["E100-E111", "E200", "E203-E206", "E209", "E215", "W111"],
    },
    Check {
        number: "E2",
        title: "不认识的名字：键、类型、口令、句子、通知、【】、表和列",
        codes: &[
            "E201",
            "E202",
            "E214",
            "E220-E229",
            "E231-E239",
            "E306",
            "E317",
            "E319-E329",
            "E405",
            "E406",
            "E408",
            "E409",
            "E501-E506",
            "E508",
            "E600-E629",
        ],
    },
    Check {
        number: "E3",
        title: "找不到的去处，重复的名字，留给程序的名字",
        codes: &[
            "E212",
            "E217",
            "E218",
            "E300-E303",
            "E305",
            "E308",
            "E310",
            "E401",
            "E403",
            "E404",
            "E412",
            "E415",
        ],
    },
    Check { number: "E4", title: "走不到的步骤", codes: &["E316", "E413", "E230", "E801"] },
    Check { number: "E5", title: "没有下文：答完没人应", codes: &["E315", "E802"] },
    Check { number: "E6", title: "不用问就会一直转圈", codes: &["E318", "E803"] },
    Check {
        number: "E7",
        title: "条件写错：比了不可能的值",
        codes: &["E207", "E208", "E304", "E307", "E410", "E500", "E507"],
    },
    Check { number: "E8", title: "【】里可能是空的", codes: &["E414", "E805"] },
    Check {
        number: "E9", title: "分不清的词", codes: &["E216", "E311", "E314", "E402", "E806"]
    },
    Check { number: "E10", title: "两个样式对上同一句话", codes: &["E808"] },
    Check { number: "E11", title: "样式写得不对", codes: &["E213", "E809", "E810"] },
    Check { number: "E12", title: "短信太长", codes: &["E411", "E811"] },
    Check {
        number: "E13",
        title: "超过微信的限制",
        codes: &["E210", "E211", "E219", "E309", "E812", "E813"],
    },
    Check {
        number: "E14", title: "办事的一步没有写全", codes: &["E312", "E313", "E407", "E814"]
    },
    Check {
        number: "E15",
        title: "测试：不通过，或者没有测到",
        codes: &["E815", "E816", "W151", "W152", "W153"],
    },
    Check { number: "W1", title: "没有用到的答案、列、译文", codes: &["W101-W109"] },
    Check {
        number: "W2",
        title: "短信里说了只有微信才有的事；译文缺了或旧了",
        codes: &["W201-W209"],
    },
    Check { number: "W3", title: "老人读起来费劲", codes: &["W301-W309"] },
    Check { number: "W4", title: "问了不该问的", codes: &["W401-W409"] },
    Check { number: "W5", title: "没有说怎么出去", codes: &["W501-W509"] },
    Check {
        number: "W6", title: "词太短、太宽，或者和别的词连得上", codes: &["W601-W609"]
    },
    Check { number: "W7", title: "有人正在办的对话改了", codes: &["W701-W709"] },
    Check { number: "I1", title: "可以添上的测试", codes: &["I101"] },
];

/// What the author of a remark `# 不查 …` did wrong.
pub(super) const ALLOWANCE: &str = "W901";

/// The check that a code belongs to.
pub fn check_of(code: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| {
        check.codes.iter().any(|known| match known.split_once('-') {
            Some((first, last)) => (first..=last).contains(&code) && first.len() == code.len(),
            None => *known == code,
        })
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Hint,
}

impl Severity {
    pub fn of(code: &str) -> Self {
        match code.as_bytes().first() {
            Some(b'W') => Severity::Warning,
            Some(b'I') => Severity::Hint,
            _ => Severity::Error,
        }
    }

    pub fn zh(self) -> &'static str {
        match self {
            Severity::Error => "错误",
            Severity::Warning => "提醒",
            Severity::Hint => "建议",
        }
    }
}
