//! The query string of a webhook call, borrowed where nothing is escaped.

use std::borrow::Cow;

/// The parameters that WeChat sends; absent ones are empty, unknown ones are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query<'a> {
    pub signature: Cow<'a, str>,
    pub timestamp: Cow<'a, str>,
    pub nonce: Cow<'a, str>,
    pub echostr: Cow<'a, str>,
    pub encrypt_type: Cow<'a, str>,
    pub msg_signature: Cow<'a, str>,
}

impl<'a> Query<'a> {
    /// `raw` is what stands after the `?`. Never fails: what is not understood is left out,
    /// and a signature is checked over the rest. Of a repeated parameter the first counts.
    pub fn parse(raw: &'a str) -> Self {
        let mut query = Query::default();
        for pair in raw.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let slot = match name {
                "signature" => &mut query.signature,
                "timestamp" => &mut query.timestamp,
                "nonce" => &mut query.nonce,
                "echostr" => &mut query.echostr,
                "encrypt_type" => &mut query.encrypt_type,
                "msg_signature" => &mut query.msg_signature,
                _ => continue,
            };
            if slot.is_empty() {
                *slot = unescape(value);
            }
        }
        query
    }
}

/// `%41` and `+` of a form-encoded value; a broken escape is kept as it is written.
fn unescape(value: &str) -> Cow<'_, str> {
    if !value.bytes().any(|b| b == b'%' || b == b'+') {
        return Cow::Borrowed(value);
    }
    let bytes = value.as_bytes();
    let hex = |i: usize| bytes.get(i).and_then(|b| (*b as char).to_digit(16));
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        match (bytes[i], hex(i + 1), hex(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                i += 2;
            }
            (b'+', ..) => out.push(b' '),
            (other, ..) => out.push(other),
        }
        i += 1;
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_wechat_sends() {
        for (raw, nonce, echostr) in [
            ("", "", ""),
            ("nonce=415670741&echostr=12%2B%2f3", "415670741", "12+/3"),
            ("echostr=a+b&openid=oX&nonce=1&nonce=2", "1", "a b"),
            ("nonce=%zz%4&echostr=%E5%B8%82", "%zz%4", "市"),
            ("nonce&echostr==", "", "="),
        ] {
            let query = Query::parse(raw);
            assert_eq!((&*query.nonce, &*query.echostr), (nonce, echostr), "{raw}");
        }
    }
}
