//! What would open a door to who reads the store is not in it as it is: the secrets of the second
//! step are sealed (AES-256-GCM) with a key that stands outside. Each is sealed for one name, and
//! opens for no other.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::random;

/// No secret in base32 begins so.
const MARK: &str = "sealed:";

/// Without a key everything stays as it is.
pub(super) struct Seal(Option<LessSafeKey>);

impl Seal {
    pub fn of(key: Option<&SecretString>) -> Self {
        let key = key.map(|key| Sha256::digest(key.expose_secret()));
        Self(key.and_then(|key| UnboundKey::new(&AES_256_GCM, &key).ok()).map(LessSafeKey::new))
    }

    /// Anew each time, so that what was stored before there was a key is sealed when it is used.
    pub fn close(&self, name: &str, secret: &str) -> String {
        let Some(key) = &self.0 else { return secret.to_owned() };
        let nonce = random::bytes::<NONCE_LEN>();
        let mut sealed = secret.as_bytes().to_vec();
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(name),
            &mut sealed,
        )
        .expect("a secret is shorter than 64 GB");
        format!("{MARK}{}", STANDARD.encode([&nonce[..], &sealed].concat()))
    }

    /// `None`: sealed with another key, or for somebody else.
    pub fn open(&self, name: &str, stored: &str) -> Option<String> {
        let Some(sealed) = stored.strip_prefix(MARK) else { return Some(stored.to_owned()) };
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let plain = self.0.as_ref()?.open_in_place(nonce, Aad::from(name), &mut sealed).ok()?;
        String::from_utf8(plain.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "GEZDGNBVGY3TQOJQ";

    fn seal(key: &str) -> Seal {
        Seal::of(Some(&SecretString::from(key)))
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_for_its_name_only() {
        let ours = seal("one");
        let sealed = ours.close("王芳", SECRET);
        assert!(!sealed.contains(SECRET) && sealed != ours.close("王芳", SECRET), "{sealed}");
        assert_eq!(ours.open("王芳", &sealed).as_deref(), Some(SECRET));
        for (who, name) in [(&ours, "李四"), (&seal("two"), "王芳"), (&Seal::of(None), "王芳")]
        {
            assert_eq!(who.open(name, &sealed), None, "{name}");
        }
        for cut in ["", "sealed:", "sealed:AAAA", &sealed[..sealed.len() - 4]] {
            let opened = ours.open("王芳", cut);
            assert_eq!(opened.as_deref(), Some("").filter(|_| cut.is_empty()), "{cut}");
        }
    }

    #[test]
    fn what_was_stored_before_there_was_a_key_still_opens() {
        assert_eq!(Seal::of(None).close("王芳", SECRET), SECRET);
        assert_eq!(seal("one").open("王芳", SECRET).as_deref(), Some(SECRET));
    }
}
