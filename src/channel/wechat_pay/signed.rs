//! What comes from the platform, and whether it does.

use jiff::Timestamp;

use super::keys::PlatformKeys;

/// An older answer or notification may be one that was recorded.
pub const FRESH_SECONDS: i64 = 300;

/// The headers `Wechatpay-...` and the body as it came, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    pub timestamp: &'a str,
    pub nonce: &'a str,
    /// Which key of the platform.
    pub serial: &'a str,
    pub signature: &'a str,
    pub body: &'a [u8],
}

/// Why it is not believed: a stable label for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    #[error("the timestamp is no number, or off by more than five minutes; is NTP on?")]
    Timestamp,
    #[error("signed with a key of the platform that is not in wechat_pay.platform_keys")]
    UnknownKey,
    #[error("the signature is wrong")]
    Signature,
    #[error("it can not be decrypted; is the APIv3 key the one that was set last?")]
    Decryption,
    #[error("not what the documentation says")]
    Form,
}

impl Signed<'_> {
    pub fn check(&self, keys: &PlatformKeys, now: Timestamp) -> Result<(), Distrust> {
        let at: i64 = self.timestamp.parse().map_err(|_| Distrust::Timestamp)?;
        if now.as_second().abs_diff(at) > FRESH_SECONDS.unsigned_abs() {
            return Err(Distrust::Timestamp);
        }
        if !keys.knows(self.serial) {
            return Err(Distrust::UnknownKey);
        }
        let mut text = format!("{}\n{}\n", self.timestamp, self.nonce).into_bytes();
        text.extend_from_slice(self.body);
        text.push(b'\n');
        match keys.verify(self.serial, &text, self.signature) {
            true => Ok(()),
            false => Err(Distrust::Signature),
        }
    }
}
