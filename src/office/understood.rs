//! What was made of a villager's words, for the case that comes of them, and for the page on
//! which a clerk tries one line.

use std::ops::Range;

use jiff::civil::Date;

use crate::desk::Understood;
use crate::dialog::{Answer, Call, How, Value, decimal};
use crate::meaning::{GATE, PlaceRead, Reader};
use crate::zh::Quantity;

use super::views::{LineView, Mark};

/// Answers of a call that are read out of her words.
const READ: [(&str, &str); 5] = [
    ("village", "地点"),
    ("category", "类别"),
    ("danger", "险情"),
    ("name", "姓名"),
    ("phone", "电话"),
];

/// Of her own words for a village.
const SAID_CHARS_MAX: usize = 20;

/// Of every answer that was not just given: what it is, and how it was come by.
pub(super) fn understood(call: &Call) -> Vec<Understood> {
    let one = |(slot, what): &(&str, &str)| {
        let answer = call.args.get(*slot)?;
        let (how, percent) = how(answer)?;
        let value = shown(&answer.value)?;
        let own = answer.raw.trim();
        let heard = *slot == "village" && answer.how == How::Fuzzy;
        let said = heard && own != value && own.chars().count() <= SAID_CHARS_MAX;
        Some(Understood {
            what: (*what).into(),
            how: how.into(),
            said: (said && !own.is_empty()).then(|| own.to_owned()),
            percent,
            value,
        })
    };
    READ.iter().filter_map(one).collect()
}

fn how(answer: &Answer) -> Option<(&'static str, Option<u8>)> {
    Some(match answer.how {
        How::Exact => ("照她回的话", None),
        How::Menu => ("她从菜单里选的", None),
        How::Fuzzy => ("照读音认的，她核对过", None),
        How::Likely(percent) => ("从话里认的，她核对过", Some(percent)),
        How::Intake => ("从话里摘出来的", None),
        How::Default => ("照来电号码填的", None),
        How::Given => return None,
    })
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Village { name, .. } => Some(name.clone()),
        Value::Choice { label, .. } => Some(label.clone()),
        Value::Text(text) => Some(text.chars().take(40).collect()),
        _ => None,
    }
}

/// What the bot makes of one line: the line cut at what was recognised, and what that is.
pub(super) fn line(reader: &Reader<'_>, text: &str, today: Date) -> LineView {
    let found = reader.understand(text, today);
    let mut spans: Vec<(Range<usize>, &'static str)> = Vec::new();
    let mut facts: Vec<(&'static str, String)> = vec![("意思", intent(found.intent.id()).into())];
    if let Some((emergency, span)) = &found.emergency {
        spans.push((span.clone(), "险情"));
        facts.push(("险情", format!("先让她打 {}", emergency.call.join("、"))));
    }
    if let Some(place) = &found.place {
        if !place.span.is_empty() {
            spans.push((place.span.clone(), "地点"));
        }
        facts.push(("地点", place_told(place)));
    }
    let kinds = found.kinds.iter().filter_map(|(code, p)| {
        let name = &reader.categories.get(code)?.name;
        Some(format!("{name} {:.0}%", p * 100.0))
    });
    let kinds: Vec<String> = kinds.collect();
    if !kinds.is_empty() {
        let sure = found.kinds.first().is_some_and(|(_, p)| *p >= GATE);
        let told = if sure { "不问" } else { "拿不准，会问她" };
        facts.push(("类别", format!("{}（{told}）", kinds.join("、"))));
    }
    for (what, seen) in [("电话", &found.phone), ("座机", &found.landline), ("姓名", &found.name)]
    {
        if let Some((value, span)) = seen {
            spans.push((span.clone(), what));
            facts.push((what, value.clone()));
        }
    }
    if let Some(span) = &found.identity {
        spans.push((span.clone(), "证件号"));
        facts.push(("证件号", "遮住，不存".into()));
    }
    if let Some((number, span)) = &found.case_number {
        spans.push((span.clone(), "编号"));
        facts.push(("编号", number.clone()));
    }
    for read in &found.quantities {
        spans.push((read.span.clone(), "数量"));
        facts.push(("数量", quantity_told(&read.quantity)));
    }
    for day in &found.days {
        spans.push((day.span.clone(), "日子"));
        facts.push(("日子", day.date.map_or("大约，照她说的记".into(), |date| date.to_string())));
    }
    let asks: Vec<&str> = found
        .asks
        .iter()
        .map(|ask| if *ask == "place" { "在哪个村" } else { "是哪方面的事" })
        .collect();
    facts.push(("还要问她", if asks.is_empty() { "不用问".into() } else { asks.join("、") }));
    let telling = reader.telling(text, &found);
    let words = telling.kind.into_iter().map(|span| (span, "类别"));
    for (span, what) in words.chain(telling.intent.into_iter().map(|span| (span, "意思"))) {
        let free = without(span, &spans);
        spans.extend(free.into_iter().map(|part| (part, what)));
    }
    LineView { marks: cut(text, spans), facts }
}

/// What of a span is not marked yet.
fn without(span: Range<usize>, marked: &[(Range<usize>, &str)]) -> Vec<Range<usize>> {
    let mut free = vec![span];
    for (other, _) in marked {
        free = free.into_iter().flat_map(|part| around(part, other)).collect();
    }
    free
}

/// The parts before and behind what `taken` takes away.
fn around(part: Range<usize>, taken: &Range<usize>) -> Vec<Range<usize>> {
    let before = part.start..part.end.min(taken.start);
    let behind = part.start.max(taken.end)..part.end;
    [before, behind].into_iter().filter(|part| part.start < part.end).collect()
}

fn quantity_told(quantity: &Quantity) -> String {
    let about = if quantity.about { "大约" } else { "" };
    let unit = quantity.unit.as_deref().unwrap_or_default();
    format!("{about}{}{unit}", decimal(quantity.thousandths))
}

fn place_told(place: &PlaceRead<'_>) -> String {
    let whole = |place: &crate::county::Place| format!("{}{}", place.township, place.name);
    if let Some(advice) = &place.advice {
        return advice.clone();
    }
    if let Some(found) = place.place {
        let how = match place.how {
            "exact" => "",
            "sound" => "（照读音）",
            "dialect" => "（照口音）",
            _ => "（只说了一部分）",
        };
        return format!("{}{how}", whole(found));
    }
    let names: Vec<String> = place.alternatives.iter().map(|place| whole(place)).collect();
    format!("拿不准，会问她：{}", names.join("、"))
}

fn intent(id: &str) -> &'static str {
    match id {
        "report" => "反映问题",
        "order" => "买东西",
        "progress" => "查进度",
        "human" => "找工作人员",
        "cancel" => "不办了",
        "help" => "问怎么用",
        "thanks" => "道谢",
        "chitchat" => "闲话",
        "consult" => "打听",
        _ => "没听懂",
    }
}

/// The text from its beginning to its end; of two spans that overlap the first counts.
fn cut(text: &str, mut spans: Vec<(Range<usize>, &'static str)>) -> Vec<Mark> {
    spans.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
    let mut marks = Vec::new();
    let mut at = 0;
    let plain = |part: &str| Mark { text: part.to_owned(), what: None };
    for (span, what) in spans {
        if span.start < at || span.is_empty() {
            continue;
        }
        if span.start > at {
            marks.push(plain(&text[at..span.start]));
        }
        marks.push(Mark { text: text[span.clone()].to_owned(), what: Some(what) });
        at = span.end;
    }
    if at < text.len() {
        marks.push(plain(&text[at..]));
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_line_are_the_line() {
        let text = "大黑坨村停水三天，电话13800138000";
        let spans = vec![(27..38, "电话"), (0..12, "地点"), (3..9, "姓名"), (18..24, "数量")];
        // Bytes of the telephone number begin behind 电话.
        let spans: Vec<_> = spans
            .into_iter()
            .map(|(span, what)| {
                let start = text.find("138").unwrap();
                if what == "电话" { (start..text.len(), what) } else { (span, what) }
            })
            .collect();
        let marks = cut(text, spans);
        let whole: String = marks.iter().map(|mark| mark.text.as_str()).collect();
        assert_eq!(whole, text);
        let named: Vec<_> =
            marks.iter().filter_map(|mark| Some((mark.what?, mark.text.as_str()))).collect();
        assert_eq!(named, [("地点", "大黑坨村"), ("数量", "三天"), ("电话", "13800138000")]);
    }
}
