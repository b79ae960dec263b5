//! Every row of tests/fixtures/zh/*.tsv: `input<TAB>expected`, `-` for nothing.

use proptest::prelude::*;

use super::*;

fn check(table: &str, least: usize, read: impl Fn(&str) -> Option<String>) {
    let mut count = 0;
    let mut wrong = Vec::new();
    for row in table.lines().filter(|row| !row.is_empty() && !row.starts_with('#')) {
        let (input, expected) = row.split_once('\t').unwrap_or_else(|| panic!("a tab: {row}"));
        let found = read(input).unwrap_or_else(|| "-".into());
        if found != expected {
            wrong.push(format!("{input}: {found}, not {expected}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= least, "only {count} rows");
}

fn decimal(thousandths: i64) -> String {
    let (whole, rest) = (thousandths / 1_000, thousandths % 1_000);
    if rest == 0 {
        return whole.to_string();
    }
    format!("{whole}.{rest:03}").trim_end_matches('0').to_owned()
}

#[test]
fn numbers() {
    check(include_str!("../../tests/fixtures/zh/numbers.tsv"), 90, |text| {
        number(text).map(decimal)
    });
}

#[test]
fn quantities() {
    let shown = |found: Quantity| {
        let about = if found.about { "~" } else { "" };
        format!("{about}{}{}", decimal(found.thousandths), found.unit.unwrap_or_default())
    };
    check(include_str!("../../tests/fixtures/zh/quantities.tsv"), 110, |text| {
        quantity(text, true).map(shown)
    });
    check(include_str!("../../tests/fixtures/zh/quantities-inside.tsv"), 45, |text| {
        quantity(text, false).map(shown)
    });
}

#[test]
fn items_of_a_menu_of_five() {
    check(include_str!("../../tests/fixtures/zh/menu.tsv"), 40, |text| {
        menu_index(text, 5).map(|index| (index + 1).to_string())
    });
}

#[test]
fn yes_and_no() {
    check(include_str!("../../tests/fixtures/zh/yes-no.tsv"), 50, |text| {
        yes_no(text).map(|yes| if yes { "yes" } else { "no" }.to_owned())
    });
    check(include_str!("../../tests/fixtures/zh/yes-no-then.tsv"), 6, |text| {
        yes_no_then(text).map(|(yes, rest)| format!("{}: {rest}", if yes { "yes" } else { "no" }))
    });
}

#[test]
fn phones() {
    check(include_str!("../../tests/fixtures/zh/phones.tsv"), 25, |text| {
        Some(phone(text).unwrap_or_else(|error| match error {
            PhoneError::NotANumber => "none".into(),
            PhoneError::TooShort(n) => format!("short {n}"),
            PhoneError::TooLong(n) => format!("long {n}"),
            PhoneError::NotAMobile => "other".into(),
        }))
    });
}

#[test]
fn names() {
    check(include_str!("../../tests/fixtures/zh/names.tsv"), 25, |text| name(text, true));
    check(include_str!("../../tests/fixtures/zh/names-inside.tsv"), 8, |text| name(text, false));
}

/// A Tuesday.
fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 11, 24)
}

#[test]
fn days_as_they_are_said() {
    check(include_str!("../../tests/fixtures/zh/days.tsv"), 90, |text| match day(text, today()) {
        Ok(Some(date)) => Some(date.to_string()),
        Ok(None) => Some("~".into()),
        Err(DayError::NoSuchDay) => Some("!".into()),
        Err(DayError::NotADay) => None,
    });
    check(include_str!("../../tests/fixtures/zh/days-inside.tsv"), 18, |text| {
        let found = days(&Copy::of(text, 300), today());
        let shown = found.iter().map(|day| day.date.map_or("~".to_owned(), |d| d.to_string()));
        let shown: Vec<String> = shown.collect();
        (!shown.is_empty()).then(|| shown.join(" "))
    });
}

#[test]
fn sums_of_money() {
    check(include_str!("../../tests/fixtures/zh/money.tsv"), 30, |text| {
        let found = money(text)?;
        Some(format!("{}{}", if found.about { "~" } else { "" }, found.fen))
    });
    assert_eq!(find_money("他欠我三千块工钱").map(|sum| sum.fen), Some(300_000));
    assert_eq!(find_money("我家三块地都淹了"), None);
    assert_eq!(find_money("停水3天"), None);
}

#[test]
fn identity_numbers() {
    check(include_str!("../../tests/fixtures/zh/identities.tsv"), 10, |text| {
        match identity(text) {
            Ok(number) => Some(number),
            Err(IdentityError::NotANumber) => None,
            Err(IdentityError::Length(count)) => Some(format!("length {count}")),
            Err(IdentityError::Check) => Some("check".into()),
        }
    });
}

#[test]
fn plain_copies() {
    check(include_str!("../../tests/fixtures/zh/plain.tsv"), 15, |text| Some(plain(text)));
}

#[test]
fn a_phone_says_what_is_wrong() {
    assert_eq!(
        phone("1393151234").unwrap_err().to_string(),
        "手机号是11位，您发的是10位，少了1位，请再发一次"
    );
    assert_eq!(
        phone("139315123455").unwrap_err().to_string(),
        "手机号是11位，您发的是12位，多了1位，请再发一次"
    );
}

#[test]
fn numbers_in_a_text_are_masked() {
    let check = |text: &str, expect: &str| assert_eq!(mask_phones(text), expect);
    check("张三 13800138000", "张三 138****8000");
    check("老六　13800138000", "老六　138****8000");
    check("一三八 零零一三 八零零零", "138****8000");
    check("打13800138000，或者0315-4611234", "打138****8000，或者031****1234");
    check("座机03154611234，手机138 0013 8000。", "座机031****1234，手机138****8000。");
    check("一三八零零一三八零零零", "138****8000");
    check("欠了12345678901234元", "欠了12345678901234元");
    check("座机4612345没声", "座机****没声");
    check("没有号码", "没有号码");
}

#[test]
fn identity_numbers_are_masked() {
    // The example of GB 11643.
    assert_eq!(mask_identity("我是11010519491231002X，对"), "我是110*************2X，对");
    // Mistyped, or in full-width digits and groups: masked all the same.
    assert_eq!(mask_identity("110105194912310021"), "110*************21");
    assert_eq!(mask_identity("110105 19491231 002X"), "110*** ******** **2X");
    assert_eq!(
        mask_identity("１１０１０５１９４９１２３１００２Ｘ行吗"),
        "１１０*************２Ｘ行吗"
    );
    assert_eq!(
        mask_identity("编号126-041-273，电话13800138000"),
        "编号126-041-273，电话13800138000"
    );
    assert_eq!(mask_identity("1111010519491231002X"), "1111010519491231002X");
    assert_eq!(mask_identity("没有"), "没有");
}

#[test]
fn landlines() {
    check(include_str!("../../tests/fixtures/zh/landlines.tsv"), 10, |text| {
        find_landline(text).map(|(digits, _)| digits)
    });
}

#[test]
fn messages_are_counted_in_segments() {
    for (text, expect) in [
        (String::new(), 0),
        ("字".repeat(70), 1),
        ("字".repeat(71), 2),
        ("字".repeat(134), 2),
        ("字".repeat(135), 3),
        ("😀".repeat(35), 1),
        ("😀".repeat(36), 2),
    ] {
        assert_eq!(segments(&text), expect);
    }
}

/// The common characters are folded without Unicode's tables, and the same way.
#[test]
fn every_character_is_folded_as_unicode_says() {
    let folded = |c: char, by: fn(char, &mut dyn FnMut(char))| {
        let mut folded = String::new();
        by(c, &mut |c| folded.push(c));
        folded
    };
    for c in ('\0'..='\u{ffff}').chain('\u{1f000}'..='\u{1ffff}') {
        let quick = folded(c, |c, each| super::copy::fold(c, each));
        assert_eq!(quick, folded(c, |c, each| super::copy::fold_by_unicode(c, each)), "{c:?}");
    }
    assert_eq!(folded('Ａ', |c, each| super::copy::fold(c, each)), "a");
    assert_eq!(folded('燈', |c, each| super::copy::fold(c, each)), "灯");
}

#[test]
fn characters_are_compared_by_ear() {
    let (alike, dialect) = (sounds_alike, sounds_alike_in_dialect);
    assert!(alike('坨', '驼') && alike('坨', '陀') && alike('庄', '装'));
    assert!(!alike('张', '脏') && dialect('张', '脏'));
    assert!(dialect('刘', '牛') && dialect('陈', '程') && !dialect('黑', '白'));
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,60}") {
        let copy = plain(&text);
        prop_assert_eq!(plain(&copy).len() <= copy.len(), true);
        let _ = (number(&text), quantity(&text, true), quantity(&text, false));
        let _ = (menu_index(&text, 9), yes_no(&text), yes_no_then(&text));
        let _ = (day(&text, today()), days(&Copy::of(&text, 60), today()));
        let _ = (money(&text), find_money(&text), identity(&text));
        let _ = (name(&text, true), name(&text, false), phone(&text), mask_identity(&text));
        if let Some((digits, range)) = find_phone(&text) {
            prop_assert_eq!(digits.len(), 11);
            prop_assert!(text.get(range).is_some());
        }
        prop_assert_eq!(fold_digits(&text).chars().count(), text.chars().count());
    }

    #[test]
    fn chinese_numerals_are_read_back(n in 1i64..99_999) {
        let text = in_chinese(n);
        prop_assert_eq!(number(&text), Some(n * 1_000), "{}", text);
        prop_assert_eq!(number(&n.to_string()), Some(n * 1_000));
    }
}

/// The standard way to write a number, the way round.
fn in_chinese(n: i64) -> String {
    const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let mut text = String::new();
    let mut zero = false;
    for (power, name) in [(10_000, "万"), (1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = (n / power % 10) as usize;
        if digit == 0 {
            zero |= !text.is_empty();
            continue;
        }
        if zero {
            text.push('零');
            zero = false;
        }
        text.push_str(DIGITS[digit]);
        text.push_str(name);
    }
    text
}
