//! RSA and AES as APIv3 uses them. Keys come as PEM and are never shown.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::SystemRandom;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{
    CertificateDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer,
};

/// What is wrong with a key, for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    #[error("不是 PEM 格式的商户私钥（apiclient_key.pem）。Not a private key in PEM.")]
    Private,
    #[error(
        "不是 PEM 格式的微信支付公钥或平台证书。Neither a public key nor a certificate in PEM."
    )]
    Public,
    #[error("不是2048位的 RSA 公钥。Not an RSA key of 2048 bits.")]
    Size,
    #[error("APIv3 密钥要有32个字符。The APIv3 key has 32 characters.")]
    ApiKey,
}

/// The merchant's own key, with which requests are signed.
pub struct MerchantKey(RsaKeyPair);

impl MerchantKey {
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyProblem> {
        let pair = match PrivatePkcs8KeyDer::from_pem_slice(pem) {
            Ok(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            Err(_) => {
                let der = PrivatePkcs1KeyDer::from_pem_slice(pem);
                let der = der.map_err(|_| KeyProblem::Private)?;
                RsaKeyPair::from_der(der.secret_pkcs1_der())
            }
        };
        pair.map(Self).map_err(|_| KeyProblem::Private)
    }

    /// SHA-256 with RSA, in base64. PKCS#1 draws no random numbers: the same text has the same
    /// signature.
    pub fn sign(&self, text: &str) -> String {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let signed =
            self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
        // The buffer has the size of the key, the only thing that can be wrong.
        match signed {
            Ok(()) => BASE64_STANDARD.encode(signature),
            Err(_) => String::new(),
        }
    }
}

/// The head of an RSA public key of 2048 bits, before the key itself (RFC 5280, RFC 8017).
const RSA_2048: [u8; 24] = [
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
    0x01, 0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];

/// The platform's public keys by the id of the key, or the serial number of the certificate.
/// Several while the platform changes its key.
#[derive(Default)]
pub struct PlatformKeys(BTreeMap<String, Vec<u8>>);

impl PlatformKeys {
    /// `pem`: a public key, or a certificate.
    pub fn add(&mut self, id: &str, pem: &[u8]) -> Result<(), KeyProblem> {
        let info: Vec<u8> = match SubjectPublicKeyInfoDer::from_pem_slice(pem) {
            Ok(info) => info.to_vec(),
            Err(_) => {
                let der = CertificateDer::from_pem_slice(pem).map_err(|_| KeyProblem::Public)?;
                let certificate =
                    webpki::EndEntityCert::try_from(&der).map_err(|_| KeyProblem::Public)?;
                certificate.subject_public_key_info().to_vec()
            }
        };
        let key = info.strip_prefix(&RSA_2048).ok_or(KeyProblem::Size)?;
        self.0.insert(id.to_owned(), key.to_vec());
        Ok(())
    }

    pub fn knows(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Which key is asked for answers: the newest id of a public key, if there is one.
    pub fn preferred(&self) -> Option<&str> {
        self.0.keys().map(String::as_str).rfind(|id| id.starts_with("PUB_KEY_ID_"))
    }

    pub fn verify(&self, id: &str, text: &[u8], signature: &str) -> bool {
        let Some(key) = self.0.get(id) else { return false };
        let Ok(signature) = BASE64_STANDARD.decode(signature) else { return false };
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
        key.verify(text, &signature).is_ok()
    }
}

/// The key that the merchant has set, with which the platform encrypts what it tells.
pub struct ApiKey(LessSafeKey);

impl ApiKey {
    pub fn new(key: &str) -> Result<Self, KeyProblem> {
        let key = UnboundKey::new(&AES_256_GCM, key.as_bytes()).map_err(|_| KeyProblem::ApiKey)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// AEAD_AES_256_GCM; `None` for whatever was changed on its way.
    pub fn open(&self, nonce: &str, associated: &str, ciphertext: &str) -> Option<Vec<u8>> {
        let nonce = Nonce::try_assume_unique_for_key(nonce.as_bytes()).ok()?;
        let mut bytes = BASE64_STANDARD.decode(ciphertext).ok()?;
        let opened = self.0.open_in_place(nonce, Aad::from(associated.as_bytes()), &mut bytes);
        let length = opened.ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}
