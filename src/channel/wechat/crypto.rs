//! WeChat's message encryption and signatures. Pure; random bytes come in as arguments.
//!
//! Source: Tencent, 消息推送 / 加解密说明. Two traps are handled here: three of four real
//! EncodingAESKeys end in bits that strict base64 decoders refuse, and the padding is
//! PKCS#7 with a block of 32, not the cipher's 16.

use std::fmt;

use aes::{Aes256Dec, Aes256Enc};
use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use cipher::block_padding::NoPadding;
use cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

use super::refused::Refused;

const BLOCK: usize = 32;
/// 16 random bytes and the length of the message, big-endian.
const HEAD: usize = 16 + 4;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Lower-case hexadecimal SHA-1 of the parts, sorted by bytes and joined.
pub fn signature<const N: usize>(mut parts: [&str; N]) -> [u8; 40] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    parts.sort_unstable();
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    let mut hex = [0; 40];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(hash.finalize()) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    hex
}

/// Whether `given` is the signature of the parts; takes the same time wherever they differ.
pub fn is_signature<const N: usize>(given: &str, parts: [&str; N]) -> bool {
    signature(parts).ct_eq(given.as_bytes()).into()
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("EncodingAESKey must be 43 characters a-z A-Z 0-9, as shown on the account's page")]
pub struct KeyError;

/// One EncodingAESKey with its key schedules, which are computed once and not per message.
#[derive(Clone)]
pub struct Key {
    encrypt: Aes256Enc,
    decrypt: Aes256Dec,
    iv: [u8; 16],
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([REDACTED])")
    }
}

impl Key {
    /// `text` is the EncodingAESKey.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        if text.len() != 43 || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(KeyError);
        }
        let bytes = LENIENT.decode(format!("{text}=")).map_err(|_| KeyError)?;
        let key: [u8; 32] = bytes.try_into().map_err(|_| KeyError)?;
        let mut iv = [0; 16];
        iv.copy_from_slice(&key[..16]);
        Ok(Self { encrypt: Aes256Enc::new(&key.into()), decrypt: Aes256Dec::new(&key.into()), iv })
    }

    /// `encrypted` is the text of `<Encrypt>`.
    pub fn open(&self, encrypted: &str, appid: &str) -> Result<Plaintext, Refused> {
        let mut buffer = STANDARD.decode(encrypted).map_err(|_| Refused::BadBase64)?;
        // Some senders pad to 16; Tencent pads to 32. Both are a multiple of the cipher's block.
        if buffer.is_empty() || !buffer.len().is_multiple_of(16) {
            return Err(Refused::BadCiphertext("not a multiple of the block"));
        }
        cbc::Decryptor::inner_iv_init(&self.decrypt, &self.iv.into())
            .decrypt_padded::<NoPadding>(&mut buffer)
            .map_err(|_| Refused::BadCiphertext("not a multiple of the block"))?;

        let pad = usize::from(buffer[buffer.len() - 1]);
        if !(1..=BLOCK).contains(&pad) || pad > buffer.len() {
            return Err(Refused::BadCiphertext("wrong padding"));
        }
        buffer.truncate(buffer.len() - pad);
        let Some(length) = buffer.get(16..HEAD) else {
            return Err(Refused::BadCiphertext("shorter than its head"));
        };
        let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]);
        let end = usize::try_from(length).ok().and_then(|n| n.checked_add(HEAD));
        let Some((end, owner)) = end.and_then(|end| Some((end, buffer.get(end..)?))) else {
            return Err(Refused::BadCiphertext("message is longer than what was sent"));
        };
        if owner != appid.as_bytes() {
            return Err(Refused::ForeignAppid);
        }
        buffer.truncate(end);
        Ok(Plaintext(buffer))
    }

    /// The text for `<Encrypt>`. `random` must be new for every message.
    pub fn seal(&self, message: &[u8], appid: &str, random: [u8; 16]) -> String {
        let length = HEAD + message.len() + appid.len();
        let pad = BLOCK - length % BLOCK;
        let mut buffer = Vec::with_capacity(length + pad);
        buffer.extend_from_slice(&random);
        let stated = u32::try_from(message.len()).expect("a reply is a few kilobytes");
        buffer.extend_from_slice(&stated.to_be_bytes());
        buffer.extend_from_slice(message);
        buffer.extend_from_slice(appid.as_bytes());
        buffer.resize(length + pad, pad as u8);
        let whole = buffer.len();
        cbc::Encryptor::inner_iv_init(&self.encrypt, &self.iv.into())
            .encrypt_padded::<NoPadding>(&mut buffer, whole)
            .expect("padded to a multiple of the block above");
        STANDARD.encode(&buffer)
    }
}

/// A decrypted message; it stays in the buffer that it was decrypted in.
pub struct Plaintext(Vec<u8>);

impl Plaintext {
    pub fn message(&self) -> &[u8] {
        &self.0[HEAD..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_strict_base64_refuses() {
        for last in ["A", "B", "G", "R", "z", "9"] {
            assert!(Key::new(&format!("{}{last}", "A".repeat(42))).is_ok(), "{last}");
        }
    }

    #[test]
    fn keys_that_are_not_keys() {
        for text in ["", &"A".repeat(42), &"A".repeat(44), &"+".repeat(43), &"县".repeat(15)] {
            assert_eq!(Key::new(text).err(), Some(KeyError), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", Key::new(&"A".repeat(43)).unwrap()), "Key([REDACTED])");
    }
}
