//! The figures by which departments are measured, with the definitions that all reports share.
//!
//! An assignment is one round of one case with one department; who hands it on had one of its own.
//! It counts in the period in which its time ends (`due`), whenever the case came in. Shares are of
//! those that a department had to answer unless said otherwise; `None`: there was nothing to take a
//! share of.

#[cfg(test)]
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::assignment::{Assignment, Ended, runs};
use super::case::Case;
use super::event::{Breached, Grade, Solved, Trips};
use super::interview::Interview;
use super::round_time::Granted;
use crate::calendar::Calendar;
use crate::county::Weights;

/// What one department did in one period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    pub assigned: u32,
    /// Of these given back, or handed on in time: not to be answered by it.
    pub passed_on: u32,
    /// By a person, before silence counted as acceptance.
    pub accepted: u32,
    /// The villager was reached before the time for it had passed.
    pub responded: u32,
    pub replied: u32,
    /// Extensions that were granted before it was late count.
    pub in_time: u32,
    /// By the time that was promised first.
    pub in_first_time: u32,
    pub returns: u32,
    /// Assignments with an extension that was granted.
    pub extended: u32,
    /// Assignments after which she was not content, so that another round began.
    pub redone: u32,
    /// Calls back that reached her, and what she said.
    pub called: u32,
    pub answered: u32,
    pub solved: u32,
    pub partly: u32,
    /// Never counted as content.
    pub unrated: u32,
    /// In the order of [`Grade::ALL`].
    pub grades: [u32; Grade::ALL.len()],
    pub supervised: u32,
    /// Interviews of the head, by their ids: one is about several cases.
    pub interviews: BTreeSet<String>,
    /// The same person came with the same kind of matter within thirty days.
    pub repeated: u32,
    /// Left out of all else by two approvals.
    pub excluded: u32,
    /// Where it helped the one that leads, and how often that came too late.
    pub helped: u32,
    pub helped_late: u32,
    /// Answers with which it was noted how often she had to go somewhere, and those without a trip.
    pub trips_noted: u32,
    pub without_trip: u32,
    /// Minutes of office time, for class U by the clock, from the beginning of a round to its answer,
    /// pauses left out.
    pub minutes: Vec<i64>,
}

impl Tally {
    /// The assignments that it had to answer.
    pub fn to_answer(&self) -> u32 {
        self.assigned - self.passed_on
    }

    pub fn accept_rate(&self) -> Option<f64> {
        share(self.accepted, self.assigned)
    }

    pub fn response_rate(&self) -> Option<f64> {
        share(self.responded, self.to_answer())
    }

    pub fn reply_rate(&self) -> Option<f64> {
        share(self.replied, self.to_answer())
    }

    pub fn in_time_rate(&self) -> Option<f64> {
        share(self.in_time, self.to_answer())
    }

    pub fn in_first_time_rate(&self) -> Option<f64> {
        share(self.in_first_time, self.to_answer())
    }

    pub fn return_rate(&self) -> Option<f64> {
        share(self.returns, self.assigned)
    }

    pub fn extension_rate(&self) -> Option<f64> {
        share(self.extended, self.assigned)
    }

    pub fn redo_rate(&self) -> Option<f64> {
        share(self.redone, self.to_answer())
    }

    pub fn repeat_rate(&self) -> Option<f64> {
        share(self.repeated, self.to_answer())
    }

    /// Of the calls back that were answered; what was solved in part counts half.
    pub fn solved_rate(&self) -> Option<f64> {
        let twice = share(self.solved * 2 + self.partly, self.answered)?;
        Some(twice / 2.0)
    }

    /// Somebody gave that grade.
    pub fn has(&self, grade: Grade) -> bool {
        Grade::ALL.iter().zip(self.grades).any(|(one, count)| *one == grade && count > 0)
    }

    pub fn rated(&self) -> u32 {
        self.grades.iter().sum()
    }

    /// 非常满意, 满意 and 基本满意.
    pub fn content(&self) -> u32 {
        let graded = Grade::ALL.iter().zip(self.grades);
        graded.filter(|(grade, _)| grade.is_content()).map(|(_, count)| count).sum()
    }

    /// Of those who rated. To be read beside [`Self::rated_rate`].
    pub fn content_rate(&self) -> Option<f64> {
        share(self.content(), self.rated())
    }

    /// Of what was answered.
    pub fn rated_rate(&self) -> Option<f64> {
        share(self.rated(), self.replied)
    }

    /// 少跑路: she had to go nowhere, of the answers with which that was noted.
    pub fn without_trip_rate(&self) -> Option<f64> {
        share(self.without_trip, self.trips_noted)
    }

    /// Calls back that reached her, of those that were made.
    pub fn reached_rate(&self) -> Option<f64> {
        share(self.answered, self.called)
    }

    /// Office minutes of the middle of all answers, and of nine tenths of them.
    pub fn time_used(&self) -> Option<(i64, i64)> {
        let mut sorted = self.minutes.clone();
        sorted.sort_unstable();
        let last = sorted.len().checked_sub(1)?;
        Some((sorted.iter().sum::<i64>() / sorted.len() as i64, sorted[last * 9 / 10]))
    }

    /// 0 to 100; `None` while a part of it is missing.
    pub fn score(&self, weights: &Weights) -> Option<f64> {
        let parts = [
            (self.response_rate()?, weights.response),
            (self.solved_rate()?, weights.solved),
            (self.content_rate()?, weights.content),
        ];
        Some(parts.iter().map(|(part, weight)| part * f64::from(*weight)).sum())
    }

    /// Takes in what another tally counted.
    pub fn add(&mut self, other: &Tally) {
        // By name, so that a new figure can not be forgotten here.
        let Tally {
            assigned,
            passed_on,
            accepted,
            responded,
            replied,
            in_time,
            in_first_time,
            returns,
            extended,
            redone,
            called,
            answered,
            solved,
            partly,
            unrated,
            grades,
            supervised,
            interviews,
            repeated,
            excluded,
            helped,
            helped_late,
            trips_noted,
            without_trip,
            minutes,
        } = other;
        for (to, from) in [
            (&mut self.assigned, assigned),
            (&mut self.passed_on, passed_on),
            (&mut self.accepted, accepted),
            (&mut self.responded, responded),
            (&mut self.replied, replied),
            (&mut self.in_time, in_time),
            (&mut self.in_first_time, in_first_time),
            (&mut self.returns, returns),
            (&mut self.extended, extended),
            (&mut self.redone, redone),
            (&mut self.called, called),
            (&mut self.answered, answered),
            (&mut self.solved, solved),
            (&mut self.partly, partly),
            (&mut self.unrated, unrated),
            (&mut self.supervised, supervised),
            (&mut self.repeated, repeated),
            (&mut self.excluded, excluded),
            (&mut self.helped, helped),
            (&mut self.helped_late, helped_late),
            (&mut self.trips_noted, trips_noted),
            (&mut self.without_trip, without_trip),
        ] {
            *to += from;
        }
        self.grades.iter_mut().zip(grades).for_each(|(to, from)| *to += from);
        self.interviews.extend(interviews.iter().cloned());
        self.minutes.extend(minutes);
    }

    pub fn is_ranked(&self, weights: &Weights) -> bool {
        self.to_answer() >= weights.ranked_min
    }
}

fn share(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

/// Each assignment of `case` as a tally of one: the department, the end of its time, the tally. Who
/// helps has a time of its own, and its lateness is not the lead's.
pub fn split(case: &Case, calendar: &Calendar) -> Vec<(String, Timestamp, Tally)> {
    let mut all = Vec::new();
    for round in runs(case) {
        for one in round.assignments() {
            let mut tally = Tally::default();
            one.count(&mut tally, case, calendar);
            all.push((one.department.to_owned(), one.due_at, tally));
        }
        for helper in round.course.helpers.iter().filter(|_| round.department.is_some()) {
            let done = helper.replied_at.or(round.replied_at);
            let helped_late = u32::from(done.is_some_and(|at| at > helper.due_at));
            let tally = Tally { helped: 1, helped_late, ..Tally::default() };
            all.push((helper.department.clone(), helper.due_at, tally));
        }
    }
    all
}

/// Adds what of `case` belongs into the time from `from` to before `to`, to each department's
/// tally.
#[cfg(test)]
pub fn count(
    tallies: &mut BTreeMap<String, Tally>,
    case: &Case,
    (from, to): (Timestamp, Timestamp),
    calendar: &Calendar,
) {
    for (department, due_at, one) in split(case, calendar) {
        if from <= due_at && due_at < to {
            tallies.entry(department).or_default().add(&one);
        }
    }
}

impl Assignment<'_> {
    fn count(&self, tally: &mut Tally, case: &Case, calendar: &Calendar) {
        let (round, course) = (self.round, self.round.course);
        if self.excluded {
            tally.excluded += 1;
            return;
        }
        let add = |to: &mut u32, is: bool| *to += u32::from(is);
        tally.assigned += 1;
        add(&mut tally.accepted, self.accepted);
        tally.returns += u32::from(self.returns);
        tally.supervised += u32::from(self.supervisions);
        let called_in = course.interviews.iter().filter(|id| Interview::is_of(id, self.department));
        tally.interviews.extend(called_in.cloned());
        let extended = course.extensions.iter().any(|one| {
            one.granted == Some(true) && one.asked_at >= self.since && one.asked_at <= self.until()
        });
        add(&mut tally.extended, extended);
        if let Ended::PassedOn(_) = self.ended {
            tally.passed_on += 1;
            return;
        }
        add(&mut tally.repeated, case.repeats.is_some());
        let answered = round.replied_at.filter(|_| matches!(self.ended, Ended::Not));
        // Who answers has spoken with her.
        let spoke = course.first_contact().filter(|at| *at <= self.until()).or(answered).is_some();
        let in_contact = !course.has_breached_by(Breached::Contact, self.department);
        add(&mut tally.responded, spoke && in_contact);
        let Ended::Not = self.ended else { return };
        let handed_in = round.handed_in();
        // What was granted when it was late already does not make it timely.
        let in_time = handed_in.is_some_and(|at| at <= self.due_at)
            && !course.has_breached_by(Breached::Handling, self.department);
        add(&mut tally.replied, answered.is_some());
        add(&mut tally.in_time, in_time);
        let longer = course.extensions_granted() > 0 || !course.promises.is_empty();
        let by_first = || round.time.ends(calendar, Granted::LeftOut);
        let in_first_time =
            in_time && (!longer || handed_in.is_some_and(|handed_in| handed_in <= by_first()));
        add(&mut tally.in_first_time, in_first_time);
        add(&mut tally.redone, round.n < case.round);
        for call in &course.calls_back {
            tally.called += 1;
            add(&mut tally.answered, call.reached && call.solved.is_some());
            add(&mut tally.solved, call.solved == Some(Solved::Yes));
            add(&mut tally.partly, call.solved == Some(Solved::Partly));
        }
        let trips = course.trips.filter(|_| answered.is_some());
        add(&mut tally.trips_noted, trips.is_some());
        add(&mut tally.without_trip, trips == Some(Trips::Never));
        add(&mut tally.unrated, answered.is_some() && round.rating.is_none());
        for (grade, count) in Grade::ALL.iter().zip(&mut tally.grades) {
            add(count, round.rating == Some(*grade));
        }
        tally.minutes.extend(answered.map(|at| round.minutes(at, calendar)));
    }
}

/// Places by score, the best first; equal scores share one. `None`: too few assignments, or a
/// part of the score is missing.
pub fn ranks<'t>(
    tallies: impl Iterator<Item = &'t Tally>,
    weights: &Weights,
) -> Vec<Option<usize>> {
    let score = |tally: &Tally| tally.score(weights).filter(|_| tally.is_ranked(weights));
    let scores: Vec<Option<f64>> = tallies.map(score).collect();
    let place = |score: f64| 1 + scores.iter().flatten().filter(|other| **other > score).count();
    scores.iter().map(|score| score.map(place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::tests::{
        Desk, at, clerk, dispatch, dispatch_with, intake, rate, reply, supervisor, villager,
    };
    use crate::desk::*;

    const LEAD: &str = "城管";

    fn lead() -> Actor {
        let department = Some(LEAD.to_owned());
        Actor::Staff {
            name: "经办人".into(),
            role: "department".into(),
            department,
            at_machine: false,
        }
    }

    /// Received on a Monday at ten, class B: due on Wednesday at the close.
    fn dispatched() -> Desk {
        let intake = Intake { category: Some("0501".into()), ..intake() };
        let mut desk = Desk::filed("2026-11-23 10:00", intake);
        desk.give("2026-11-23 11:00", &clerk(), dispatch(LEAD)).unwrap();
        desk
    }

    /// What the platform takes to read an answer is not the department's time.
    #[test]
    fn an_answer_handed_in_on_time_is_on_time_however_long_it_is_read() {
        let mut desk = dispatched();
        let hide = Command::Hide { reason: "本人要求".into() };
        desk.give("2026-11-24 09:00", &villager(), hide).unwrap();
        desk.give("2026-11-25 16:30", &lead(), reply()).unwrap();
        let read = desk.the_case();
        assert_eq!(read.state, State::Reviewing);
        assert!(!read.is_overdue(at("2026-11-27 10:00")));
        let breach = |limit| Command::Breach { limit };
        let late = desk.give("2026-11-26 10:00", &Actor::System, breach(Breached::Handling));
        assert!(late.is_err());
        desk.give("2026-11-26 11:20", &Actor::System, breach(Breached::Review)).unwrap();
        assert_eq!(desk.the_case().course.breaches[0].department, None, "the platform is late");
        let mut passed = desk.clone();
        passed.give("2026-11-26 11:30", &clerk(), Command::PassReview).unwrap();
        assert!(!passed.the_case().is_overdue(at("2026-11-26 11:30")));
        let tally = tally(&[passed]);
        assert_eq!((tally.in_time, tally.in_first_time), (1, 1));
        // Given back, it has the hour that was left.
        let back = Command::ReturnReview {
            reason: "请写明哪天修好的，还有谁去的。".into()
        };
        desk.give("2026-11-26 11:30", &clerk(), back).unwrap();
        assert_eq!(desk.the_case().own_due_at(), at("2026-11-26 14:00"));
    }

    /// Nobody is late with what she got an hour before its time was over.
    #[test]
    fn who_gets_it_late_in_the_day_has_a_day_of_its_own() {
        let mut desk = dispatched();
        desk.give("2026-11-24 09:00", &lead(), Command::Accept).unwrap();
        desk.give("2026-11-25 16:30", &clerk(), dispatch("住建")).unwrap();
        let case = desk.the_case();
        let own = case.own_due_at();
        assert!(own >= at("2026-11-26 16:30"), "{own}");
        let due = crate::desk::limits::breach_due(&case, Breached::Handling, desk.rules().calendar);
        assert_eq!(due, Some(own));
    }

    fn contact() -> Command {
        Command::NoteContact { means: Means::Telephone, reached: true, note: String::new() }
    }

    fn call(solved: Solved) -> Command {
        let note = "问过了".to_owned();
        let (means, solved) = (Means::Telephone, Some(solved));
        Command::CallBack { means, reached: true, solved, grade: None, note }
    }

    fn tally(desks: &[Desk]) -> Tally {
        let period = (at("2026-11-01 00:00"), at("2026-12-01 00:00"));
        let mut tallies = BTreeMap::new();
        for desk in desks {
            count(&mut tallies, &desk.the_case(), period, desk.rules().calendar);
        }
        tallies.remove(LEAD).unwrap_or_default()
    }

    #[test]
    fn who_helps_too_late_is_late_itself() {
        let mut desk = Desk::filed("2026-11-23 10:00", intake());
        desk.give("2026-11-23 10:20", &clerk(), dispatch_with(LEAD, &["住建", "水利"])).unwrap();
        let help = |department: &str| Command::CoReply {
            department: Some(department.into()),
            text: "线杆归我们，可以动".into(),
        };
        // They have until the evening before.
        desk.give("2026-11-24 17:00", &clerk(), help("住建")).unwrap();
        desk.give("2026-11-25 09:00", &clerk(), help("水利")).unwrap();
        desk.give("2026-11-25 10:00", &clerk(), reply()).unwrap();
        let month = (at("2026-11-01 00:00"), at("2026-12-01 00:00"));
        let mut tallies = BTreeMap::new();
        count(&mut tallies, &desk.the_case(), month, desk.rules().calendar);
        let found = |id: &str| {
            let tally = &tallies[id];
            (tally.assigned, tally.in_time, tally.helped, tally.helped_late)
        };
        assert_eq!(found(LEAD), (1, 1, 0, 0), "the lead is in time");
        assert_eq!((found("住建"), found("水利")), ((0, 0, 1, 0), (0, 0, 1, 1)));
    }

    #[test]
    fn a_good_one_an_unrated_one_and_a_late_one() {
        let mut good = dispatched();
        good.give("2026-11-23 14:00", &lead(), Command::Accept).unwrap();
        good.give("2026-11-23 15:00", &lead(), contact()).unwrap();
        good.give("2026-11-24 09:00", &lead(), reply()).unwrap();
        good.give("2026-11-24 10:00", &clerk(), call(Solved::Yes)).unwrap();
        good.give("2026-11-24 11:00", &villager(), rate(Grade::Satisfied)).unwrap();
        let mut unrated = dispatched();
        unrated.give("2026-11-23 17:00", &Actor::System, Command::Accept).unwrap();
        unrated.give("2026-11-24 09:00", &lead(), reply()).unwrap();
        unrated.give("2026-11-24 10:00", &clerk(), call(Solved::Partly)).unwrap();
        let mut late = dispatched();
        let due = late.the_case().round_due_at;
        let breach = Command::Breach { limit: Breached::Handling };
        late.give_at(due + jiff::SignedDuration::from_secs(1), &Actor::System, breach).unwrap();
        let supervise = Command::Supervise {
            callee: "王主任".into(),
            title: "主任".into(),
            promise_at: at("2026-12-02 17:30"),
            note: String::new(),
        };
        late.give("2026-11-30 17:31", &supervisor(), supervise).unwrap();
        let found = tally(&[good, unrated, late]);
        assert_eq!((found.assigned, found.accepted, found.responded), (3, 1, 2));
        assert_eq!((found.replied, found.in_time, found.in_first_time), (2, 2, 2));
        // Unrated never counts as satisfied.
        assert_eq!((found.content(), found.unrated), (1, 1));
        assert_eq!((found.content_rate(), found.rated_rate()), (Some(1.0), Some(0.5)));
        assert_eq!((found.solved_rate(), found.reached_rate()), (Some(0.75), Some(1.0)));
        assert_eq!(found.supervised, 1);
        let weights = Weights::default();
        assert!(!found.is_ranked(&weights) && found.score(&weights).is_some());
        // From ten in the morning to nine on the next day: six and a half office hours.
        assert_eq!(found.time_used(), Some((390, 390)));
    }

    #[test]
    fn the_upper_three_of_five_grades_are_content() {
        let all: Vec<Desk> = Grade::ALL
            .iter()
            .map(|grade| {
                let mut desk = dispatched();
                desk.give("2026-11-24 09:00", &lead(), reply()).unwrap();
                desk.give("2026-11-24 11:00", &villager(), rate(*grade)).unwrap();
                desk
            })
            .collect();
        let found = tally(&all);
        assert_eq!(found.grades, [1; 5]);
        assert_eq!((found.content_rate(), found.rated_rate()), (Some(0.6), Some(1.0)));
    }

    #[test]
    fn an_extension_does_not_hide_lateness_and_a_second_round_is_an_assignment_of_its_own() {
        let mut desk = dispatched();
        desk.give("2026-11-23 14:00", &lead(), Command::Accept).unwrap();
        let ask =
            Command::AskExtension { days: 2, reason: "要勘测".into(), evidence: "".into() };
        desk.give("2026-11-24 09:00", &lead(), ask).unwrap();
        desk.give("2026-11-24 10:00", &clerk(), Command::GrantExtension).unwrap();
        let promised = desk.the_case().promised_at;
        let longer = desk.the_case().round_due_at;
        assert!(longer > promised);
        desk.give_at(longer, &lead(), reply()).unwrap();
        let later = longer + jiff::SignedDuration::from_mins(1);
        desk.give_at(later, &villager(), rate(Grade::Dissatisfied)).unwrap();
        let period = (at("2026-11-01 00:00"), at("2027-01-01 00:00"));
        let mut tallies = BTreeMap::new();
        count(&mut tallies, &desk.the_case(), period, desk.rules().calendar);
        let found = tallies.remove(LEAD).unwrap();
        assert_eq!((found.assigned, found.replied, found.redone), (2, 1, 1));
        assert_eq!((found.in_time, found.in_first_time, found.extended), (1, 0, 1));
        assert_eq!((found.grades, found.unrated), ([0, 0, 0, 1, 0], 0));
        // Only what is due in the period.
        let mut none = BTreeMap::new();
        count(&mut none, &desk.the_case(), (period.1, Timestamp::MAX), desk.rules().calendar);
        assert!(none.is_empty());
    }

    /// Asked for while there was time, granted when it was over and that was written down.
    #[test]
    fn what_is_granted_after_the_breach_does_not_make_it_timely() {
        let mut desk = dispatched();
        desk.give("2026-11-23 14:00", &lead(), Command::Accept).unwrap();
        let ask =
            Command::AskExtension { days: 3, reason: "要勘测".into(), evidence: "".into() };
        desk.give("2026-11-25 16:00", &lead(), ask).unwrap();
        let mut granted = desk.clone();
        granted.give("2026-11-25 17:00", &clerk(), Command::GrantExtension).unwrap();
        let breach = Command::Breach { limit: Breached::Handling };
        desk.give("2026-11-25 17:31", &Actor::System, breach).unwrap();
        desk.give("2026-11-26 09:00", &clerk(), Command::GrantExtension).unwrap();
        let found = [desk, granted].map(|mut desk| {
            desk.give("2026-11-27 09:00", &lead(), reply()).unwrap();
            let tally = tally(&[desk]);
            (tally.in_time, tally.in_first_time, tally.extended)
        });
        assert_eq!(found, [(0, 0, 1), (1, 0, 1)]);
    }

    /// She took two days to answer a question: by the first promise, moved by that, it is in time.
    #[test]
    fn a_pause_moves_the_first_time_as_well_and_a_second_round_has_one() {
        let mut desk = dispatched();
        desk.give("2026-11-23 14:00", &lead(), Command::Accept).unwrap();
        let ask =
            || Command::AskExtension { days: 3, reason: "要勘测".into(), evidence: "".into() };
        desk.give("2026-11-23 15:00", &lead(), ask()).unwrap();
        desk.give("2026-11-23 16:00", &clerk(), Command::GrantExtension).unwrap();
        let question = Command::AskInfo { question: "请问是哪一家？".into() };
        desk.give("2026-11-23 17:00", &lead(), question).unwrap();
        let more = Command::Supplement { text: "村东头".into(), photos: vec![], voices: vec![] };
        desk.give("2026-11-26 08:30", &villager(), more).unwrap();
        assert!(desk.the_case().promised_at < at("2026-11-26 08:30"));
        desk.give("2026-11-27 09:00", &lead(), reply()).unwrap();
        desk.give("2026-11-27 10:00", &villager(), rate(Grade::Dissatisfied)).unwrap();
        // Five working days again, three more that it does not need.
        desk.give("2026-11-30 09:00", &lead(), ask()).unwrap();
        desk.give("2026-11-30 10:00", &clerk(), Command::GrantExtension).unwrap();
        desk.give("2026-12-01 10:00", &lead(), reply()).unwrap();
        desk.give("2026-12-01 11:00", &clerk(), Command::PassReview).unwrap();
        let all = split(&desk.the_case(), desk.rules().calendar);
        let found: Vec<_> =
            all.iter().map(|(_, _, one)| (one.in_first_time, one.extended)).collect();
        assert_eq!(found, [(1, 1), (1, 1)]);
    }

    /// From seven in the evening to seven in the morning: the office has not a minute of that.
    #[test]
    fn danger_is_measured_by_the_clock() {
        let intake = Intake { category: Some("0204".into()), ..intake() };
        let mut desk = Desk::filed("2026-11-23 19:00", intake);
        desk.give("2026-11-23 19:05", &clerk(), dispatch(LEAD)).unwrap();
        desk.give("2026-11-24 07:00", &lead(), reply()).unwrap();
        assert_eq!(tally(&[desk]).time_used(), Some((720, 720)));
    }

    #[test]
    fn what_was_taken_back_measures_nobody() {
        let mut desk = dispatched();
        let withdraw = Command::Withdraw { reason: "自己修好了".into() };
        desk.give("2026-11-23 12:00", &villager(), withdraw).unwrap();
        assert_eq!(tally(&[desk]), Tally::default());
    }

    #[test]
    fn places_are_shared_and_need_five() {
        let with = |content: u32, assigned: u32| Tally {
            assigned,
            responded: assigned,
            answered: 1,
            solved: 1,
            grades: [0, content, 0, 10 - content, 0],
            ..Tally::default()
        };
        let all = [with(9, 5), with(9, 5), with(5, 5), with(10, 4), Tally::default()];
        let weights = Weights::default();
        assert_eq!(ranks(all.iter(), &weights), [Some(1), Some(1), Some(3), None, None]);
        let few = Weights { ranked_min: 4, ..weights };
        assert_eq!(ranks(all.iter(), &few), [Some(2), Some(2), Some(4), Some(1), None]);
        let solved = Weights { response: 0, solved: 100, content: 0, ranked_min: 5 };
        assert_eq!(ranks(all.iter(), &solved), [Some(1), Some(1), Some(1), None, None]);
    }
}
