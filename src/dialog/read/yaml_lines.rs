//! The lines of a script before YAML reads them: what a Chinese keyboard does to them is
//! mended, and what YAML would take for something else, or drop in silence, is said.

use std::collections::HashMap;

use crate::dialog::read::source::Problems;
use crate::dialog::read::yaml::Place;
use crate::dialog::script::keywords::is_keyword;

pub(in crate::dialog) struct Mended {
    pub text: String,
    shifts: HashMap<usize, Shift>,
}

/// How far the characters of a mended line stand from where they were written.
struct Shift {
    /// Column of the colon that was mended; 0 if none was.
    colon: usize,
    before: usize,
    behind: isize,
}

impl Mended {
    /// Where it stands in the file as it was written.
    pub fn written(&self, (line, column): Place) -> Place {
        let Some(shift) = self.shifts.get(&line) else { return (line, column) };
        let written = match column > shift.colon {
            true => column.saturating_add_signed(-shift.behind),
            false => column.saturating_sub(shift.before),
        };
        (line, written.max(1))
    }
}

/// The same lines with structure mended; `None` after a mistake that can not be mended.
pub(in crate::dialog) fn check(text: &str, problems: &mut Problems) -> Option<Mended> {
    let already = problems.found.len();
    let mut mended = Mended { text: String::with_capacity(text.len()), shifts: HashMap::new() };
    // Lines deeper than this belong to a block of plain text.
    let mut block: Option<usize> = None;
    for (n, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = n + 1;
        if let Some(at) = raw.chars().position(is_unseen) {
            let message = "这里有一个看不见的字符。请把它前后的字删去重打。";
            problems.add((number, at + 1), "E103", message);
        }
        let indented = mend_indentation(raw);
        let indent = indented.len() - indented.trim_start_matches(' ').len();
        let inside = block.is_some_and(|outer| indented[indent..].is_empty() || indent > outer);
        if inside {
            mended.text.push_str(&indented);
            mended.text.push('\n');
            continue;
        }
        if let Some(at) = raw.chars().position(|c| c == '\t') {
            problems.add((number, at + 1), "E103", "这里有制表符（Tab）。请改成空格。");
        }
        let (line, colon) = match mend_colon(&indented, indent) {
            Some((line, colon)) => (line, colon),
            None => (indented.clone(), 0),
        };
        if line != raw {
            let count = |text: &str| text.chars().count();
            let before = count(&indented) - count(raw);
            let behind = count(&line) as isize - count(raw) as isize;
            mended.shifts.insert(number, Shift { colon, before, behind });
        }
        let mut wrong = |at: usize, code, message: &str| {
            let column = line.get(..at).map_or(at, |head| head.chars().count()) + 1;
            problems.add(mended.written((number, column)), code, message);
        };
        block = check_line(line.trim_end(), &mut wrong);
        mended.text.push_str(&line);
        mended.text.push('\n');
    }
    (problems.found.len() == already).then_some(mended)
}

/// Characters that nobody can see, and that YAML or a comparison would stumble over.
pub(in crate::dialog) fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}' | '\u{feff}')
        || (c.is_control() && c != '\t')
}

/// Wide and hard blanks in front become as many plain ones as they are wide.
fn mend_indentation(line: &str) -> String {
    let mut mended = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next().filter(|c| matches!(c, ' ' | '\u{3000}' | '\u{a0}')) {
        mended.push_str(if c == '\u{3000}' { "  " } else { " " });
        rest = &rest[c.len_utf8()..];
    }
    mended.push_str(rest);
    mended
}

/// `问：村` and `问:村` become `问: 村`, where 问 is a keyword. With the column of the colon.
fn mend_colon(line: &str, indent: usize) -> Option<(String, usize)> {
    let body = &line[indent..];
    let (dash, key_on) = match body.strip_prefix("- ") {
        Some(rest) => ("- ", rest.trim_start()),
        None => ("", body),
    };
    for colon in ['：', ':'] {
        if let Some((key, value)) = key_on.split_once(colon)
            && is_keyword(key.trim_end())
            && !(colon == ':' && (value.is_empty() || value.starts_with(' ')))
        {
            let front = format!("{}{dash}{}", &line[..indent], key.trim_end());
            let column = front.chars().count() + 1;
            return Some((format!("{front}: {}", value.trim_start()), column));
        }
    }
    None
}

/// Says what is wrong in a line, at a byte of it. `Some` when a block of text begins: its
/// lines stand deeper than this.
fn check_line(line: &str, wrong: &mut impl FnMut(usize, &'static str, &str)) -> Option<usize> {
    let at = |rest: &str| line.len() - rest.len();
    let body = line.trim_start_matches(' ');
    if body.starts_with('#') {
        return None;
    }
    if body.starts_with("---") || body.starts_with("...") {
        wrong(at(body), "E107", "一个文件只写一个对话，请删去这一行。");
        return None;
    }
    let undashed = body.trim_start_matches(['-', '－', '—', '–', '·', '•']);
    if !body.starts_with("- ")
        && undashed.len() < body.len()
        && undashed.split_once([':', '：']).is_some_and(|(key, _)| is_keyword(key.trim()))
    {
        wrong(at(body), "E111", "开头要写成「- 」：一个英文的减号，再空一格。");
        return None;
    }
    let mut outer = at(body);
    let mut rest = body;
    while let Some(inner) = rest.strip_prefix("- ") {
        outer = at(rest);
        rest = inner.trim_start();
    }
    let mut value = rest;
    if !rest.starts_with(['"', '\''])
        && let Some((_, behind)) = rest.split_once(": ")
    {
        outer = at(rest);
        value = behind.trim_start();
    }
    if let Some(quote @ ('"' | '\'')) = value.chars().next() {
        if !is_closed(&value[1..], quote) {
            let message = "引号没有关上。请在这一行的末尾补上；要换行请写「\\n」。";
            wrong(at(value), "E110", message);
        }
        return None;
    }
    // " #" begins a comment: what follows would be lost, unless it looks like one.
    let comment = value.starts_with('#').then_some(0).or(value.find(" #").map(|found| found + 1));
    if let Some(found) = comment {
        let behind = &value[found + 1..];
        if !behind.is_empty() && !behind.starts_with(' ') {
            let message = "「#」后面的字会被当成注释丢掉。要原样显示请用双引号把整段括起来；\
                           真是注释请在 # 后空一格。";
            wrong(at(value) + found, "E106", message);
        }
    }
    let first = value.chars().next()?;
    match (first, value[..comment.unwrap_or(value.len())].trim_end()) {
        (_, "|" | "|-") => return Some(outer),
        ('|' | '>', _) => {
            let message = "要分几行写，请只写一个「|」，下面的各行缩进；\
                           文字用「|」「>」开头时请用双引号括起来。";
            wrong(at(value), "E109", message);
        }
        ('[' | '{', _) => {
            let message = format!(
                "不要用「{first}」写列表。几个词请用顿号隔开，例如：路、修路、坑；\
                 要原样显示请加双引号。"
            );
            wrong(at(value), "E104", &message);
        }
        ('&' | '*' | '!', _) => {
            let message = format!("文字不能用「{first}」开头。请用双引号把这段文字括起来。");
            wrong(at(value), "E105", &message);
        }
        _ => {}
    }
    None
}

/// `text` stands behind the opening quote.
fn is_closed(text: &str, quote: char) -> bool {
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c == '\\' && quote == '"' {
            characters.next();
        } else if c == quote {
            return true;
        }
    }
    false
}
