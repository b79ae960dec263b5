//! One word more in the text of a dialog, where a clerk would write it. All else stays as it
//! is, remarks too.

/// `词: a、b` of the entry with one more. `None`: the text is not written so.
pub fn with_entry_word(text: &str, word: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let entry = lines.iter().position(|line| is_key(line, &["入口", "entry"]))?;
    let block = entry + 1..end_of_block(&lines, entry);
    let list = block.clone().find(|at| is_key(lines[*at].trim_start(), &WORDS));
    match list {
        Some(at) => with_line(&lines, at, &longer(lines[at], word)?),
        None => {
            let indent = lines.get(entry + 1).filter(|_| !block.is_empty()).map_or(2, |l| depth(l));
            Some(with_new_line(&lines, entry, &format!("{}词: {word}", " ".repeat(indent))))
        }
    }
}

/// The same of an option of the question that begins at `line`, counted from 1.
pub fn with_option_word(text: &str, line: usize, label: &str, word: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let question = line.checked_sub(1).filter(|at| *at < lines.len())?;
    let is_label = |line: &str| {
        let (key, value) = key_and_value(bare(line))?;
        (["字", "text"].contains(&key) && unquoted(value) == label).then_some(())
    };
    let block = question + 1..end_of_block(&lines, question);
    let at = block.clone().find(|at| is_label(lines[*at]).is_some())?;
    // The keys of one option stand at the same depth; a dash begins the next one.
    let inner = depth(lines[at]) + if lines[at].trim_start().starts_with("- ") { 2 } else { 0 };
    let mut rest = (at + 1..block.end).take_while(|n| {
        let line = lines[*n];
        line.trim().is_empty() || (depth(line) >= inner && !line.trim_start().starts_with("- "))
    });
    match rest.find(|n| is_key(lines[*n].trim_start(), &WORDS)) {
        Some(list) => with_line(&lines, list, &longer(lines[list], word)?),
        None => Some(with_new_line(&lines, at, &format!("{}词: {word}", " ".repeat(inner)))),
    }
}

const WORDS: [&str; 2] = ["词", "words"];

/// Without the dash of a list.
fn bare(line: &str) -> &str {
    let line = line.trim();
    line.strip_prefix("- ").unwrap_or(line).trim_start()
}

fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once([':', '：'])?;
    Some((key.trim(), without_remark(value).trim()))
}

fn is_key(line: &str, keys: &[&str]) -> bool {
    key_and_value(line).is_some_and(|(key, _)| keys.contains(&key)) && !line.starts_with(' ')
}

fn without_remark(text: &str) -> &str {
    text.find(" #").map_or(text, |at| &text[..at])
}

fn unquoted(text: &str) -> &str {
    let quoted = |mark: char| text.strip_prefix(mark)?.strip_suffix(mark);
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text)
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Behind the last line that is deeper than the one at `at`.
fn end_of_block(lines: &[&str], at: usize) -> usize {
    let inner = |line: &&str| line.trim().is_empty() || depth(line) > depth(lines[at]);
    at + 1 + lines[at + 1..].iter().take_while(|line| inner(line)).count()
}

/// The line with the word behind its last one, before a remark.
fn longer(line: &str, word: &str) -> Option<String> {
    let body = without_remark(line).trim_end();
    let (_, value) = key_and_value(body)?;
    let odd = value.is_empty() || value.starts_with(['"', '\'', '[', '|', '>', '&', '*', '{']);
    (!odd).then(|| format!("{body}、{word}{}", &line[body.len()..]))
}

fn with_line(lines: &[&str], at: usize, new: &str) -> Option<String> {
    let mut lines = lines.to_vec();
    *lines.get_mut(at)? = new;
    Some(joined(&lines))
}

fn with_new_line(lines: &[&str], behind: usize, new: &str) -> String {
    let mut lines = lines.to_vec();
    lines.insert(behind + 1, new);
    joined(&lines)
}

fn joined(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
对话: rate
入口:
  词: 评价、打分   # 常用的
  短信: 7
步骤:
  - 问: how
    选项:
      - 值: good
        字: 满意
        词: 好、可以
      - 值: fair
        字: 一般
      - 字: \"差\"
        值: bad
        词: '不行'
  - 问: other
    选项:
      - 值: x
        字: 满意
";

    #[test]
    fn a_word_stands_behind_the_last_one_and_all_else_stays() {
        let found = with_entry_word(TEXT, "打个分").unwrap();
        assert_eq!(found, TEXT.replace("评价、打分 ", "评价、打分、打个分 "));
        let found = with_option_word(TEXT, 6, "满意", "挺好").unwrap();
        assert_eq!(found, TEXT.replace("好、可以", "好、可以、挺好"));
        let found = with_option_word(TEXT, 6, "一般", "凑合").unwrap();
        assert_eq!(found, TEXT.replace("字: 一般\n", "字: 一般\n        词: 凑合\n"));
        let found = with_option_word(TEXT, 16, "满意", "挺好").unwrap();
        assert!(found.ends_with("        字: 满意\n        词: 挺好\n"), "{found}");
        // Not written plainly, or not there: a person has to write it.
        assert_eq!(with_option_word(TEXT, 6, "差", "很差"), None);
        assert_eq!(with_option_word(TEXT, 6, "没有", "词"), None);
        assert_eq!(with_option_word(TEXT, 99, "满意", "词"), None);
        assert_eq!(with_entry_word("对话: x\n", "词"), None);
        let found = with_entry_word("入口:\n  短信: 7\n步骤:\n", "打分").unwrap();
        assert_eq!(found, "入口:\n  词: 打分\n  短信: 7\n步骤:\n");
    }
}
