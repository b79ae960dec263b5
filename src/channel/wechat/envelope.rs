//! WeChat's XML, read in one pass without a tree. Lenient where WeChat varies (order,
//! CDATA or not, entities, whitespace, a byte order mark, unknown elements), strict where
//! only an attacker does (document types, unknown entities, deep nesting).

use std::borrow::Cow;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::refused::Refused;

/// WeChat's deepest, `SendPicsInfo`, has 5 levels.
const MAX_DEPTH: usize = 16;

/// Calls `visit(depth, name, text)` at the end of every element: `text` is its character
/// data if it has no elements in it, else `None`. The root has depth 0.
pub fn walk<'a>(
    body: &'a [u8],
    what: &'static str,
    mut visit: impl FnMut(usize, &str, Option<Cow<'a, str>>) -> Result<(), Refused>,
) -> Result<(), Refused> {
    let xml = std::str::from_utf8(body).map_err(|_| Refused::NotUtf8(what))?;
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let mut depth = 0;
    let mut closed = false;
    // The text since the last start tag, and whether an element began or ended in between.
    let mut text = Cow::Borrowed("");
    let mut is_leaf = false;
    loop {
        match reader.read_event().map_err(|_| Refused::MalformedXml("not well-formed"))? {
            Event::Start(_) => {
                if depth == MAX_DEPTH {
                    return Err(Refused::MalformedXml("nested too deep"));
                }
                if closed {
                    return Err(Refused::MalformedXml("more than one root"));
                }
                depth += 1;
                text = Cow::Borrowed("");
                is_leaf = true;
            }
            Event::Empty(tag) => {
                if depth == 0 {
                    return Err(Refused::MalformedXml("no fields"));
                }
                visit(depth, tag.name().as_ref(), Some(Cow::Borrowed("")))?;
                is_leaf = false;
            }
            Event::End(tag) => {
                depth -= 1;
                closed = depth == 0;
                let leaf = is_leaf.then(|| std::mem::take(&mut text));
                visit(depth, tag.name().as_ref(), leaf)?;
                is_leaf = false;
            }
            Event::Text(part) => append(&mut text, part.into_inner()),
            Event::CData(part) => append(&mut text, part.into_inner()),
            Event::GeneralRef(reference) => {
                let character = match &*reference {
                    "lt" => '<',
                    "gt" => '>',
                    "amp" => '&',
                    "quot" => '"',
                    "apos" => '\'',
                    _ => reference
                        .resolve_char_ref()
                        .ok()
                        .flatten()
                        .ok_or(Refused::MalformedXml("unknown entity"))?,
                };
                text.to_mut().push(character);
            }
            Event::DocType(_) => return Err(Refused::DocumentType),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof if closed => return Ok(()),
            Event::Eof => return Err(Refused::MalformedXml("it ends too early")),
        }
    }
}

/// Most fields are one piece, which stays borrowed.
fn append<'a>(text: &mut Cow<'a, str>, part: Cow<'a, str>) {
    if text.is_empty() {
        *text = part;
    } else {
        text.to_mut().push_str(&part);
    }
}

/// The text of `<Encrypt>`, if the body has one.
pub fn encrypted(body: &[u8]) -> Result<Option<Cow<'_, str>>, Refused> {
    let mut found = None;
    walk(body, "body", |depth, name, text| {
        if (depth, name) == (1, "Encrypt") && found.replace(text.unwrap_or_default()).is_some() {
            return Err(Refused::BadField("Encrypt"));
        }
        Ok(())
    })?;
    Ok(found.filter(|text| !text.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(xml: &[u8]) -> Result<Vec<String>, Refused> {
        let mut seen = Vec::new();
        walk(xml, "body", |depth, name, text| {
            seen.push(match text {
                Some(text) => format!("{depth} {name}={text}"),
                None => format!("{depth} {name}"),
            });
            Ok(())
        })?;
        Ok(seen)
    }

    #[test]
    fn reads_every_way_to_write_a_field() {
        for (xml, expect) in [
            ("<xml><A>1</A></xml>", "1 A=1|0 xml"),
            ("\u{feff}<?xml version='1.0'?>\n<xml>\n <A> 1 </A>\n</xml>\n", "1 A= 1 |0 xml"),
            ("<xml><A><![CDATA[a<b]]]]><![CDATA[>&amp;]]></A></xml>", "1 A=a<b]]>&amp;|0 xml"),
            ("<xml><A>&lt;&#24066;&#x6751;&amp;&quot;</A></xml>", "1 A=<市村&\"|0 xml"),
            ("<xml><A/><B></B></xml>", "1 A=|1 B=|0 xml"),
            ("<xml><L><I x='1'>1</I> <I>2</I></L></xml>", "2 I=1|2 I=2|1 L|0 xml"),
            ("<xml><!-- c --><A>1<!-- c -->2</A></xml>", "1 A=12|0 xml"),
        ] {
            assert_eq!(fields(xml.as_bytes()).map(|f| f.join("|")), Ok(expect.into()), "{xml}");
        }
    }

    #[test]
    fn refuses_what_only_an_attacker_sends() {
        let deep = "<a>".repeat(200_000) + &"</a>".repeat(200_000);
        let late = format!("<xml>{}</xml>", "<a>".repeat(15) + &"</a>".repeat(15));
        assert!(fields(late.as_bytes()).is_ok());
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><xml><A>&b;</A></xml>";
        let malformed = |what| Refused::MalformedXml(what);
        for (xml, expect) in [
            (bomb, Refused::DocumentType),
            ("<xml><A>&b;</A></xml>", malformed("unknown entity")),
            ("<xml><A>&#0;</A></xml>", malformed("unknown entity")),
            (deep.as_str(), malformed("nested too deep")),
            ("<xml><A>1</A>", malformed("it ends too early")),
            ("<xml><A>1</xml>", malformed("not well-formed")),
            ("<xml><A><![CDATA[1</A></xml>", malformed("not well-formed")),
            ("<xml></xml><xml></xml>", malformed("more than one root")),
            ("<xml/>", malformed("no fields")),
            ("", malformed("it ends too early")),
            ("{\"a\":1}", malformed("it ends too early")),
        ] {
            assert_eq!(fields(xml.as_bytes()), Err(expect), "{}", &xml[..xml.len().min(80)]);
        }
        assert_eq!(fields(b"<xml>\xff</xml>"), Err(Refused::NotUtf8("body")));
    }

    #[test]
    fn twenty_thousand_attributes_are_only_long() {
        let attributes: String = (0..20_000).map(|i| format!(" a{i}='1'")).collect();
        let xml = format!("<xml><A{attributes}>1</A></xml>");
        assert_eq!(fields(xml.as_bytes()), Ok(vec!["1 A=1".into(), "0 xml".into()]));
    }
}
