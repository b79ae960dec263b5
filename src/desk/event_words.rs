//! The closed lists of words that events speak in. A word is never renamed or taken away.

use crate::county::words;

words! {
    /// As what somebody signs in.
    Role {
        Clerk "clerk" "平台工作人员",
        /// Decides what two people must see: plans, appointments, the last word.
        Director "director" "平台负责人",
        /// Works for one department, and sees what that has.
        Department "department" "承办单位",
        /// Reads what its department has, and signs.
        DepartmentHead "department_head" "承办单位负责人",
        /// Telephones departments that are late.
        Supervisor "supervisor" "督办员",
        /// A department that is also near the villages of its township.
        Township "township" "乡镇便民中心",
        /// Sits in a village shop and speaks for those who can not.
        Agent "agent" "代办员",
        /// Hands out what was ordered.
        ShopClerk "shop_clerk" "村店店员",
        /// Of the organisation department: calls in the heads of departments that stay late.
        Organisation "organisation" "组织部",
        Leader "leader" "县领导",
        Merchant "merchant" "商家",
        /// Looks after member merchants.
        Operator "operator" "运营公司",
        /// Another platform, by the API.
        Source "source" "来件平台",
        /// Keeps the program's settings; sees no case.
        SystemAdmin "system_admin" "系统管理员",
        /// Says who may sign in, and as what; sees no case.
        SecurityAdmin "security_admin" "安全管理员",
        /// Reads who saw and changed what, and nothing else.
        Auditor "auditor" "审计员",
    }
}

words! {
    /// What a villager wants.
    #[derive(Default)]
    Kind {
        Consult "consult" "咨询",
        #[default]
        Help "help" "求助",
        Complaint "complaint" "投诉",
        Report "report" "举报",
        Suggestion "suggestion" "建议",
        Praise "praise" "表扬",
    }
}

words! {
    Outcome {
        Solved "solved" "已解决",
        PartlySolved "partly_solved" "部分解决",
        Explained "explained" "解释说明",
        Planned "planned" "列入计划",
        NoAuthority "no_authority" "无权办理",
        Unreasonable "unreasonable" "诉求不合理",
        Unreachable "unreachable" "无法联系",
    }
}

words! {
    /// How often she had to go somewhere for it (群众跑腿次数).
    Trips {
        Never "0" "一趟没跑",
        Once "1" "跑了一趟",
        Often "2+" "跑了两趟以上",
    }
}

words! {
    /// 好差评: the five that are counted. By short message she is asked for the three in the middle.
    Grade {
        VerySatisfied "very_satisfied" "非常满意",
        Satisfied "satisfied" "满意",
        Fair "fair" "基本满意",
        Dissatisfied "dissatisfied" "不满意",
        VeryDissatisfied "very_dissatisfied" "非常不满意",
    }
}

impl Grade {
    pub fn is_content(self) -> bool {
        self <= Grade::Fair
    }
}

words! {
    /// What closed a case.
    Closing {
        Rated "rated" "群众评价",
        /// Never counted as satisfied.
        Unrated "unrated" "到期未评价",
        /// Not content after the last round.
        Final "final" "最终答复",
        Staff "staff" "工作人员办结",
    }
}

words! {
    Rejection {
        Court "court" "属于诉讼、仲裁、复议",
        Petition "petition" "已经按信访程序办理",
        Repeated "repeated" "同一件事已经答复过",
        Empty "empty" "没有具体内容",
        OutOfCounty "out_of_county" "不属于本县",
        Secret "secret" "涉及国家秘密、商业秘密或他人隐私",
        Other "other" "其他",
    }
}

words! {
    /// How somebody was reached, or tried to be.
    Means {
        Telephone "telephone" "打电话",
        Visit "visit" "上门",
        Wechat "wechat" "微信",
        Sms "sms" "短信",
        /// By the one who sits in her village.
        Agent "agent" "请代办员找",
    }
}

words! {
    /// Why the clock runs again.
    Resumption {
        Supplemented "supplemented" "群众补充了",
        NoAnswer "no_answer" "群众没有回音",
        NotNeeded "not_needed" "不用补充了",
        PlanDue "plan_due" "计划的日子到了",
    }
}

words! {
    /// Asked when she is called back.
    Solved {
        Yes "yes" "解决了",
        Partly "partly" "解决了一部分",
        No "no" "没有解决",
    }
}

words! {
    /// What was not done in its time. Once written it stays, whatever is granted later.
    Breached {
        /// The platform, to dispatch or answer it.
        Intake "intake" "派单",
        Contact "contact" "首次联系群众",
        Handling "handling" "办理",
        /// The note on a plan that is due every 30 days.
        Plan "plan" "报告计划进度",
        /// What a department that was late promised on the telephone.
        Promise "promise" "督办时答应的日子",
        /// The written answer to a slip.
        Slip "slip" "书面答复督办单",
        /// The answer to what a leader wrote.
        Direction "direction" "答复批示",
        /// The platform, to pass what a department handed in, or to give it back.
        Review "review" "审核答复",
        /// The platform, to decide whether a department is rid of a case.
        Return "return" "审批退单",
        /// The platform, to decide whether a department has longer.
        Extension "extension" "审批延期",
        /// The platform, to send on what she was not content with and no department had.
        Again "again" "重办派单",
        /// The platform, to telephone the department that is late, or to write to it.
        Uncalled "uncalled" "督办",
        /// The director, to say the last word.
        Final "final" "最终答复",
    }
}

impl Breached {
    /// The platform was late with it: no department is measured by it.
    pub fn is_of_platform(self) -> bool {
        use Breached::{Again, Extension, Final, Intake, Return, Review, Uncalled};
        matches!(self, Intake | Review | Return | Extension | Again | Uncalled | Final)
    }
}
