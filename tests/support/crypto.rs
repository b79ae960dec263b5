//! Tencent's side of signatures and encryption, written from its documentation, block by
//! block, on purpose without the program's own code.

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

pub fn signature(parts: &[&str]) -> String {
    let mut parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    parts.sort();
    Sha1::digest(parts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 43 characters of 6 bits: 256 bits, and 2 that mean nothing.
fn key_bytes(encoding_aes_key: &str) -> [u8; 32] {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut key, mut bits, mut held, mut at) = ([0; 32], 0_u32, 0, 0);
    for character in encoding_aes_key.chars() {
        let value = ALPHABET.find(character).expect("a character of base64");
        bits = (bits << 6) | value as u32;
        held += 6;
        if held >= 8 && at < 32 {
            held -= 8;
            key[at] = (bits >> held) as u8;
            at += 1;
        }
    }
    assert_eq!((encoding_aes_key.len(), at), (43, 32), "an EncodingAESKey has 43 characters");
    key
}

pub fn encrypt(key: &str, appid: &str, random: &[u8; 16], message: &[u8]) -> String {
    let mut plain = random.to_vec();
    plain.extend((message.len() as u32).to_be_bytes());
    plain.extend(message);
    plain.extend(appid.as_bytes());
    let pad = 32 - plain.len() % 32;
    plain.extend(vec![pad as u8; pad]);
    STANDARD.encode(encrypt_blocks(key, &plain))
}

/// `plain` as it is: for ciphertexts that are wrong on purpose.
pub fn encrypt_blocks(key: &str, plain: &[u8]) -> Vec<u8> {
    let key = key_bytes(key);
    let cipher = Aes256::new(&key.into());
    let mut previous: [u8; 16] = key[..16].try_into().expect("16 bytes");
    let mut out = Vec::new();
    for block in plain.chunks_exact(16) {
        let mut mixed: [u8; 16] = std::array::from_fn(|i| block[i] ^ previous[i]);
        let mut block = mixed.into();
        cipher.encrypt_block(&mut block);
        mixed.copy_from_slice(&block);
        out.extend(mixed);
        previous = mixed;
    }
    out
}

/// The message, if everything about it is as Tencent wants it.
pub fn decrypt(key: &str, appid: &str, encrypted: &str) -> Result<Vec<u8>, String> {
    let data = STANDARD.decode(encrypted).map_err(|error| format!("base64: {error}"))?;
    if data.is_empty() || data.len() % 32 != 0 {
        return Err(format!("{} bytes are not blocks of 32", data.len()));
    }
    let key = key_bytes(key);
    let cipher = Aes256::new(&key.into());
    let mut previous = &key[..16];
    let mut plain = Vec::new();
    for chunk in data.chunks_exact(16) {
        let bytes: [u8; 16] = chunk.try_into().expect("16 bytes");
        let mut block = bytes.into();
        cipher.decrypt_block(&mut block);
        plain.extend(block.iter().zip(previous).map(|(a, b)| a ^ b));
        previous = chunk;
    }
    let pad = plain[plain.len() - 1];
    let (body, padding) = plain.split_at(plain.len().saturating_sub(usize::from(pad)));
    if !(1..=32).contains(&pad) || padding.iter().any(|byte| *byte != pad) {
        return Err(format!("padding {pad}"));
    }
    if body.len() < 20 {
        return Err("shorter than its head".to_owned());
    }
    let length = u32::from_be_bytes(body[16..20].try_into().expect("4 bytes")) as usize;
    let rest = &body[20..];
    if length > rest.len() || &rest[length..] != appid.as_bytes() {
        return Err("length or appid is wrong".to_owned());
    }
    Ok(rest[..length].to_vec())
}
