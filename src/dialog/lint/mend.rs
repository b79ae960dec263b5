//! `bianmin lint --fix`: what can be mended without judgement. Comments and layout stay as they
//! are; what is mended once is not touched again.

use crate::dialog::read::source::SourceFile;
use crate::dialog::read::yaml_lines;
use crate::dialog::script::keywords::is_keyword;

/// Keys whose value is a list of words.
const WORD_LISTS: [&str; 6] = ["词", "words", "可跳过", "skip", "列出", "list"];

/// The mended text; `None` when there is nothing to mend. Only for the YAML of dialogs.
pub fn mend(file: &SourceFile) -> Option<String> {
    if !file.name.ends_with(".yaml") {
        return None;
    }
    let (mark, text) = match file.text.strip_prefix('\u{feff}') {
        Some(text) => ("\u{feff}", text),
        None => ("", file.text.as_str()),
    };
    let mut mended = mark.to_owned();
    // Lines deeper than this belong to a block of plain text.
    let mut block: Option<usize> = None;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim_end_matches(['\n', '\r']);
        let end = &raw[line.len()..];
        let line = tidy(line);
        let indent = line.len() - line.trim_start_matches(' ').len();
        let inside = block.is_some_and(|outer| line.trim().is_empty() || indent > outer);
        if inside {
            mended.push_str(&line);
        } else {
            let line = structure(&line);
            block = opens_block(&line);
            mended.push_str(&line);
        }
        mended.push_str(end);
    }
    (mended != file.text).then_some(mended)
}

/// Blanks in front are plain ones, none stand at the end, nothing is invisible.
fn tidy(line: &str) -> String {
    let seen: String = line.chars().filter(|c| !yaml_lines::is_unseen(*c)).collect();
    let body = seen.trim_start_matches([' ', '\u{3000}', '\u{a0}', '\t']);
    let mut front = String::new();
    for c in seen[..seen.len() - body.len()].chars() {
        front.push_str(if matches!(c, '\u{3000}' | '\t') { "  " } else { " " });
    }
    let body = body.trim_end_matches([' ', '\t', '\u{3000}', '\u{a0}', '\r']);
    if body.is_empty() { String::new() } else { front + body }
}

/// Dashes, colons, quotes and separators of a line that is a part of the structure.
fn structure(line: &str) -> String {
    let body = line.trim_start_matches(' ');
    let front = &line[..line.len() - body.len()];
    if body.is_empty() || body.starts_with('#') {
        return line.to_owned();
    }
    let (dashes, body) = dashes(body);
    let body = body.replace('\t', " ");
    let Some((key, value)) = key_and_value(&body) else {
        let value = if dashes.is_empty() { body.clone() } else { quoted(&body) };
        return format!("{front}{dashes}{value}");
    };
    let value = match WORD_LISTS.contains(&key.as_str()) {
        true => separated(&value),
        false => quoted(&value),
    };
    let gap = if value.is_empty() { "" } else { " " };
    format!("{front}{dashes}{key}:{gap}{value}")
}

/// `－问` and `·问` become `- 问`, where 问 is a keyword.
fn dashes(body: &str) -> (String, String) {
    let mut found = String::new();
    let mut rest = body;
    while let Some(inner) = rest.strip_prefix("- ") {
        found.push_str(&rest[..rest.len() - inner.trim_start().len()]);
        rest = inner.trim_start();
    }
    let undashed = rest.trim_start_matches(['-', '－', '—', '–', '·', '•']).trim_start();
    let begins = undashed.split_once([':', '：']).is_some_and(|(key, _)| is_keyword(key.trim()));
    if found.is_empty() && undashed.len() < rest.len() && begins {
        return ("- ".to_owned(), undashed.to_owned());
    }
    (found, rest.to_owned())
}

/// At the first colon, when what stands before it is a keyword or YAML says so anyway.
fn key_and_value(body: &str) -> Option<(String, String)> {
    if body.starts_with(['"', '\'']) {
        return None;
    }
    let at = body.find([':', '：'])?;
    let wide = body[at..].starts_with('：');
    let (key, rest) = (body[..at].trim_end(), &body[at + if wide { '：'.len_utf8() } else { 1 }..]);
    let plain = !wide && (rest.is_empty() || rest.starts_with(' '));
    // A blank behind the key is kept where YAML allows it.
    let key = if plain { &body[..at] } else { key };
    if !(is_keyword(key.trim()) || plain && !key.contains(['，', '。', ' '])) {
        return None;
    }
    // Blanks that align values are layout.
    let value = if plain { rest.strip_prefix(' ').unwrap_or(rest) } else { rest.trim_start() };
    Some((key.to_owned(), value.to_owned()))
}

/// In quotes, when YAML would cut the text off or take it for something else.
fn quoted(value: &str) -> String {
    let text = value.trim();
    if text.is_empty() || text.starts_with(['"', '\'', '|', '#']) {
        return value.to_owned();
    }
    // What looks like a comment stays one.
    let (text, comment) = match text.find(" # ") {
        Some(at) => (text[..at].trim_end(), &text[text[..at].trim_end().len()..]),
        None => (text, ""),
    };
    let cut = text.find(" #").is_some();
    let split = text.contains(": ") || text.ends_with(':');
    let taken = text.starts_with(['&', '*', '!', '@', '%', '`', '>', '{', '[', ',', '?']);
    if !(cut || split || taken) {
        return value.to_owned();
    }
    format!("\"{}\"{comment}", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `[路, 修路]` and `路，修路` become `路、修路`.
fn separated(value: &str) -> String {
    let (text, comment) = match value.find(" #") {
        Some(at) => value.split_at(at),
        None => (value, ""),
    };
    if text.starts_with(['"', '\'']) || text.trim().is_empty() {
        return value.to_owned();
    }
    let inner = text.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let unquoted = |word: &str| word.trim().trim_matches(['"', '\'']).to_owned();
    let words: Vec<String> = inner
        .unwrap_or(text)
        .split(['、', '，', ',', '；', ';', '|'])
        .map(|word| if inner.is_some() { unquoted(word) } else { word.trim().to_owned() })
        .filter(|word| !word.is_empty())
        .collect();
    let before = &text[..text.len() - text.trim_start().len()];
    let after = &text[text.trim_end().len()..];
    format!("{before}{}{after}{comment}", words.join("、"))
}

/// How deep the line stands below which a block of text begins.
fn opens_block(line: &str) -> Option<usize> {
    let text = line.split(" #").next().unwrap_or_default().trim_end();
    let opens = text.ends_with(": |") || text.ends_with(": |-") || text.ends_with("- |");
    if !opens {
        return None;
    }
    let body = line.trim_start_matches([' ', '-']);
    let key = line.len() - body.len();
    // Below `- 现场: |` the key decides, below `- |` the dash.
    Some(if body.starts_with('|') { line.len() - line.trim_start().len() } else { key })
}
