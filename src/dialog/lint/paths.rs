//! All ways through a dialog, as far as its conditions can tell them apart: for each step, with
//! which answers it can be reached. Answers are told apart only by what some condition asks for.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialog::script::condition::{Condition, Facts, Operand, Sign};
use crate::dialog::script::value::{Fields, Value};
use crate::dialog::script::words::{Medium, Path, Words, shown};
use crate::dialog::script::{Choice, Dialog, From, Kind, Pick, Question, Step, StepKind};

/// More ways than this through one step are not looked at: the dialog is too branched.
const STATES_MAX: usize = 4_000;
const CHANNEL: &str = "渠道";
const TIME: &str = "时间";

/// Something that conditions or texts ask for, and what it may be.
struct Variable {
    path: Path,
    domain: Vec<Value>,
}

/// Which value each variable has, and what happened last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct State {
    /// 0: nothing yet; otherwise the place in the domain, from 1.
    values: Vec<u8>,
    working: bool,
    /// The step that asked last, when nothing was said or done since.
    pub unanswered: Option<usize>,
    /// Something was asked, said or done.
    pub begun: bool,
}

/// About to do the step of this number; the number of steps is the end.
type Arrival = (usize, State);

pub(super) struct Ways {
    variables: Vec<Variable>,
    /// For each step: the states in which it is done; empty when it is never reached.
    pub reached: Vec<BTreeSet<State>>,
    pub ends: BTreeSet<State>,
    /// Steps back to an earlier one that can go round for ever without a question, with a
    /// state in which they do.
    pub circles: BTreeMap<usize, State>,
    /// False when there were too many ways to look at all.
    pub complete: bool,
}

impl Ways {
    pub fn through(dialog: &Dialog) -> Self {
        let mut ways = Self {
            variables: variables(dialog),
            reached: vec![BTreeSet::new(); dialog.steps.len()],
            ends: BTreeSet::new(),
            circles: BTreeMap::new(),
            complete: true,
        };
        let mut seen: Vec<BTreeSet<State>> = vec![BTreeSet::new(); dialog.steps.len()];
        // Where one goes on without waiting for her.
        let mut unasked: BTreeMap<Arrival, Vec<Arrival>> = BTreeMap::new();
        let goes_back = dialog.steps.iter().enumerate().any(
            |(n, step)| matches!(&step.kind, StepKind::Go(target) if place(dialog, target) <= n),
        );
        let mut open: Vec<Arrival> =
            ways.beginnings(dialog).into_iter().map(|state| (0, state)).collect();
        while let Some((n, state)) = open.pop() {
            let Some(step) = dialog.steps.get(n) else {
                ways.ends.insert(state);
                continue;
            };
            if !seen[n].insert(state.clone()) {
                continue;
            }
            if seen[n].len() > STATES_MAX {
                ways.complete = false;
                return ways;
            }
            let next = if step.when.as_ref().is_some_and(|when| !when.holds(&ways.facts(&state))) {
                Next { waits: false, to: n + 1, states: BTreeSet::from([state.clone()]) }
            } else {
                ways.reached[n].insert(state.clone());
                match ways.take(step, n, dialog, state.clone()) {
                    Some(next) => next,
                    None => continue,
                }
            };
            let behind = next.states.into_iter().map(|state| (next.to, state));
            let behind: Vec<Arrival> = behind.collect();
            if goes_back && !next.waits {
                unasked.insert((n, state), behind.clone());
            }
            open.extend(behind);
        }
        ways.circles = circles(dialog, &unasked);
        ways
    }

    /// Whether `path` has a value there; true for what no condition and no text asks for.
    pub fn is_set(&self, state: &State, path: &Path) -> bool {
        let found = self.variables.iter().position(|variable| variable.path == *path);
        found.is_none_or(|at| state.values[at] > 0)
    }

    /// Somebody on `medium` may come to the step; when not all ways were walked, anybody may.
    pub fn may_come(&self, n: usize, medium: Medium) -> bool {
        !self.complete || self.reached[n].iter().any(|state| self.is_on(state, medium))
    }

    pub fn is_on(&self, state: &State, medium: Medium) -> bool {
        let word = match medium {
            Medium::Wechat => "微信",
            Medium::Sms => "短信",
        };
        let found = self.variables.iter().position(|variable| variable.path.slot == CHANNEL);
        found.is_none_or(|at| self.value(state, at).is_some_and(|value| shown(value) == word))
    }

    /// `渠道 = 短信，way = 自取`: what tells this way from the others that reach the step.
    pub fn tell(&self, state: &State, about: &[&Path]) -> String {
        let told = self.variables.iter().enumerate().filter(|(_, variable)| {
            variable.domain.len() > 1 && about.iter().any(|path| **path == variable.path)
        });
        let told = told.map(|(at, variable)| match self.value(state, at) {
            Some(Value::Skipped) => format!("{} 跳过不答", variable.path),
            Some(value) => format!("{} = {}", variable.path, shown(value)),
            None => format!("没有 {}", variable.path),
        });
        told.collect::<Vec<_>>().join("，")
    }

    fn value(&self, state: &State, at: usize) -> Option<&Value> {
        usize::from(state.values[at]).checked_sub(1).map(|n| &self.variables[at].domain[n])
    }

    fn facts<'w>(&'w self, state: &'w State) -> StateFacts<'w> {
        StateFacts { ways: self, state }
    }

    /// On each channel, with the office open and closed, and with what the host may give.
    fn beginnings(&self, dialog: &Dialog) -> BTreeSet<State> {
        let nothing = State {
            values: vec![0; self.variables.len()],
            working: true,
            unanswered: None,
            begun: false,
        };
        let given = |variable: &Variable| {
            let slot = variable.path.slot.as_str();
            let made = dialog.steps.iter().any(|step| match &step.kind {
                StepKind::Ask(question) => question.slot == slot,
                _ => result_of(step) == Some(slot),
            });
            !made
        };
        let mut states = BTreeSet::from([nothing.clone(), State { working: false, ..nothing }]);
        for (at, variable) in self.variables.iter().enumerate() {
            if given(variable) {
                states = spread(states, at, 1..=variable.domain.len());
            }
        }
        states
    }

    /// `None` at the end of the dialog, which is noted.
    fn take(&mut self, step: &Step, n: usize, dialog: &Dialog, mut state: State) -> Option<Next> {
        if let StepKind::Go(target) = &step.kind {
            let to = place(dialog, target);
            for passed in dialog.steps.get(to..=n).unwrap_or_default() {
                let result = result_of(passed);
                for (at, variable) in self.variables.iter().enumerate() {
                    let slot = variable.path.slot.as_str();
                    if slot == passed.id || result == Some(slot) {
                        state.values[at] = 0;
                    }
                }
            }
            return Some(Next { waits: false, to, states: BTreeSet::from([state]) });
        }
        state.begun = true;
        let mut waits = false;
        let states = match &step.kind {
            StepKind::Ask(question) => {
                waits = !question.unasked && !self.has_no_rows(question, dialog, &state);
                let unsaid = question.unasked.then(|| state.clone());
                state.unanswered = Some(n);
                let mut after = self.answered(question, dialog, state);
                after.extend(unsaid);
                after
            }
            StepKind::Say { end: true, .. } => {
                state.unanswered = None;
                self.ends.insert(state);
                return None;
            }
            StepKind::Confirm(_) => {
                waits = true;
                state.unanswered = Some(n);
                BTreeSet::from([state])
            }
            StepKind::Say { .. } | StepKind::Go(_) => {
                state.unanswered = None;
                BTreeSet::from([state])
            }
            StepKind::Call(_) | StepKind::Sub { .. } => {
                waits = matches!(step.kind, StepKind::Sub { .. });
                state.unanswered = None;
                let result = result_of(step);
                self.filled(BTreeSet::from([state]), |path| {
                    (Some(path.slot.as_str()) == result).then_some(path.field.is_some())
                })
            }
        };
        Some(Next { waits, to: n + 1, states })
    }

    /// Of no rows there is nothing to choose, and nothing is asked.
    fn has_no_rows(&self, question: &Question, dialog: &Dialog, state: &State) -> bool {
        let Some(rows) = rows_of(question) else { return false };
        let count = |path: &Path| path.slot == rows && is_count(path);
        let at = self.variables.iter().position(|variable| count(&variable.path));
        at.and_then(|at| self.value(state, at)) == Some(&Value::Number(0))
            && dialog.steps.iter().any(|step| step.id == question.slot)
    }

    fn answered(&self, question: &Question, dialog: &Dialog, state: State) -> BTreeSet<State> {
        if self.has_no_rows(question, dialog, &state) {
            return BTreeSet::from([state]);
        }
        let none_left = may_list_nothing(question, dialog);
        self.filled(BTreeSet::from([state]), |path| {
            (path.slot == question.slot).then_some(path.field.is_some() || none_left)
        })
    }

    /// Every value that the chosen variables may take; `Some(true)`: or none.
    fn filled(
        &self,
        mut states: BTreeSet<State>,
        chosen: impl Fn(&Path) -> Option<bool>,
    ) -> BTreeSet<State> {
        for (at, variable) in self.variables.iter().enumerate() {
            let Some(optional) = chosen(&variable.path) else { continue };
            let first = usize::from(!optional || is_count(&variable.path));
            states = spread(states, at, first..=variable.domain.len());
            if states.len() > STATES_MAX {
                break;
            }
        }
        states
    }
}

/// Where a step leads.
struct Next {
    /// She says something in between.
    waits: bool,
    to: usize,
    states: BTreeSet<State>,
}

/// The number of a step; what is not there is said by the loader.
fn place(dialog: &Dialog, id: &str) -> usize {
    dialog.steps.iter().position(|step| step.id == id).unwrap_or(dialog.steps.len())
}

/// The steps back on a way that comes to itself again, without a question on it.
fn circles(dialog: &Dialog, unasked: &BTreeMap<Arrival, Vec<Arrival>>) -> BTreeMap<usize, State> {
    let mut found = BTreeMap::new();
    let mut done: BTreeSet<&Arrival> = BTreeSet::new();
    for first in unasked.keys() {
        if done.contains(first) {
            continue;
        }
        // The way that is walked, with how many of the next ones were looked at.
        let mut way: Vec<(&Arrival, usize)> = vec![(first, 0)];
        let mut on_it: BTreeSet<&Arrival> = BTreeSet::from([first]);
        while let Some((at, looked)) = way.last_mut() {
            let at = *at;
            let next = unasked.get(at).and_then(|all| all.get(*looked));
            *looked += 1;
            let Some(next) = next else {
                done.insert(at);
                on_it.remove(at);
                way.pop();
                continue;
            };
            if on_it.contains(next) {
                let round = way.iter().skip_while(|(known, _)| *known != next);
                for ((n, state), _) in round {
                    if let StepKind::Go(target) = &dialog.steps[*n].kind
                        && place(dialog, target) <= *n
                    {
                        found.entry(*n).or_insert_with(|| state.clone());
                    }
                }
            } else if let Some((next, _)) = unasked.get_key_value(next)
                && !done.contains(next)
            {
                on_it.insert(next);
                way.push((next, 0));
            }
        }
    }
    found
}

struct StateFacts<'w> {
    ways: &'w Ways,
    state: &'w State,
}

impl Facts for StateFacts<'_> {
    fn value(&self, path: &Path) -> Option<Value> {
        let at = self.ways.variables.iter().position(|variable| variable.path == *path)?;
        self.ways.value(self.state, at).cloned()
    }

    fn office_open(&self) -> bool {
        self.state.working
    }
}

fn spread(
    states: BTreeSet<State>,
    at: usize,
    values: std::ops::RangeInclusive<usize>,
) -> BTreeSet<State> {
    let mut all = BTreeSet::new();
    for state in states {
        for value in values.clone() {
            let mut next = state.clone();
            next.values[at] = u8::try_from(value).unwrap_or(u8::MAX);
            all.insert(next);
        }
    }
    all
}

/// The slot that what a step does is kept in.
fn result_of(step: &Step) -> Option<&str> {
    match &step.kind {
        StepKind::Call(call) => call.result.as_deref(),
        StepKind::Sub { result, .. } => Some(result),
        _ => None,
    }
}

/// 只列 over a table may leave no row, and then nothing is asked. A row is left for sure when the
/// filter asks for what was chosen from a column of the same table.
fn may_list_nothing(question: &Question, dialog: &Dialog) -> bool {
    let Kind::ChoiceFrom(Pick { from: From::Table(table), filter: Some(filter) }) = &question.kind
    else {
        return false;
    };
    let Condition::Compare(column, Sign::Equal, Operand::Slot(path)) = filter else { return true };
    let chosen = dialog.question(&path.slot).map(|asked| &asked.kind);
    !matches!(chosen, Some(Kind::ChoiceFrom(Pick { from: From::Column(other, n), .. }))
        if other.name == table.name && other.columns[*n] == column.slot)
}

fn is_count(path: &Path) -> bool {
    matches!(path.field.as_deref(), Some("个数" | "count"))
}

fn rows_of(question: &Question) -> Option<&str> {
    match &question.kind {
        Kind::ChoiceFrom(Pick { from: From::Rows { slot, .. }, .. }) => Some(slot),
        _ => None,
    }
}

/// All conditions of a dialog that decide which step is next.
pub(super) fn conditions(dialog: &Dialog) -> impl Iterator<Item = &Condition> {
    dialog.steps.iter().filter_map(|step| step.when.as_ref())
}

/// All texts of a step, with the key under which each stands.
pub(super) fn texts(step: &Step) -> Vec<(&'static str, &Words)> {
    match &step.kind {
        StepKind::Ask(question) => {
            let ladder = question.not_understood.iter().map(|words| ("not_understood", words));
            let refusals = question.not_allowed.iter().map(|(_, words)| ("not_allowed", words));
            [("say", &question.words)].into_iter().chain(ladder).chain(refusals).collect()
        }
        StepKind::Say { words, .. } => vec![("say", words)],
        StepKind::Confirm(confirm) => {
            let ladder = confirm.not_understood.iter().map(|words| ("not_understood", words));
            [("say", &confirm.words)].into_iter().chain(ladder).collect()
        }
        StepKind::Call(call) => vec![("failure", &call.failure)],
        StepKind::Go(_) | StepKind::Sub { .. } => Vec::new(),
    }
}

fn variables(dialog: &Dialog) -> Vec<Variable> {
    let mut compared: Vec<(Path, Vec<String>)> = Vec::new();
    let mut note = |path: &Path, value: Option<(Sign, &str)>| {
        let at = compared.iter().position(|(known, _)| known == path).unwrap_or_else(|| {
            compared.push((path.clone(), Vec::new()));
            compared.len() - 1
        });
        compared[at].1.extend(value.map(|(_, value)| value.to_owned()));
    };
    note(&Path::parse(CHANNEL), None);
    for condition in conditions(dialog) {
        condition.visit(&mut note);
    }
    for words in dialog.steps.iter().flat_map(texts).map(|(_, words)| words) {
        for path in words.wechat.paths().chain(words.sms.paths()) {
            note(&Path { slot: path.slot.clone(), field: None }, None);
        }
    }
    let made = |(path, values): (Path, Vec<String>)| {
        let domain = domain(dialog, &path, &values);
        Variable { path, domain }
    };
    compared.into_iter().map(made).collect()
}

/// What a variable may be: each value that is asked for, and one that is not.
fn domain(dialog: &Dialog, path: &Path, values: &[String]) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut texts: Vec<Value> = values.iter().map(|value| text(value)).collect();
    match (path.slot.as_str(), path.field.is_some()) {
        (CHANNEL | "channel", _) => return vec![text("微信"), text("短信")],
        (TIME | "time", _) => {
            return ["00:00", "23:59"].into_iter().map(text).chain(moments(values)).collect();
        }
        ("清单", _) => return vec![text("")],
        _ => {}
    }
    if path.field.is_some() {
        if is_count(path) {
            return around(values, Some(0), None);
        }
        texts.push(text("别的"));
        return distinct(texts);
    }
    let Some(question) = dialog.question(&path.slot) else {
        return vec![Value::Record(Fields::new())];
    };
    let mut all = match &question.kind {
        Kind::Choice(choices) => {
            let value = |choice: &Choice| Value::Choice {
                value: choice.value.clone(),
                label: choice.label.clone(),
            };
            let asked = |choice: &&Choice| {
                values.iter().any(|value| *value == choice.value || *value == choice.label)
            };
            let other = choices.iter().find(|choice| !asked(choice));
            choices.iter().filter(asked).chain(other).map(value).collect()
        }
        Kind::YesNo => vec![Value::Flag(true), Value::Flag(false)],
        Kind::Quantity { min, max } => around(values, *min, *max),
        Kind::ChoiceFrom(_) => vec![Value::Record(Fields::new())],
        _ => {
            texts.push(text("别的"));
            distinct(texts)
        }
    };
    if !question.skip.is_empty() {
        all.push(Value::Skipped);
    }
    all
}

fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for value in values {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all
}

/// Each number that is compared with, one less and one more, and both bounds.
fn around(values: &[String], min: Option<i64>, max: Option<i64>) -> Vec<Value> {
    let numbers = values.iter().filter_map(|value| crate::zh::number(value));
    let mut all: BTreeSet<i64> =
        numbers.flat_map(|number| [number - 1_000, number, number + 1_000]).collect();
    all.extend(min);
    all.extend(max);
    if all.is_empty() {
        all.insert(1_000);
    }
    let inside =
        |number: &i64| min.is_none_or(|min| *number >= min) && max.is_none_or(|max| *number <= max);
    all.into_iter().filter(inside).map(Value::Number).collect()
}

/// A minute before, at, and a minute after each time of day.
fn moments(values: &[String]) -> Vec<Value> {
    let minutes = values.iter().filter_map(|value| {
        let (hour, minute) = value.split_once(':')?;
        Some(hour.parse::<i32>().ok()? * 60 + minute.parse::<i32>().ok()?)
    });
    let all: BTreeSet<i32> = minutes
        .flat_map(|at| [at - 1, at, at + 1])
        .filter(|at| (0..24 * 60).contains(at))
        .collect();
    all.iter().map(|at| Value::Text(format!("{:02}:{:02}", at / 60, at % 60))).collect()
}
