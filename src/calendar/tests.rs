use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn calendar() -> Calendar {
    Calendar::parse(
        &[
            ("holidays-2024.json", include_str!("../../county/calendar/holidays-2024.json")),
            ("holidays-2025.json", include_str!("../../county/calendar/holidays-2025.json")),
            ("holidays-2026.json", include_str!("../../county/calendar/holidays-2026.json")),
        ],
        include_str!("../../county/calendar/office-hours.toml"),
    )
    .expect("the shipped tables are right")
}

fn at(text: &str) -> Timestamp {
    let text = text.replace(' ', "T");
    format!("{text}:00+08:00").parse().expect(&text)
}

fn shown(at: Timestamp) -> String {
    let at = civil(at);
    format!("{} {:02}:{:02}", at.date(), at.hour(), at.minute())
}

/// `start | limit | due | amber`: rows of tests/fixtures/desk/due.txt.
#[test]
fn limits_end_as_the_table_says() {
    let calendar = calendar();
    let table = include_str!("../../tests/fixtures/desk/due.txt");
    let rows = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [start, limit, due, amber] = cells[..] else { panic!("four cells: {row}") };
        let (n, unit) = limit.split_once(' ').expect(row);
        let n = n.parse().expect(row);
        let limit = match unit {
            "WD" => Limit::WorkingDays(n),
            "min" => Limit::WorkingMinutes(n),
            "h" => Limit::Hours(n),
            other => panic!("{other}"),
        };
        let found = calendar.due(at(start), limit);
        assert_eq!(shown(found), due, "{row}");
        if !amber.is_empty() {
            assert_eq!(shown(calendar.share(at(start), found, 80)), amber, "{row}");
        }
        count += 1;
    }
    assert!(count >= 25, "{count} rows");
}

#[test]
fn working_days_of_every_month() {
    let calendar = calendar();
    for (year, expect) in [
        (2025, [19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23]),
        (2026, [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23]),
    ] {
        let mut found = [0; 12];
        let mut day = Date::new(year, 1, 1).unwrap();
        while day.year() == year {
            found[day.month() as usize - 1] += i32::from(calendar.is_working_day(day));
            day = next(day);
        }
        assert_eq!(found, expect, "{year}");
        assert_eq!(found.iter().sum::<i32>(), 248);
    }
}

#[test]
fn a_day_says_what_it_is() {
    let calendar = calendar();
    let day = |text: &str| calendar.day(text.parse().unwrap());
    let holiday = Some("国庆节");
    for (date, working, name, settled) in [
        ("2026-10-01", false, holiday, true),
        ("2026-09-20", true, holiday, true),
        ("2026-11-22", false, None, true),
        ("2026-11-23", true, None, true),
        ("2027-10-01", true, None, false),
        ("2027-10-02", false, None, false),
    ] {
        assert_eq!(day(date), Day { working, name, settled }, "{date}");
    }
    assert!(calendar.knows_year(2026) && !calendar.knows_year(2027));
    assert!(calendar.is_open(at("2026-09-20 08:30")));
    assert!(!calendar.is_open(at("2026-09-20 12:00")), "the closing instant is closed");
    assert!(!calendar.is_open(at("2026-10-01 09:00")));
}

#[test]
fn a_pause_moves_minutes_by_minutes_and_days_by_whole_days() {
    let calendar = calendar();
    let minutes = Limit::WorkingMinutes(240);
    let days = Limit::WorkingDays(5);
    for (due, limit, paused, resumed, expect) in [
        // 60 office minutes
        ("2026-11-24 11:00", minutes, "2026-11-23 16:30", "2026-11-24 08:30", "2026-11-24 12:00"),
        ("2026-11-30 17:30", days, "2026-11-24 09:00", "2026-11-24 16:00", "2026-11-30 17:30"),
        // the 25th is whole, the 24th and 26th are not
        ("2026-11-30 17:30", days, "2026-11-24 09:00", "2026-11-26 09:00", "2026-12-01 17:30"),
        ("2026-11-30 17:30", days, "2026-11-20 18:00", "2026-11-24 18:00", "2026-12-02 17:30"),
        // after the breach nothing moves
        ("2026-11-23 17:30", days, "2026-11-24 09:00", "2026-11-30 09:00", "2026-11-23 17:30"),
    ] {
        let found = calendar.paused(at(due), limit, at(paused), at(resumed));
        assert_eq!(shown(found), expect, "{due} {paused} {resumed}");
    }
}

#[test]
fn a_wrong_table_is_said_with_its_mend() {
    let check = |years: &[(&str, &str)], hours: &str, part: &str| {
        let problems = Calendar::parse(years, hours).expect_err(part);
        let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(text.iter().any(|line| line.contains(part)), "{text:?} has no {part}");
    };
    let good = include_str!("../../county/calendar/office-hours.toml");
    check(&[("x.json", "{\n\"year\": 2026,\n")], good, "x.json 第3行");
    check(
        &[("x.json", r#"{"year":2026,"days":[{"name":"a","date":"2026-02-30","isOffDay":true}]}"#)],
        good,
        "x.json 第1行",
    );
    let year = r#"{"year":2026,"days":[{"name":"a","date":"2026-01-01","isOffDay":true}]}"#;
    check(&[("a.json", year), ("b.json", year)], good, "2026年有两个文件");
    let stray = r#"{"year":2026,"days":[{"name":"a","date":"2024-01-01","isOffDay":true}]}"#;
    check(&[("a.json", stray)], good, "不是2026年的日子");
    let twice = r#"{"year":2027,"days":[{"name":"a","date":"2026-12-31","isOffDay":true}]}"#;
    let once = r#"{"year":2026,"days":[{"name":"a","date":"2026-12-31","isOffDay":false}]}"#;
    check(&[("a.json", once), ("b.json", twice)], good, "一处放假一处上班");
    check(&[], "", "hours");
    check(&[], "hours = []", "没有上班时间");
    check(&[], &good.replace("[1, 2, 3, 4, 5]", "[8]"), "weekdays 里的 8");
    check(&[], &good.replace("08:30-12:00", "12:00-08:30"), "「12:00-08:30」");
    check(&[], &good.replace("13:30-17:30", "11:30-17:30"), "重叠");
    check(&[], &good.replace("2020-01-01", "今天"), "valid_from");
    check(&[], &good.replace("segments", "segment"), "segment");
}

#[test]
fn late_december_may_stand_in_the_next_years_file() {
    let good = include_str!("../../county/calendar/office-hours.toml");
    let next = r#"{"year":2027,"days":[{"name":"元旦","date":"2026-12-31","isOffDay":true}]}"#;
    let calendar = Calendar::parse(&[("2027.json", next)], good).unwrap();
    assert!(!calendar.is_working_day("2026-12-31".parse().unwrap()));
    assert_eq!(
        shown(calendar.due(at("2026-12-30 09:00"), Limit::WorkingDays(1))),
        "2027-01-01 17:30"
    );
}

#[test]
fn the_version_changes_with_the_tables_and_not_with_their_layout() {
    let good = include_str!("../../county/calendar/office-hours.toml");
    let year = r#"{"year":2026,"days":[{"name":"a","date":"2026-01-01","isOffDay":true}]}"#;
    let version = |year: &str, hours: &str| {
        Calendar::parse(&[("a", year)], hours).unwrap().version().to_owned()
    };
    let first = version(year, good);
    assert!(first.starts_with("2026-"), "{first}");
    assert_eq!(first, version(&year.replace(',', ",\n "), good));
    assert_ne!(first, version(&year.replace("true", "false"), good));
    assert_ne!(first, version(year, &good.replace("17:30", "18:00")));
}

#[test]
fn summer_hours_begin_on_their_day() {
    let hours = concat!(
        include_str!("../../county/calendar/office-hours.toml"),
        "[[hours]]\nvalid_from = \"2026-06-01\"\nweekdays = [1,2,3,4,5]\n",
        "segments = [\"08:00-12:00\", \"15:00-18:30\"]\n"
    );
    let calendar = Calendar::parse(&[], hours).unwrap();
    let due = |start: &str| shown(calendar.due(at(start), Limit::WorkingDays(1)));
    assert_eq!(due("2026-05-28 10:00"), "2026-05-29 17:30");
    assert_eq!(due("2026-05-29 10:00"), "2026-06-01 18:30");
}

#[test]
fn a_share_of_closed_hours_is_a_share_of_all_of_them() {
    let calendar = calendar();
    let (start, due) = (at("2026-10-01 10:00"), at("2026-10-02 10:00"));
    assert_eq!(shown(calendar.share(start, due, 50)), "2026-10-01 22:00");
    assert_eq!(calendar.share(due, start, 50), due);
}

#[test]
fn limits_beyond_all_reason_end() {
    let calendar = calendar();
    let start = at("2026-11-24 09:00");
    for limit in [
        Limit::Hours(u32::MAX),
        Limit::WorkingDays(u32::MAX),
        Limit::WorkingMinutes(u32::MAX),
        Limit::WorkingDays(0),
    ] {
        assert!(calendar.due(start, limit) > start, "{limit:?}");
        assert!(calendar.due(Timestamp::MAX, limit) >= start, "{limit:?}");
        assert!(calendar.due(Timestamp::MIN, limit) > Timestamp::MIN, "{limit:?}");
    }
}

#[test]
fn an_instant_is_said_as_people_say_it() {
    assert_eq!(spoken(at("2026-11-25 17:30")), "11月25日17:30");
    assert_eq!(spoken(at("2026-02-01 08:05")), "2月1日8:05");
}

#[test]
fn an_empty_year_is_not_known() {
    let good = include_str!("../../county/calendar/office-hours.toml");
    let empty = [("holidays-2027.json", r#"{"year":2027,"papers":[],"days":[]}"#)];
    assert!(!Calendar::parse(&empty, good).unwrap().knows_year(2027));
}

proptest! {
    #[test]
    fn limits_are_in_order_and_end_in_office_hours(
        minute in 0i64..1_000_000, more in 0i64..10_000, n in 1u32..40,
    ) {
        let calendar = calendar();
        let start = at("2025-01-01 00:00") + SignedDuration::from_mins(minute);
        let later = start + SignedDuration::from_mins(more);
        for limit in [Limit::WorkingDays(n), Limit::WorkingMinutes(n * 30), Limit::Hours(n)] {
            let due = calendar.due(start, limit);
            prop_assert!(due > start, "{limit:?}");
            prop_assert!(calendar.due(later, limit) >= due, "{limit:?}");
            let amber = calendar.share(start, due, 80);
            prop_assert!(amber <= due);
            if let Limit::WorkingMinutes(wanted) = limit {
                prop_assert_eq!(calendar.working_minutes(start, due), i64::from(wanted));
                prop_assert!(calendar.is_working_day(civil(due).date()));
            }
            if matches!(limit, Limit::WorkingDays(_)) {
                prop_assert_eq!(shown(due)[11..].to_owned(), "17:30".to_owned());
                prop_assert!(calendar.is_working_day(civil(due).date()));
            }
        }
    }
}
