//! The county's day in figures. Each case is boiled down to a [`Line`]; a board of figures is the
//! sum of lines, so it can be kept up to date by what changed instead of being counted anew.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::case::Case;
use super::event::Grade;
use super::lateness::Standing;
use super::limits::DAY_MINUTES;
use super::measures::{self, Tally};
use super::state::State;
use crate::calendar::{Calendar, local_date};
use crate::county::{TimeClass, words};
use crate::meaning::Keywords;

/// Received and closed are shown for so many days, today included.
pub const DAYS_SHOWN: i32 = 30;
/// Open cases by age in working days: up to 2, up to 5, up to 10, more.
pub const AGES: [i64; 3] = [2, 5, 10];
/// Words of one week are held against those of so many weeks before.
const WEEKS_BEFORE: f64 = 3.0;
const WEEK_DAYS: i32 = 7;
/// Of one case, and of a board.
const WORDS_MAX: usize = 8;
/// Fewer in a week are chance.
const RISING_MIN: u32 = 3;

/// From nearly late, from late, until answered.
type Stretch = (Timestamp, Timestamp, Option<Timestamp>);

/// What one case adds to the figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    received: Timestamp,
    closed: Option<Date>,
    changed: Timestamp,
    /// The rest is of an open case.
    running: Option<Running>,
    class: TimeClass,
    category: Option<String>,
    channel: String,
    village: Option<String>,
    repeats: bool,
    /// Words of the county's list that name its kind, as she wrote them.
    words: Vec<String>,
    /// From nearly late, from late, until answered; of each round.
    stretches: Vec<Stretch>,
    assignments: Vec<(String, Timestamp, Tally)>,
}

#[derive(Clone, Debug, PartialEq)]
struct Running {
    department: Option<String>,
    /// Its time is over, whatever happens now.
    is_late: bool,
    /// When it will be nearly, and quite, over; `None`: answered, or the clock stands still.
    amber_at: Option<Timestamp>,
    due_at: Option<Timestamp>,
    is_supervised: bool,
}

impl Line {
    pub fn of(case: &Case, calendar: &Calendar, keywords: &Keywords) -> Self {
        let merged = case.state == State::Merged;
        let runs = case.replied_at.is_none() && !case.state.stands_still() && !merged;
        let running = case.state.is_open().then(|| Running {
            department: case.department.clone(),
            is_late: !merged && case.is_overdue(case.updated_at),
            amber_at: runs.then(|| case.amber_at(calendar)),
            due_at: runs.then_some(case.round_due_at),
            is_supervised: case.course.supervisions > 0,
        });
        Self {
            received: case.received_at,
            closed: case.closed_at.map(local_date),
            changed: case.updated_at,
            running,
            class: case.time_class,
            category: case.category.clone(),
            channel: case.channel.clone(),
            village: case.place_code.clone(),
            repeats: case.repeats.is_some(),
            words: words(case, keywords),
            stretches: stretches(case, calendar),
            assignments: measures::split(case, calendar),
        }
    }

    /// Nothing of it is in a board of a time after `since` any more.
    pub fn is_over_before(&self, since: Timestamp) -> bool {
        self.running.is_none() && self.changed < since
    }

    /// The first nine digits of the place; empty: not known.
    fn township(&self) -> &str {
        self.village.as_deref().and_then(|code| code.get(..9)).unwrap_or_default()
    }
}

fn stretches(case: &Case, calendar: &Calendar) -> Vec<Stretch> {
    let earlier = case.earlier.iter().filter_map(|round| {
        Some((round.round_due_at, round.round_due_at, Some(round.replied_at?)))
    });
    let ended = (!case.state.is_open()).then_some(case.updated_at);
    let until = case.replied_at.or(case.closed_at).or(ended);
    let runs = !case.state.stands_still() && case.state != State::Merged;
    let now = runs.then(|| (case.amber_at(calendar), case.round_due_at, until));
    let mut stretches: Vec<_> = earlier.chain(now).collect();
    stretches.retain(|(amber, _, until)| until.is_none_or(|until| until > *amber));
    stretches
}

/// How it stood at the end of a day, as [`DayEnd`] counts it.
pub fn stood_on(case: &Case, day: Date, now: Timestamp, calendar: &Calendar) -> Vec<Standing> {
    let end = end_of(day).min(now);
    let there =
        |(amber, _, until): &Stretch| *amber <= end && until.is_none_or(|until| until > end);
    let stood = |(_, due, _): Stretch| if due < end { Standing::Overdue } else { Standing::Amber };
    stretches(case, calendar).into_iter().filter(there).map(stood).collect()
}

words! {
    /// Which of the assignments that were due in a stretch of time.
    Counted {
        Answered "answered" "答复了的",
        VerySatisfied "very_satisfied" "非常满意的",
        Satisfied "satisfied" "满意的",
        Fair "fair" "基本满意的",
        Dissatisfied "dissatisfied" "不满意的",
        VeryDissatisfied "very_dissatisfied" "非常不满意的",
        Unrated "unrated" "未评价的",
        Late "late" "没有按时答复的",
        Supervised "supervised" "督办过的",
        CalledIn "called_in" "约谈过的",
    }
}

/// Has it an assignment of that kind, due in `span`?
pub fn is_counted(
    case: &Case,
    what: Counted,
    span: (Timestamp, Timestamp),
    now: Timestamp,
    calendar: &Calendar,
) -> bool {
    measures::split(case, calendar).iter().any(|(_, due, tally)| {
        let [late, supervised, called_in] = funnel_of(tally, *due, now);
        span.0 <= *due
            && *due < span.1
            && match what {
                Counted::Answered => !tally.minutes.is_empty(),
                Counted::VerySatisfied => tally.has(Grade::VerySatisfied),
                Counted::Satisfied => tally.has(Grade::Satisfied),
                Counted::Fair => tally.has(Grade::Fair),
                Counted::Dissatisfied => tally.has(Grade::Dissatisfied),
                Counted::VeryDissatisfied => tally.has(Grade::VeryDissatisfied),
                Counted::Unrated => tally.unrated > 0,
                Counted::Late => late,
                Counted::Supervised => supervised,
                Counted::CalledIn => called_in,
            }
    })
}

/// Late; of these telephoned or written about; of these called in.
fn funnel_of(tally: &Tally, due: Timestamp, now: Timestamp) -> [bool; 3] {
    let late = tally.to_answer() > tally.in_time && due < now;
    let supervised = late && tally.supervised > 0;
    [late, supervised, supervised && !tally.interviews.is_empty()]
}

fn words(case: &Case, keywords: &Keywords) -> Vec<String> {
    let Some(code) = &case.category else { return Vec::new() };
    let chars: Vec<char> = case.text.chars().collect();
    let mut found: Vec<String> = Vec::new();
    for range in keywords.ranges(&chars, code) {
        let word: String = chars[range].iter().collect();
        if found.len() < WORDS_MAX && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// Of one department, now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    pub open: u32,
    pub amber: u32,
    pub overdue: u32,
}

/// What belongs into a stretch of time, a month or a quarter: what was received in it, and the
/// assignments whose time ends in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Period {
    pub received: u32,
    pub closed: u32,
    /// All departments' assignments.
    pub tally: Tally,
    pub departments: BTreeMap<String, Tally>,
    /// By the code of the kind; empty: not known yet.
    pub categories: BTreeMap<String, u32>,
    pub channels: BTreeMap<String, u32>,
    /// By the first nine digits of the place; empty: not known.
    pub townships: BTreeMap<String, u32>,
    /// By all twelve.
    pub villages: BTreeMap<String, u32>,
    /// By the hour of receipt.
    pub hours: [u32; 24],
    /// Kind and village of those who came again.
    pub repeats: BTreeMap<(String, String), u32>,
    /// Office minutes from the beginning of a round to its answer.
    pub minutes: BTreeMap<TimeClass, Vec<i64>>,
    /// Assignments that became late; of these, those telephoned or written about; and those for
    /// which a head was called in.
    pub funnel: [u32; 3],
}

impl Period {
    /// `span`: from its first moment to before that of the next. `now`: what is due later is not
    /// late yet.
    pub fn take(&mut self, line: &Line, span: (Timestamp, Timestamp), now: Timestamp) {
        let holds = |at: Timestamp| span.0 <= at && at < span.1;
        let (first, end) = (local_date(span.0), local_date(span.1));
        self.closed += u32::from(line.closed.is_some_and(|day| first <= day && day < end));
        if holds(line.received) {
            self.received += 1;
            let category = line.category.as_deref().unwrap_or_default();
            let village = line.village.as_deref().unwrap_or_default();
            bump(&mut self.categories, category);
            bump(&mut self.channels, &line.channel);
            bump(&mut self.townships, line.township());
            bump(&mut self.villages, village);
            let hour = beijing_hour(line.received);
            self.hours[hour] += 1;
            if line.repeats {
                let both = (category.to_owned(), village.to_owned());
                *self.repeats.entry(both).or_default() += 1;
            }
        }
        for (department, due, tally) in &line.assignments {
            if !holds(*due) {
                continue;
            }
            self.tally.add(tally);
            match self.departments.get_mut(department) {
                Some(own) => own.add(tally),
                None => drop(self.departments.insert(department.clone(), tally.clone())),
            }
            if !tally.minutes.is_empty() {
                self.minutes.entry(line.class).or_default().extend(&tally.minutes);
            }
            for (count, is) in self.funnel.iter_mut().zip(funnel_of(tally, *due, now)) {
                *count += u32::from(is);
            }
        }
    }
}

/// Open at the end of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct DayEnd {
    pub day: Date,
    pub received: u32,
    pub closed: u32,
    /// By the time that stands today: what was granted since counts.
    pub amber: u32,
    pub overdue: u32,
    /// Received, by channel.
    pub channels: BTreeMap<String, u32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub received_today: u32,
    pub closed_today: u32,
    pub open: u32,
    pub amber: u32,
    pub overdue: u32,
    /// Open, and its department was telephoned.
    pub supervised: u32,
    pub month: Period,
    /// The oldest first, no day left out.
    pub days: Vec<DayEnd>,
    /// By age, as in [`AGES`].
    pub ages: [u32; 4],
    pub departments: BTreeMap<String, Load>,
    /// Words of which a week has more than the weeks before it: this week, a week before; the
    /// steepest first.
    pub rising: Vec<(String, u32, f64)>,
}

impl Figures {
    /// `month`: from its first moment to before that of the next.
    pub fn of<'l>(
        lines: impl Iterator<Item = &'l Line>,
        now: Timestamp,
        month: (Timestamp, Timestamp),
        calendar: &Calendar,
    ) -> Self {
        let today = local_date(now);
        let first = today.saturating_sub(jiff::ToSpan::days(DAYS_SHOWN - 1));
        let mut figures = Self { days: days(first, today), ..Self::default() };
        let ends: Vec<Timestamp> =
            figures.days.iter().map(|day| end_of(day.day).min(now)).collect();
        let mut words: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for line in lines {
            let received = local_date(line.received);
            figures.received_today += u32::from(received == today);
            figures.closed_today += u32::from(line.closed == Some(today));
            if let Some(day) = figures.day(received) {
                day.received += 1;
                bump(&mut day.channels, &line.channel);
            }
            if let Some(closed) = line.closed
                && let Some(day) = figures.day(closed)
            {
                day.closed += 1;
            }
            figures.month.take(line, month, now);
            if let Some(running) = &line.running {
                figures.count_running(line, running, now, calendar);
            }
            for stretch in &line.stretches {
                figures.count_stretch(*stretch, &ends);
            }
            let age = (today - received).get_days();
            for word in line.words.iter().filter(|_| age < DAYS_SHOWN - 2) {
                let count = words.entry(word).or_default();
                if age < WEEK_DAYS { count.0 += 1 } else { count.1 += 1 }
            }
        }
        figures.rising = rising(&words);
        figures
    }

    fn day(&mut self, date: Date) -> Option<&mut DayEnd> {
        let first = self.days.first()?.day;
        let place = usize::try_from((date - first).get_days()).ok()?;
        self.days.get_mut(place)
    }

    fn count_running(
        &mut self,
        line: &Line,
        running: &Running,
        now: Timestamp,
        calendar: &Calendar,
    ) {
        let overdue = running.is_late || running.due_at.is_some_and(|due| now > due);
        let amber = !overdue && running.amber_at.is_some_and(|at| now >= at);
        self.open += 1;
        self.overdue += u32::from(overdue);
        self.amber += u32::from(amber);
        self.supervised += u32::from(running.is_supervised);
        self.ages[age_of(line.received, now, calendar)] += 1;
        if let Some(department) = &running.department {
            let own = self.departments.entry(department.clone()).or_default();
            own.open += 1;
            own.overdue += u32::from(overdue);
            own.amber += u32::from(amber);
        }
    }

    /// On the days at whose end it was nearly late, or late.
    fn count_stretch(&mut self, (amber_at, due_at, until): Stretch, ends: &[Timestamp]) {
        let from = ends.partition_point(|end| *end < amber_at);
        for (day, end) in self.days.iter_mut().zip(ends).skip(from) {
            if until.is_some_and(|until| until <= *end) {
                break;
            }
            *(if due_at < *end { &mut day.overdue } else { &mut day.amber }) += 1;
        }
    }
}

/// Its place in [`AGES`], or behind them.
pub fn age_of(received: Timestamp, now: Timestamp, calendar: &Calendar) -> usize {
    let days = calendar.working_minutes(received, now) / i64::from(DAY_MINUTES);
    AGES.iter().position(|most| days <= *most).unwrap_or(AGES.len())
}

fn bump(counts: &mut BTreeMap<String, u32>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

fn end_of(day: Date) -> Timestamp {
    let next = day.saturating_add(jiff::ToSpan::day(1)).at(0, 0, 0, 0);
    Offset::constant(8).to_timestamp(next).unwrap_or(Timestamp::MAX)
}

fn beijing_hour(at: Timestamp) -> usize {
    let seconds = at.as_second() + 8 * 3_600;
    usize::try_from(seconds.rem_euclid(86_400) / 3_600).unwrap_or(0)
}

fn rising(words: &BTreeMap<&str, (u32, u32)>) -> Vec<(String, u32, f64)> {
    let mut all: Vec<(String, u32, f64)> = words
        .iter()
        .map(|(word, (now, before))| ((*word).to_owned(), *now, f64::from(*before) / WEEKS_BEFORE))
        .filter(|(_, now, before)| *now >= RISING_MIN && f64::from(*now) > *before)
        .collect();
    let steep = |(_, now, before): &(String, u32, f64)| f64::from(*now) / (before + 1.0);
    all.sort_by(|a, b| steep(b).total_cmp(&steep(a)).then_with(|| a.0.cmp(&b.0)));
    all.truncate(WORDS_MAX);
    all
}

fn days(first: Date, last: Date) -> Vec<DayEnd> {
    let empty = |day| DayEnd {
        day,
        received: 0,
        closed: 0,
        amber: 0,
        overdue: 0,
        channels: BTreeMap::new(),
    };
    first.series(jiff::ToSpan::day(1)).take_while(|day| *day <= last).map(empty).collect()
}

/// The middle one, and that which nine of ten do not exceed.
pub fn middle_and_most(minutes: &[i64]) -> Option<(i64, i64)> {
    let mut sorted = minutes.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().checked_sub(1)?;
    Some((sorted[last / 2], sorted[last * 9 / 10]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::county::Categories;
    use crate::desk::tests::{Desk, at, clerk, dispatch, intake, reply};
    use crate::desk::*;

    fn keywords() -> Keywords {
        let categories = include_str!("../../county/categories.csv");
        let categories = &Categories::parse(categories).unwrap();
        Keywords::parse("code,words,except\n0501,垃圾;没人拉,\n", categories).unwrap()
    }

    fn desks() -> Vec<Desk> {
        let filed = |when: &str, category: &str| {
            Desk::filed(when, Intake { category: Some(category.into()), ..intake() })
        };
        // Class B, two working days: answered; late; nearly late; fresh.
        let mut answered = filed("2026-11-16 10:00", "0501");
        answered.give("2026-11-16 11:00", &clerk(), dispatch("城管")).unwrap();
        answered.give("2026-11-17 09:00", &clerk(), reply()).unwrap();
        let mut late = filed("2026-11-17 10:00", "0501");
        late.give("2026-11-17 11:00", &clerk(), dispatch("城管")).unwrap();
        let mut soon = filed("2026-11-20 16:00", "0501");
        soon.give("2026-11-20 16:30", &clerk(), dispatch("教育")).unwrap();
        let fresh = filed("2026-11-24 09:00", "0201");
        let mut last_month = filed("2026-10-12 09:00", "0201");
        let reject =
            Command::Reject { reason: Rejection::Empty, instead: "请打平台电话".into() };
        last_month.give("2026-11-24 10:00", &clerk(), reject).unwrap();
        vec![answered, late, soon, fresh, last_month]
    }

    #[test]
    fn a_board_is_the_sum_of_its_lines_and_agrees_with_each_case() {
        let (desks, now) = (desks(), at("2026-11-24 14:30"));
        let calendar = desks[0].rules().calendar;
        let lines: Vec<_> =
            desks.iter().map(|desk| Line::of(&desk.the_case(), calendar, &keywords())).collect();
        let month = (at("2026-11-01 00:00"), at("2026-12-01 00:00"));
        let found = Figures::of(lines.iter(), now, month, calendar);
        assert_eq!((found.received_today, found.closed_today), (1, 1));
        assert_eq!((found.month.received, found.month.closed), (4, 1));
        assert_eq!((found.open, found.amber, found.overdue), (4, 1, 1));
        for (standing, count) in
            [(Standing::Overdue, found.overdue), (Standing::Amber, found.amber)]
        {
            let cases = desks.iter().map(Desk::the_case).filter(|case| case.state.is_open());
            let same = cases.filter(|case| case.standing(now, calendar) == standing).count();
            assert_eq!(same as u32, count, "{standing:?}");
        }
        assert_eq!(found.month.tally.assigned, 3);
        let load = &found.departments["城管"];
        assert_eq!((load.open, load.overdue), (2, 1));
        let own = &found.month.departments["城管"];
        assert_eq!((own.assigned, own.in_time), (2, 1));
        assert_eq!(
            found.month.categories,
            BTreeMap::from([("0201".into(), 1), ("0501".into(), 3)])
        );
        assert_eq!(found.ages, [2, 1, 1, 0]);
        assert_eq!(found.days.len(), 30);
        let today = found.days.last().unwrap();
        assert_eq!((today.day, today.received, today.closed), (local_date(now), 1, 1));
        assert_eq!(
            (today.amber, today.overdue),
            (found.amber, found.overdue),
            "the trend ends here"
        );
        assert_eq!(found.days.iter().map(|day| day.received).sum::<u32>(), 4);
    }

    #[test]
    fn only_what_ended_long_ago_is_over() {
        let calendar_of = desks();
        let calendar = calendar_of[0].rules().calendar;
        let over = |desk: &Desk, since: &str| {
            Line::of(&desk.the_case(), calendar, &keywords()).is_over_before(at(since))
        };
        assert!(!over(&calendar_of[1], "2027-11-01 00:00"), "it is open");
        assert!(!over(&calendar_of[4], "2026-11-24 10:00"));
        assert!(over(&calendar_of[4], "2026-11-24 10:01"));
    }
}
