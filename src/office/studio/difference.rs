//! What is different between two texts, a line at a time, with a few lines around it.

use similar::{ChangeTag, TextDiff};

const AROUND: usize = 3;
const LINES_MAX: usize = 1_500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferentFile {
    pub name: String,
    pub added: usize,
    pub removed: usize,
    pub lines: Vec<DifferentLine>,
    /// There is more than is shown.
    pub cut: bool,
}

/// `sign`: + - or a blank; … stands for what is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferentLine {
    pub sign: char,
    pub old: Option<usize>,
    pub new: Option<usize>,
    pub text: String,
}

/// `None` when they are the same.
pub fn difference(name: &str, old: &str, new: &str) -> Option<DifferentFile> {
    if old == new {
        return None;
    }
    let diff = TextDiff::from_lines(old, new);
    let mut file = DifferentFile {
        name: name.to_owned(),
        added: 0,
        removed: 0,
        lines: Vec::new(),
        cut: false,
    };
    for (n, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if n > 0 {
            file.push(DifferentLine { sign: '…', old: None, new: None, text: String::new() });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Insert => '+',
                ChangeTag::Delete => '-',
                ChangeTag::Equal => ' ',
            };
            file.added += usize::from(sign == '+');
            file.removed += usize::from(sign == '-');
            file.push(DifferentLine {
                sign,
                old: change.old_index().map(|at| at + 1),
                new: change.new_index().map(|at| at + 1),
                text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
            });
        }
    }
    Some(file)
}

impl DifferentFile {
    fn push(&mut self, line: DifferentLine) {
        if self.lines.len() < LINES_MAX {
            self.lines.push(line);
        } else {
            self.cut = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_numbers_of_both_sides() {
        let found = difference("a", "一\n二\n三\n", "一\n贰\n三\n四\n").unwrap();
        let shown: Vec<String> =
            found.lines.iter().map(|line| format!("{}{}", line.sign, line.text)).collect();
        assert_eq!(shown, [" 一", "-二", "+贰", " 三", "+四"]);
        assert_eq!((found.added, found.removed), (2, 1));
        assert_eq!((found.lines[1].old, found.lines[1].new), (Some(2), None));
        assert_eq!((found.lines[4].old, found.lines[4].new), (None, Some(4)));
        assert_eq!(difference("a", "一\n", "一\n"), None);
    }

    #[test]
    fn a_long_difference_is_cut_and_says_so() {
        let new: String = (0..3_000).map(|n| format!("{n}\n")).collect();
        let found = difference("a", "", &new).unwrap();
        assert!(found.cut && found.lines.len() == LINES_MAX && found.added == 3_000);
    }
}
