//! Passive replies: the one message that may go back in the answer to a push. Pure.
//!
//! Source: Tencent, 被动回复用户消息. The limit of a text is CowAgent's MAX_UTF8_LEN.

use std::borrow::Cow;
use std::fmt::Write as _;

use jiff::Timestamp;

/// Bytes of UTF-8 in one text, passive or through the customer-service API.
pub const TEXT_LIMIT: usize = 2048;

/// The body that tells WeChat: received, no answer, do not send again.
pub const SUCCESS: &str = "success";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Received, nothing to say.
    Success,
    /// What is over `TEXT_LIMIT` is cut off, because WeChat would show an error instead;
    /// `pack` makes texts that fit.
    Text(String),
    Image {
        media: String,
    },
    /// One card with a link.
    News {
        title: String,
        description: String,
        picture: String,
        url: String,
    },
    /// From now on a person answers, in WeChat's own console.
    TransferToStaff {
        account: Option<String>,
    },
}

impl Reply {
    /// `to` is the person's openid, `from` the account's original id. `None`: there is
    /// nothing to say, and an empty text would be shown as an error.
    pub fn xml(&self, to: &str, from: &str, now: Timestamp) -> Option<String> {
        let mut xml = String::with_capacity(512);
        xml.push_str("<xml>");
        cdata(&mut xml, "ToUserName", to);
        cdata(&mut xml, "FromUserName", from);
        let _ = write!(xml, "<CreateTime>{}</CreateTime>", now.as_second());
        match self {
            Reply::Success => return None,
            Reply::Text(text) if text.trim().is_empty() => return None,
            Reply::Text(text) => {
                cdata(&mut xml, "MsgType", "text");
                cdata(&mut xml, "Content", &text[..text.floor_char_boundary(TEXT_LIMIT)]);
            }
            Reply::Image { media } => {
                cdata(&mut xml, "MsgType", "image");
                xml.push_str("<Image>");
                cdata(&mut xml, "MediaId", media);
                xml.push_str("</Image>");
            }
            Reply::News { title, description, picture, url } => {
                cdata(&mut xml, "MsgType", "news");
                xml.push_str("<ArticleCount>1</ArticleCount><Articles><item>");
                cdata(&mut xml, "Title", title);
                cdata(&mut xml, "Description", description);
                cdata(&mut xml, "PicUrl", picture);
                cdata(&mut xml, "Url", url);
                xml.push_str("</item></Articles>");
            }
            Reply::TransferToStaff { account } => {
                cdata(&mut xml, "MsgType", "transfer_customer_service");
                if let Some(account) = account {
                    xml.push_str("<TransInfo>");
                    cdata(&mut xml, "KfAccount", account);
                    xml.push_str("</TransInfo>");
                }
            }
        }
        xml.push_str("</xml>");
        Some(xml)
    }
}

/// Appends `<name>text</name>`. Characters that XML can not hold are left out.
pub(super) fn cdata(xml: &mut String, name: &str, text: &str) {
    let forbidden = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let text = match text.contains(forbidden) {
        true => Cow::Owned(text.replace(forbidden, "")),
        false => Cow::Borrowed(text),
    };
    xml.extend(["<", name, "><![CDATA["]);
    for (i, part) in text.split("]]>").enumerate() {
        if i > 0 {
            xml.push_str("]]]]><![CDATA[>");
        }
        xml.push_str(part);
    }
    xml.extend(["]]></", name, ">"]);
}

/// The same text with each line `N label` of a menu as a link: tapped, it comes back as a message
/// that says the label, with a `bizmsgmenuid`. What a link can not hold stays as it is, and so
/// does the whole text when it would be too long.
///
/// Source: `weixin://bizmsgmenu` as service accounts use it; Tencent's pages do not name it.
pub fn with_links(text: &str, labels: &[&str]) -> String {
    let mut linked = text.to_owned();
    // From behind: the menu stands at the end.
    for (n, label) in labels.iter().enumerate().rev() {
        let line = format!("\n{} {label}", n + 1);
        let ends =
            |at: &usize| matches!(linked[at + line.len()..].chars().next(), None | Some('\n'));
        let plain = !label.contains(['<', '>', '&', '"', '\'', '\n']);
        let Some(at) = linked.rfind(&line).filter(ends).filter(|_| plain) else { continue };
        let link = format!(
            "\n{} <a href=\"weixin://bizmsgmenu?msgmenucontent={label}&msgmenuid={}\">{label}</a>",
            n + 1,
            n + 1
        );
        linked.replace_range(at..at + line.len(), &link);
    }
    if linked.len() <= TEXT_LIMIT { linked } else { text.to_owned() }
}

/// Joins texts, with an empty line between, into as few messages of at most `TEXT_LIMIT`
/// bytes as keep their order; what is longer is cut at a line, else after a sentence, else
/// between characters. The first is for the reply, the rest for the outbox. Empty texts
/// are left out.
pub fn pack<T: AsRef<str>>(texts: &[T]) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for text in texts {
        let mut rest = text.as_ref().trim_matches('\n');
        if rest.trim().is_empty() {
            continue;
        }
        match messages.last_mut() {
            Some(last) if last.len() + 2 + rest.len() <= TEXT_LIMIT => {
                last.push_str("\n\n");
                last.push_str(rest);
                continue;
            }
            _ => {}
        }
        while rest.len() > TEXT_LIMIT {
            let (piece, after) = rest.split_at(cut(rest));
            messages.push(piece.trim_end_matches('\n').to_owned());
            rest = after.trim_start_matches('\n');
        }
        if !rest.is_empty() {
            messages.push(rest.to_owned());
        }
    }
    messages
}

/// Where to cut a text that is over the limit; never before the middle, for a mark's sake.
fn cut(text: &str) -> usize {
    let head = &text[..text.floor_char_boundary(TEXT_LIMIT)];
    let after = |marks: &[char]| {
        let at = head.rfind(marks)?;
        let end = at + head[at..].chars().next().map_or(0, char::len_utf8);
        (end > TEXT_LIMIT / 2).then_some(end)
    };
    after(&['\n']).or_else(|| after(&['。', '！', '？', '；', '!', '?', ';'])).unwrap_or(head.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_795_456_374).unwrap()
    }

    #[test]
    fn lines_of_a_menu_become_links() {
        let link = |n: usize, label: &str| {
            format!(
                "{n} <a href=\"weixin://bizmsgmenu?msgmenucontent={label}&msgmenuid={n}\">{label}</a>"
            )
        };
        let (one, two) = (link(1, "路灯"), link(2, "修路"));
        for (text, labels, expect) in [
            ("哪一样？\n1 路灯\n2 修路", &["路灯", "修路"][..], format!("哪一样？\n{one}\n{two}")),
            // What she wrote herself is no line of the menu.
            ("1 路灯\n哪一样？\n1 路灯", &["路灯"], format!("1 路灯\n哪一样？\n{one}")),
            ("哪一样？\n1 路灯坏了", &["路灯"], "哪一样？\n1 路灯坏了".into()),
            ("哪一件？\n1 </a>\"", &["</a>\""], "哪一件？\n1 </a>\"".into()),
            ("在哪个村？", &[], "在哪个村？".into()),
        ] {
            assert_eq!(with_links(text, labels), expect);
        }
        let long = format!("{}\n1 路灯", "长".repeat(TEXT_LIMIT / 3 - 10));
        assert_eq!(with_links(&long, &["路灯"]), long, "not over the limit");
    }

    #[test]
    fn every_kind_is_written_as_documented() {
        let head = "<xml><ToUserName><![CDATA[o1]]></ToUserName><FromUserName><![CDATA[gh_1]]>\
                    </FromUserName><CreateTime>1795456374</CreateTime>";
        let s = str::to_owned;
        for (reply, expect) in [
            (
                Reply::Text(s("a]]>b\0<c>&")),
                "<MsgType><![CDATA[text]]></MsgType>\
                 <Content><![CDATA[a]]]]><![CDATA[>b<c>&]]></Content></xml>",
            ),
            (
                Reply::Image { media: s("m1") },
                "<MsgType><![CDATA[image]]></MsgType>\
                 <Image><MediaId><![CDATA[m1]]></MediaId></Image></xml>",
            ),
            (
                Reply::News { title: s("t"), description: s("d"), picture: s("p"), url: s("u") },
                "<MsgType><![CDATA[news]]></MsgType><ArticleCount>1</ArticleCount><Articles><item>\
                 <Title><![CDATA[t]]></Title><Description><![CDATA[d]]></Description>\
                 <PicUrl><![CDATA[p]]></PicUrl><Url><![CDATA[u]]></Url></item></Articles></xml>",
            ),
            (
                Reply::TransferToStaff { account: Some(s("k@gh")) },
                "<MsgType><![CDATA[transfer_customer_service]]></MsgType>\
                 <TransInfo><KfAccount><![CDATA[k@gh]]></KfAccount></TransInfo></xml>",
            ),
            (
                Reply::TransferToStaff { account: None },
                "<MsgType><![CDATA[transfer_customer_service]]></MsgType></xml>",
            ),
        ] {
            assert_eq!(reply.xml("o1", "gh_1", now()), Some(format!("{head}{expect}")));
        }
        for silent in [Reply::Success, Reply::Text(s("")), Reply::Text(s(" \n"))] {
            assert_eq!(silent.xml("o1", "gh_1", now()), None);
        }
    }

    #[test]
    fn texts_are_joined_while_they_fit() {
        let long = "市".repeat(600); // 1,800 bytes
        let lines = format!("{}\n{}", "甲".repeat(500), "乙".repeat(500));
        let sentences = format!("{}。{}", "甲".repeat(400), "乙".repeat(400));
        let (line_a, line_b) = ("甲".repeat(500), "乙".repeat(500));
        let (sentence_a, sentence_b) = (format!("{}。", "甲".repeat(400)), "乙".repeat(400));
        let solid = "丙".repeat(700);
        for (texts, expect) in [
            (vec![], vec![]),
            (vec!["", " \n"], vec![]),
            (vec!["好", "", "请说地址"], vec!["好\n\n请说地址"]),
            (vec!["好", &long, "b"], vec![&*format!("好\n\n{long}\n\nb")]),
            (vec![&long, &long, "b"], vec![&long, &*format!("{long}\n\nb")]),
            (vec![&lines], vec![&line_a, &line_b]),
            (vec![&sentences], vec![&sentence_a, &sentence_b]),
            (vec![&solid], vec![&solid[..682 * 3], &solid[682 * 3..]]),
        ] {
            assert_eq!(pack(&texts), expect);
        }
    }

    proptest! {
        #[test]
        fn packing_loses_no_character(texts in prop::collection::vec("[a市\n。😀 ]{0,1500}", 0..5)) {
            let messages = pack(&texts);
            prop_assert!(messages.iter().all(|m| m.len() <= TEXT_LIMIT && !m.is_empty()));
            let bare = |s: String| s.replace(char::is_whitespace, "");
            prop_assert_eq!(bare(messages.concat()), bare(texts.concat()));
        }
    }
}
