//! What the platform tells without being asked.

use jiff::Timestamp;
use serde::Deserialize;

use super::keys::{ApiKey, PlatformKeys};
use super::signed::{Distrust, Signed};
use super::trade::{Refunded, Trade, read_refund, read_trade};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Trade(Trade),
    Refund {
        refund: Refunded,
        mchid: String,
    },
    /// Of another kind, which is none of ours.
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Of the notification; the same for all deliveries of it.
    pub id: String,
    pub told: Told,
}

#[derive(Deserialize)]
struct Raw {
    id: String,
    event_type: String,
    resource: Resource,
}

#[derive(Deserialize)]
struct Resource {
    algorithm: String,
    ciphertext: String,
    #[serde(default)]
    associated_data: String,
    nonce: String,
}

impl Notice {
    pub fn read(
        signed: &Signed,
        keys: &PlatformKeys,
        key: &ApiKey,
        now: Timestamp,
    ) -> Result<Self, Distrust> {
        signed.check(keys, now)?;
        let raw: Raw = serde_json::from_slice(signed.body).map_err(|_| Distrust::Form)?;
        let Resource { algorithm, ciphertext, associated_data, nonce } = raw.resource;
        if algorithm != "AEAD_AES_256_GCM" {
            return Err(Distrust::Form);
        }
        let text = key.open(&nonce, &associated_data, &ciphertext).ok_or(Distrust::Decryption)?;
        let told = match raw.event_type.split('.').next() {
            Some("TRANSACTION") => Told::Trade(read_trade(&text).ok_or(Distrust::Form)?),
            Some("REFUND") => {
                #[derive(Deserialize)]
                struct Whose {
                    mchid: String,
                }
                let refund = read_refund(&text).ok_or(Distrust::Form)?;
                let whose: Whose = serde_json::from_slice(&text).map_err(|_| Distrust::Form)?;
                Told::Refund { refund, mchid: whose.mchid }
            }
            _ => Told::Other(raw.event_type),
        };
        Ok(Self { id: raw.id, told })
    }
}
