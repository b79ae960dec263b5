//! What only shows when all files are read: names that nothing fills, words that two things
//! claim. Each is said where it stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialog::read::source::{Diagnostic, Problems, SourceFile, did_you_mean};
use crate::dialog::read::yaml::Place;
use crate::dialog::rehearse::transcript::Line;
use crate::dialog::script::actions::{Action, field_id};
use crate::dialog::script::condition::{Condition, Sign, read_day};
use crate::dialog::script::keywords::TRANSLATION_FOLDERS;
use crate::dialog::script::table::Table;
use crate::dialog::script::words::{Path, Words};
use crate::dialog::script::{Dialog, From, Kind, Pick, Question, Script, Step, StepKind, place_of};

/// A dialog in a dialog in a dialog.
const SUBS_DEEP: usize = 3;
/// Keys of the menu that are commands.
const MENU_COMMANDS: [&str; 5] = ["CANCEL", "BACK", "HELP", "HUMAN", "REPEAT"];

pub(in crate::dialog) fn script(script: &Script, files: &[SourceFile]) -> Vec<Diagnostic> {
    let mut check = Check { script, files, found: Vec::new() };
    check.shared_words();
    check.shared_keys();
    check.menu();
    for dialog in script.each_dialog() {
        check.entrance(dialog);
        check.dialog(dialog);
        check.tests(dialog);
    }
    for notice in script.notices.values() {
        if let Some(id) = &notice.offers
            && !script.dialogs.contains_key(id)
        {
            let hint = did_you_mean(id, script.dialogs.keys().map(String::as_str));
            let at = place_of(&notice.places, "offers");
            check.wrong(&notice.file, at, id, "E401", format!("没有对话「{id}」。{hint}"));
        }
        check.length(&notice.file, place_of(&notice.places, "say"), &notice.words);
    }
    let said = script.commands.iter().filter_map(|global| global.say.as_ref());
    for words in said.chain(script.phrases.values()).chain([&script.rules.remind_text]) {
        let beginning = words.sms.fill(|_| Some("\n".into()));
        let beginning = beginning.lines().find(|line| !line.is_empty()).unwrap_or_default();
        let problems = files.iter().find(|file| file.name == script.written.file).map(Problems::of);
        let at = problems.map_or((1, 1), |problems| problems.find((1, 1), beginning));
        check.length(&script.written.file, at, words);
    }
    check.found
}

struct Check<'a> {
    script: &'a Script,
    files: &'a [SourceFile],
    found: Vec<Diagnostic>,
}

/// What a slot holds, as far as its fields matter.
#[derive(Clone, Copy)]
enum Holds<'a> {
    Answer,
    Result(&'static Action),
    /// One row of such a result.
    Row(&'static Action),
    /// What another dialog asked.
    Sub(&'a Dialog),
    /// One row of a table.
    TableRow(&'a Table),
    Anything,
}

/// What a step may speak of.
struct Known<'a> {
    all: BTreeMap<&'a str, Holds<'a>>,
    /// What is told or found out when the step is reached.
    before: BTreeSet<&'a str>,
}

impl Check<'_> {
    /// At the first `text` at or behind `from`.
    fn wrong(&mut self, file: &str, from: Place, text: &str, code: &'static str, message: String) {
        let Some(file) = self.files.iter().find(|known| known.name == file) else { return };
        let mut problems = Problems::of(file);
        let at = problems.find(from, text);
        problems.add(at, code, message);
        self.found.append(&mut problems.found);
    }

    /// A word that two things claim would go to one of them in silence.
    fn shared_words(&mut self) {
        let script = self.script;
        let is_command =
            |plain: &str| script.commands.iter().any(|global| global.words.contains(plain));
        for dialog in script.each_dialog() {
            for word in dialog.words.iter().filter(|word| is_command(&crate::zh::plain(word))) {
                let message = format!("「{word}」是全县通用的口令，不能再当入口词。请删去这个词。");
                self.wrong(&dialog.file, place_of(&dialog.places, "words"), word, "E402", message);
            }
            for step in &dialog.steps {
                let StepKind::Ask(question) = &step.kind else { continue };
                let skips = question.skip.iter().map(|word| ("skip", word));
                let chosen = match &question.kind {
                    Kind::Choice(choices) | Kind::Many { choices, .. } => &choices[..],
                    _ => &[],
                };
                let chosen = chosen.iter().flat_map(|choice| &choice.words);
                let taken: BTreeSet<(&str, &String)> = skips
                    .chain(chosen.map(|word| ("options", word)))
                    .filter(|(_, word)| is_command(word))
                    .collect();
                for (key, word) in taken {
                    let message =
                        format!("「{word}」是全县通用的口令，说了轮不到这里。请删去这个词。");
                    self.wrong(&dialog.file, place_of(&step.places, key), word, "E402", message);
                }
            }
        }
    }

    fn shared_keys(&mut self) {
        let script = self.script;
        let mut digits: BTreeMap<&str, &str> = BTreeMap::new();
        let mut keys: BTreeMap<&str, &str> = MENU_COMMANDS.map(|key| (key, "口令")).into();
        for sms in script.commands.iter().filter_map(|global| global.sms.as_ref()) {
            digits.insert(sms, "口令");
        }
        for dialog in script.each_dialog() {
            if let Some(sms) = &dialog.sms
                && let Some(other) = digits.insert(sms, &dialog.name)
            {
                let message = format!("短信回「{sms}」已经是「{other}」了。请换一个数字。");
                self.wrong(&dialog.file, place_of(&dialog.places, "sms"), sms, "E403", message);
            }
            if let Some(key) = &dialog.menu_key
                && let Some(other) = keys.insert(key, &dialog.name)
            {
                let message = format!("菜单键「{key}」已经是「{other}」的了。请换一个。");
                let at = place_of(&dialog.places, "menu_key");
                self.wrong(&dialog.file, at, key, "E403", message);
            }
        }
    }

    fn menu(&mut self) {
        let script = self.script;
        let keys: Vec<&str> = script
            .each_dialog()
            .filter_map(|dialog| dialog.menu_key.as_deref())
            .chain(MENU_COMMANDS)
            .collect();
        for item in script.menu.iter().filter(|item| !keys.contains(&item.key.as_str())) {
            let hint = did_you_mean(&item.key, keys.iter().copied());
            let message = format!(
                "没有一个对话的「菜单键」是 {}。{hint}可以写：{}。",
                item.key,
                keys.join("、")
            );
            self.wrong(&script.written.file, script.written.menu, &item.key, "E404", message);
        }
    }

    fn entrance(&mut self, dialog: &Dialog) {
        let way_in = dialog.intake
            || dialog.rescue
            || !dialog.words.is_empty()
            || dialog.menu_key.is_some()
            || dialog.sms.is_some()
            || dialog.pattern.is_some()
            || self.is_offered(dialog);
        if !way_in {
            let message = "没有「入口」，村民走不进这个对话。请补上「入口:」和下面的「词: …」。";
            let at = place_of(&dialog.places, "dialog");
            self.wrong(&dialog.file, at, &dialog.id, "E412", message.into());
        }
    }

    fn dialog(&mut self, dialog: &Dialog) {
        let all = slots(self.script, dialog, self.is_offered(dialog));
        let mut known = Known { before: BTreeSet::new(), all };
        if known.all.contains_key("case") && dialog.question("case").is_none() {
            known.before.insert("case");
        }
        for step in &dialog.steps {
            let at = |key| place_of(&step.places, key);
            if let Some(when) = &step.when {
                self.condition(dialog, &known, when, at("when"));
            }
            for formula in &step.compute {
                for path in formula.paths() {
                    let slot = path.slot.as_str();
                    if known.all.contains_key(slot) && !known.before.contains(slot) {
                        let message = format!("「{slot}」后面才问到，这里还算不了。请换个地方。");
                        self.wrong(&dialog.file, at("compute"), slot, "E414", message);
                    } else {
                        self.path(dialog, &known, path, at("compute"), slot);
                    }
                }
                known.before.insert(&formula.name);
            }
            match &step.kind {
                StepKind::Ask(question) => {
                    self.words(dialog, &known, &question.words, at("say"));
                    match &question.kind {
                        Kind::ChoiceFrom(pick) => self.pick(dialog, &known, step, pick),
                        Kind::Choice(choices) | Kind::Many { choices, .. } => {
                            for when in choices.iter().filter_map(|choice| choice.when.as_ref()) {
                                self.condition(dialog, &known, when, at("options"));
                            }
                        }
                        _ => {}
                    }
                    known.before.insert(&question.slot);
                    self.in_vain(dialog, step, question);
                    for words in &question.not_understood {
                        self.words(dialog, &known, words, at("not_understood"));
                    }
                    for (when, words) in &question.not_allowed {
                        self.condition(dialog, &known, when, at("not_allowed"));
                        self.words(dialog, &known, words, at("not_allowed"));
                    }
                }
                StepKind::Say { words, .. } => self.words(dialog, &known, words, at("say")),
                StepKind::Confirm(confirm) => {
                    let before = known.before.clone();
                    let all = known.all.clone();
                    known.before.extend(["清单", "list"]);
                    known.all.extend([("清单", Holds::Answer), ("list", Holds::Answer)]);
                    self.words(dialog, &known, &confirm.words, at("say"));
                    (known.before, known.all) = (before, all);
                    for words in &confirm.not_understood {
                        self.words(dialog, &known, words, at("not_understood"));
                    }
                    for slot in &confirm.list {
                        let asked = dialog.asks(slot);
                        if !(asked && known.before.contains(slot.as_str())) {
                            let hint = did_you_mean(slot, known.before.iter().copied());
                            let message = format!("「列出」里的「{slot}」前面没有问过。{hint}");
                            self.wrong(&dialog.file, at("list"), slot, "E406", message);
                        }
                    }
                }
                StepKind::Call(call) => {
                    self.words(dialog, &known, &call.failure, at("failure"));
                    for (input, required) in call.action.inputs {
                        let within = |name: &&str| match known.all.get(*name) {
                            Some(Holds::Sub(sub)) => sub.asks(input),
                            _ => false,
                        };
                        let told = known.before.contains(input) || known.before.iter().any(within);
                        if *required && !told {
                            let message = format!(
                                "要办 {}，前面得先问到 {input}。请补上「- 问: {input}」。",
                                call.action.id
                            );
                            self.wrong(&dialog.file, at("call"), call.action.id, "E407", message);
                        }
                    }
                    known.before.extend(call.result.as_deref());
                }
                StepKind::Go(_) => {}
                StepKind::Sub { dialog: sub, result } => {
                    self.sub(dialog, sub, at("sub"));
                    known.before.insert(result);
                }
            }
        }
    }

    /// It must be there, and never lead back here.
    fn sub(&mut self, dialog: &Dialog, sub: &str, at: Place) {
        let script = self.script;
        let Some(first) = script.dialog(sub) else {
            let hint = did_you_mean(sub, script.dialogs.keys().map(String::as_str));
            let message = format!("没有对话「{sub}」。{hint}");
            return self.wrong(&dialog.file, at, sub, "E401", message);
        };
        let mut level = vec![first];
        for _ in 0..SUBS_DEEP {
            if level.is_empty() {
                return;
            }
            let inner = level.iter().flat_map(|dialog| dialog.steps.iter());
            level = inner
                .filter_map(|step| match &step.kind {
                    StepKind::Sub { dialog, .. } => script.dialog(dialog),
                    _ => None,
                })
                .collect();
        }
        if !level.is_empty() {
            let message = format!("「{sub}」里面又调来调去，最多{SUBS_DEEP}层。请改掉一处。");
            self.wrong(&dialog.file, at, sub, "E415", message);
        }
    }

    /// What a question offers must be there, and what 只列 compares must be known.
    fn pick(&mut self, dialog: &Dialog, known: &Known, step: &Step, pick: &Pick) {
        let at = |key| place_of(&step.places, key);
        let mut columns: Vec<&str> = Vec::new();
        match &pick.from {
            From::Table(table) | From::Column(table, _) => {
                columns.extend(table.columns.iter().map(String::as_str));
            }
            From::Rows { slot, .. } => {
                let rows = match known.all.get(slot.as_str()) {
                    Some(Holds::Result(action)) if action.rows => Some(action),
                    _ => None,
                };
                let Some(action) = rows.filter(|_| known.before.contains(slot.as_str())) else {
                    let hint = did_you_mean(slot, self.script.tables.keys().map(String::as_str));
                    let message = format!(
                        "「选项表」写「表」文件夹里的一个表，或者前面一个「办」的「得到」，并且它\
                         得到的是几行。「{slot}」都不是。{hint}"
                    );
                    return self.wrong(&dialog.file, at("options_from"), slot, "E405", message);
                };
                columns.extend(action.outputs.iter().flat_map(|(id, zh)| [*id, *zh]));
            }
        }
        let mut paths: Vec<Path> = Vec::new();
        if let Some(filter) = &pick.filter {
            filter.visit(&mut |path, _| paths.push(path.clone()));
        }
        for path in paths {
            let slot = path.slot.as_str();
            let is_column = path.field.is_none() && columns.contains(&slot);
            if is_column || matches!(slot, "渠道" | "channel" | "时间" | "time") {
                continue;
            }
            if known.before.contains(slot) {
                self.path(dialog, known, &path, at("filter"), slot);
            } else if known.all.contains_key(slot) {
                let message = format!("「{slot}」后面才问到，这里还是空的。请换个地方。");
                self.wrong(&dialog.file, at("filter"), slot, "E414", message);
            } else {
                let hint = did_you_mean(slot, columns.iter().copied());
                let message = format!("没有「{slot}」这一列，也没有问过它。{hint}");
                self.wrong(&dialog.file, at("filter"), slot, "E408", message);
            }
        }
    }

    /// A sentence that can not be reached before a person takes over, a reminder that comes
    /// after the end.
    fn in_vain(&mut self, dialog: &Dialog, step: &Step, question: &Question) {
        let limit = question
            .hand_over_after
            .or(dialog.rules.hand_over_after)
            .unwrap_or(self.script.rules.hand_over_after);
        let rungs = question.not_understood.len();
        if rungs > usize::from(limit) {
            let message = format!(
                "写了{rungs}句，可是{limit}次听不懂就转人工，后面的说不到。最多写{limit}句。"
            );
            let at = place_of(&step.places, "not_understood");
            self.wrong(&dialog.file, at, "", "E413", message);
        }
        if question
            .remind
            .is_some_and(|remind| remind >= dialog.rules.expire.unwrap_or(self.script.rules.expire))
        {
            let message = "还没催问就过期了，永远不会催。请把「催问」写短些。";
            let at = place_of(&step.places, "remind");
            self.wrong(&dialog.file, at, "", "E230", message.into());
        }
    }

    /// A transcript that looks for a name which nothing has would look in vain, or always be
    /// content. It may run into other dialogs.
    fn tests(&mut self, dialog: &Dialog) {
        let script = self.script;
        for language in dialog.tests.iter().filter_map(|test| test.language.as_ref()) {
            let spoken = |file: &SourceFile| {
                TRANSLATION_FOLDERS.iter().any(|folder| {
                    let name = file.name.strip_prefix(folder);
                    name.is_some_and(|name| name.split('.').next() == Some(language))
                })
            };
            if !self.files.iter().any(spoken) {
                let message = format!("「翻译」文件夹里没有「{language}」。请改一个语言。");
                let at = place_of(&dialog.places, "tests");
                self.wrong(&dialog.file, at, language, "E508", message);
            }
        }
        let mut names: BTreeSet<&str> = ["case", "opening", "photos", "voices"].into();
        names.extend(script.each_dialog().flat_map(|other| slots(script, other, true).into_keys()));
        for (line, content) in dialog.tests.iter().flat_map(|test| &test.lines) {
            if let Line::Holds(path, _) | Line::HoldsNot(path) = content
                && !names.contains(path.slot.as_str())
            {
                let hint = did_you_mean(&path.slot, names.iter().copied());
                let message = format!("没有「{}」。{hint}", path.slot);
                self.wrong(&dialog.file, (*line, 1), &path.slot, "E408", message);
            }
        }
    }

    fn is_offered(&self, dialog: &Dialog) -> bool {
        self.script.notices.values().any(|notice| notice.offers.as_ref() == Some(&dialog.id))
    }

    fn words(&mut self, dialog: &Dialog, known: &Known, words: &Words, at: Place) {
        let mut said = BTreeSet::new();
        for path in words.wechat.paths().chain(words.sms.paths()) {
            if !said.insert(path.to_string()) {
                continue;
            }
            let text = format!("【{path}");
            let slot = path.slot.as_str();
            if known.all.contains_key(slot) && !known.before.contains(slot) {
                let message = format!("「{slot}」后面才问到，说这一句的时候还是空的。请换个地方。");
                self.wrong(&dialog.file, at, &text, "E414", message);
            } else {
                self.path(dialog, known, path, at, &text);
            }
        }
        self.length(&dialog.file, at, words);
    }

    /// By what is always in it: what is filled in comes on top.
    fn length(&mut self, file: &str, at: Place, words: &Words) {
        let most = 67 * self.script.rules.sms_max;
        let length = words.sms.fill(|_| None).chars().count();
        if length > most {
            let message = format!(
                "短信最多{}条，就是{most}个字，这一句有{length}个字。请给短信另写一句短的：\
                 「说:」下面分「微信: …」「短信: …」两行。",
                self.script.rules.sms_max
            );
            self.wrong(file, at, "", "E411", message);
        }
    }

    fn path(&mut self, dialog: &Dialog, known: &Known, path: &Path, at: Place, text: &str) {
        let Some(holds) = known.all.get(path.slot.as_str()) else {
            let hint = did_you_mean(&path.slot, known.all.keys().copied());
            let message = format!("这个对话里没有「{}」。{hint}", path.slot);
            return self.wrong(&dialog.file, at, text, "E408", message);
        };
        let Some(field) = &path.field else { return };
        let action = match holds {
            Holds::Result(action) | Holds::Row(action) => action,
            Holds::Anything => return,
            Holds::Sub(sub) => {
                let inner = slots(self.script, sub, false);
                if !inner.contains_key(field.as_str()) {
                    let hint = did_you_mean(field, inner.keys().copied());
                    let message = format!("对话「{}」里没有「{field}」。{hint}", sub.name);
                    self.wrong(&dialog.file, at, text, "E409", message);
                }
                return;
            }
            Holds::TableRow(table) if table.column(field).is_some() => return,
            Holds::TableRow(table) => {
                let hint = did_you_mean(field, table.columns.iter().map(String::as_str));
                let message = format!(
                    "表「{}」没有「{field}」这一列。{hint}可以写：{}。",
                    table.name,
                    table.columns.join("、")
                );
                return self.wrong(&dialog.file, at, text, "E409", message);
            }
            Holds::Answer => {
                let message = format!("「{}」后面不能再加「.{field}」。请删去。", path.slot);
                return self.wrong(&dialog.file, at, text, "E409", message);
            }
        };
        let counts = field == "个数" || field == "count";
        let is_row = matches!(holds, Holds::Row(_));
        let all_rows = matches!(holds, Holds::Result(action) if action.rows);
        let is_field = field_id(action, field).is_some() && !(counts && is_row);
        if !is_field || (all_rows && !counts) {
            let words: Vec<&str> = match all_rows {
                true => vec!["个数"],
                false => action.outputs.iter().map(|(_, zh)| *zh).collect(),
            };
            let hint = did_you_mean(field, words.iter().copied());
            let message =
                format!("「{}」没有「{field}」。{hint}可以写：{}。", path.slot, words.join("、"));
            self.wrong(&dialog.file, at, text, "E409", message);
        }
    }

    fn condition(&mut self, dialog: &Dialog, known: &Known, when: &Condition, at: Place) {
        let mut parts: Vec<(Path, Option<(Sign, String)>)> = Vec::new();
        when.visit(&mut |path, value| {
            parts.push((path.clone(), value.map(|(sign, value)| (sign, value.to_owned()))));
        });
        for (path, value) in parts {
            let slot = path.slot.as_str();
            let of_all = matches!(slot, "渠道" | "channel" | "时间" | "time" | "今天" | "today");
            if !of_all {
                self.path(dialog, known, &path, at, slot);
                if !known.all.contains_key(slot) {
                    continue;
                }
            } else if let Some(field) = &path.field {
                let message = format!("「{slot}」后面不能再加「.{field}」。请删去。");
                self.wrong(&dialog.file, at, slot, "E409", message);
                continue;
            }
            if let Some((sign, value)) = value
                && let Some(message) = never(dialog, known, &path, sign, &value)
            {
                self.wrong(&dialog.file, at, &value, "E410", message);
            }
        }
    }
}

/// Why a comparison could not hold, whatever she says.
fn never(dialog: &Dialog, known: &Known, path: &Path, sign: Sign, value: &str) -> Option<String> {
    let slot = path.slot.as_str();
    let equals = matches!(sign, Sign::Equal | Sign::NotEqual);
    let one_of = |all: &[&str]| {
        if !equals {
            return Some(format!("「{slot}」不能比大小，只能写 = 或 ≠。"));
        }
        let hint = did_you_mean(value, all.iter().copied());
        let message = format!("「{slot}」不会是「{value}」。{hint}可以是：{}。", all.join("、"));
        (!all.contains(&value)).then_some(message)
    };
    match slot {
        "渠道" | "channel" => return one_of(&["微信", "短信"]),
        "时间" | "time" => {
            let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            let written = value.split_once(':').is_some_and(|(h, m)| digits(h) && digits(m));
            return (!written).then(|| format!("「{value}」不对。时间请写成 08:30 或 17:00。"));
        }
        _ => {}
    }
    if path.field.is_none()
        && let Some(Holds::Result(action)) = known.all.get(slot)
    {
        let field = if action.rows { "个数" } else { "编号" };
        return Some(format!(
            "「{slot}」是办完得到的一整份，要写比哪一样，例如「{slot}.{field}」。"
        ));
    }
    if path.field.is_some() {
        return None;
    }
    match &dialog.question(slot)?.kind {
        Kind::Choice(choices) | Kind::Many { choices, .. } => {
            if equals && choices.iter().any(|choice| choice.label == value) {
                return None;
            }
            one_of(&choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>())
        }
        Kind::YesNo if equals && ["yes", "no"].contains(&value) => None,
        Kind::YesNo => one_of(&["是", "否"]),
        Kind::Quantity { .. } | Kind::Money { .. } if crate::zh::number(value).is_none() => {
            Some(format!("「{slot}」是数，不会是「{value}」。请写数字。"))
        }
        Kind::Quantity { .. } | Kind::Money { .. } => None,
        Kind::Day if ["今天", "today"].contains(&value) || read_day(value).is_some() => None,
        Kind::Day => Some(format!("「{slot}」是日期，请写成 今天 或 2026-11-25。")),
        _ if !equals => Some(format!("「{slot}」不是数，不能比大小，只能写 = 或 ≠。")),
        _ => None,
    }
}

fn slots<'a>(
    script: &'a Script,
    dialog: &'a Dialog,
    offered: bool,
) -> BTreeMap<&'a str, Holds<'a>> {
    let mut slots = BTreeMap::new();
    for step in &dialog.steps {
        for formula in &step.compute {
            slots.insert(formula.name.as_str(), Holds::Answer);
        }
        if let StepKind::Sub { dialog, result } = &step.kind {
            let holds = script.dialog(dialog).map_or(Holds::Anything, Holds::Sub);
            slots.insert(result.as_str(), holds);
        }
        if let StepKind::Call(call) = &step.kind
            && let Some(result) = &call.result
        {
            slots.insert(result.as_str(), Holds::Result(call.action));
        }
    }
    for question in dialog.questions() {
        let holds = match &question.kind {
            Kind::ChoiceFrom(pick) => match &pick.from {
                From::Table(table) => Holds::TableRow(table),
                From::Column(..) => Holds::Answer,
                From::Rows { slot, .. } => match slots.get(slot.as_str()) {
                    Some(Holds::Result(action)) => Holds::Row(action),
                    _ => Holds::Anything,
                },
            },
            _ => Holds::Answer,
        };
        slots.insert(question.slot.as_str(), holds);
    }
    if offered {
        slots.entry("case").or_insert(Holds::Answer);
    }
    slots
}
