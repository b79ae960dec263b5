//! The files that a script is made of, and what is wrong with them.

use std::fmt;

use crate::dialog::read::yaml::Place;

/// One file of `dialogs/`; the host reads the folder. Of a workbook, the CSV it stands for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceFile {
    /// `反映问题.yaml`, `表/商品.csv`, `翻译/四川话.csv`
    pub name: String,
    pub text: String,
}

/// One mistake: where, what is wrong, how to mend it. For clerks, in Chinese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub file: String,
    /// From 1; 0 when it is about no line.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Stable, for example `E205`.
    pub code: &'static str,
    pub message: String,
    /// The line itself.
    pub line_text: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return write!(f, "{}：{}[{}]", self.file, self.message, self.code);
        }
        writeln!(
            f,
            "{} 第{}行第{}列：{}[{}]",
            self.file, self.line, self.column, self.message, self.code
        )?;
        writeln!(f, "    {}", self.line_text)?;
        let before: usize =
            self.line_text.chars().take(self.column.saturating_sub(1)).map(columns).sum();
        write!(f, "    {}^", " ".repeat(before))
    }
}

/// Columns of a terminal that a character takes.
pub(in crate::dialog) fn columns(c: char) -> usize {
    if c == '\t' { 1 } else { unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) }
}

/// Of the line that is shown with a mistake.
const LINE_CHARACTERS_MAX: usize = 100;

/// Collects the mistakes of one file.
pub(in crate::dialog) struct Problems<'a> {
    file: &'a SourceFile,
    pub found: Vec<Diagnostic>,
}

impl<'a> Problems<'a> {
    pub fn of(file: &'a SourceFile) -> Self {
        Self { file, found: Vec::new() }
    }

    /// Where `text` stands, at or behind `from`; `from` if it does not.
    pub fn find(&self, from: Place, text: &str) -> Place {
        let file = self.file.text.trim_start_matches('\u{feff}');
        for (n, line) in file.lines().enumerate().skip(from.0.saturating_sub(1)) {
            let before = if n + 1 == from.0 { from.1.saturating_sub(1) } else { 0 };
            let start = line.char_indices().nth(before).map_or(line.len(), |(at, _)| at);
            if let Some(at) = line[start..].find(text) {
                return (n + 1, line[..start + at].chars().count() + 1);
            }
        }
        from
    }

    pub fn add(&mut self, at: Place, code: &'static str, message: impl Into<String>) {
        self.add_row(at, at.0, code, message);
    }

    /// The same where a row is not counted as its line in the text is.
    pub fn add_row(
        &mut self,
        (line, column): Place,
        shown: usize,
        code: &'static str,
        message: impl Into<String>,
    ) {
        let text = self.file.text.trim_start_matches('\u{feff}');
        let line_text = text.lines().nth(shown.saturating_sub(1)).unwrap_or_default();
        let mut line_text: String = line_text.trim_end().to_owned();
        if let Some((end, _)) = line_text.char_indices().nth(LINE_CHARACTERS_MAX) {
            line_text.truncate(end);
            line_text.push('…');
        }
        let diagnostic = Diagnostic {
            file: self.file.name.clone(),
            line,
            column,
            code,
            message: message.into(),
            line_text,
        };
        // One text stands for both channels: its mistake is said once.
        if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }
}

/// The known word that is nearest to a wrong one, if one is near.
pub(in crate::dialog) fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wrong: Vec<char> = wrong.chars().collect();
    known
        .into_iter()
        .map(|word| (distance(&wrong, &word.chars().collect::<Vec<_>>()), word))
        .filter(|(distance, word)| *distance <= 1 + word.chars().count() / 4)
        .min()
        .map(|(_, word)| word)
}

pub(in crate::dialog) fn did_you_mean<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    nearest(wrong, known).map_or_else(String::new, |word| format!("您是不是要写「{word}」？"))
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = change.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_character() {
        let file = SourceFile { name: "a.yaml".into(), text: "问: 村庄 x\n".into() };
        let mut problems = Problems::of(&file);
        problems.add((1, 7), "E200", "不对。");
        assert_eq!(
            problems.found[0].to_string(),
            "a.yaml 第1行第7列：不对。[E200]\n    问: 村庄 x\n             ^"
        );
    }

    #[test]
    fn near_words() {
        assert_eq!(nearest("数亮", ["数量", "单选"]), Some("数量"));
        assert_eq!(nearest("creat_case", ["create_case", "rate_case"]), Some("create_case"));
        assert_eq!(nearest("天气", ["数量", "单选"]), None);
    }
}
