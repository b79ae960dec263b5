//! What became of the transcripts, as it is shown to the person who wrote them.

use std::fmt;

use crate::dialog::read::source::columns;
use crate::dialog::rehearse::coverage::{Coverage, padded};

/// Columns of each half of a comparison.
const HALF: usize = 36;

/// What became of all transcripts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestReport {
    pub run: usize,
    pub messages: usize,
    pub failures: Vec<Failure>,
    pub coverage: Coverage,
    /// Of each transcript in which a case is filed: her messages until then.
    pub until_filed: Vec<usize>,
}

/// The first line of a transcript that does not come true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Names of the dialog and of the test.
    pub dialog: String,
    pub test: String,
    pub file: String,
    /// From 1.
    pub line: usize,
    pub wrong: Wrong,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// `said` is nothing when the bot was silent.
    Said {
        expected: String,
        said: Option<String>,
    },
    Told(String),
}

impl TestReport {
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for TestReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for failure in &self.failures {
            writeln!(f, "{failure}\n")?;
        }
        let good = self.run - self.failures.len();
        write!(f, "{}个测试，{}句话：{good}个通过", self.run, self.messages)?;
        if !self.passed() {
            write!(f, "，{}个不通过", self.failures.len())?;
        }
        write!(f, "。")?;
        if let Some(median) = self.median_until_filed() {
            let count = self.until_filed.len();
            write!(f, "\n立了案的{count}个测试里，村民从第一句话到有编号，中位数是{median}句。")?;
        }
        Ok(())
    }
}

impl TestReport {
    /// Of an even number the higher one; none where no transcript files a case.
    pub fn median_until_filed(&self) -> Option<usize> {
        let mut counts = self.until_filed.clone();
        counts.sort_unstable();
        counts.get(counts.len() / 2).copied()
    }
}

impl Failure {
    /// In one sentence, without the comparison.
    pub fn brief(&self) -> String {
        match &self.wrong {
            Wrong::Told(what) => what.clone(),
            Wrong::Said { expected, said: Some(said) } => {
                format!("应该说：{expected}　实际说：{said}")
            }
            Wrong::Said { expected, said: None } => {
                format!("应该说：{expected}　实际没有说话。")
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { dialog, test, file, line, wrong } = self;
        writeln!(f, "✗ {dialog}「{test}」　{file}:{line}")?;
        match wrong {
            Wrong::Told(what) => write!(f, "  {what}"),
            Wrong::Said { expected, said: None } => {
                write!(f, "  应该说：{expected}\n  实际没有说话。")
            }
            Wrong::Said { expected, said: Some(said) } => {
                let from = first_difference(expected, said);
                write!(f, "  {} │ 实际说", padded("应该说（…是什么都行）", HALF))?;
                let (left, right) = (folded(expected), folded(said));
                let mut at = 0;
                for n in 0..left.len().max(right.len()) {
                    let l = left.get(n).map_or("", String::as_str);
                    let r = right.get(n).map_or("", String::as_str);
                    write!(f, "\n  {} │ {r}", padded(l, HALF))?;
                    let length = r.chars().count();
                    if (at..at + length.max(1)).contains(&from)
                        || (n + 1 == right.len() && from >= at + length)
                    {
                        let before: usize = r.chars().take(from - at).map(columns).sum();
                        write!(
                            f,
                            "\n  {} │ {}^ 从这里起不一样",
                            padded("", HALF),
                            " ".repeat(before)
                        )?;
                        at = usize::MAX / 2;
                    } else {
                        at += length;
                    }
                }
                Ok(())
            }
        }
    }
}

/// Characters of `said` that still agree with what was expected; … agrees with anything.
fn first_difference(expected: &str, said: &str) -> usize {
    let mut at = 0;
    let parts: Vec<&str> = expected.split('…').collect();
    for (n, part) in parts.iter().enumerate() {
        let part = if n == 0 { part.trim_end() } else { part.trim() };
        let rest: String = said.chars().skip(at).collect();
        let begins = if n == 0 {
            Some(0)
        } else if n + 1 == parts.len() && rest.ends_with(part) {
            return said.chars().count();
        } else {
            rest.find(part).map(|found| rest[..found].chars().count())
        };
        let Some(begins) = begins else { return at };
        let same = part.chars().zip(rest.chars().skip(begins)).take_while(|(a, b)| a == b).count();
        at += begins + same;
        if same < part.chars().count() {
            return at;
        }
    }
    at
}

/// Lines of `HALF` columns.
fn folded(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        if used + columns(c) > HALF {
            lines.push(String::new());
            used = 0;
        }
        used += columns(c);
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_two_sentences_part() {
        let check = |expected, said, at| assert_eq!(first_difference(expected, said), at, "{said}");
        check("您是哪个村的？", "您是哪个镇的？", 4);
        check("您好", "您好！", 2);
        check("哪一个？…2 乙", "哪一个？ 1 甲 2 丙", 4);
        check("…2 乙…", "哪一个？ 1 甲 3 丙", 0);
    }

    #[test]
    fn the_mark_stands_below_the_first_difference() {
        let failure = Failure {
            dialog: "问村".into(),
            test: "一步".into(),
            file: "问村.yaml".into(),
            line: 12,
            wrong: Wrong::Said {
                expected: "您是哪个村的？".into(),
                said: Some("您是哪个镇的？".into()),
            },
        };
        let shown = failure.to_string();
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], "✗ 问村「一步」　问村.yaml:12");
        let before = |line: &str, mark: char| -> usize {
            line.chars().take_while(|c| *c != mark).map(columns).sum()
        };
        assert_eq!(before(lines[2], '镇'), before(lines[3], '^'), "{shown}");
    }
}
