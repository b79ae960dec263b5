//! Why a request from the network is turned away. Never carries a byte of the request,
//! so that it can be logged and counted as it is.

/// A request that is not, or not provably, from WeChat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("query parameter {0} is missing")]
    MissingParameter(&'static str),
    #[error("{0} does not match: wrong token, or not sent by WeChat")]
    BadSignature(&'static str),
    #[error("timestamp is outside the freshness window: a replay, or this machine's clock is off")]
    Stale,
    #[error("body is not encrypted, but this account is in safe mode")]
    NotEncrypted,
    #[error(
        "body is encrypted, but this account is in plain mode; set its mode and EncodingAESKey"
    )]
    Encrypted,
    #[error("body is over {0} bytes")]
    TooLarge(usize),
    #[error("{0} is not UTF-8")]
    NotUtf8(&'static str),
    #[error("XML with a document type is not accepted")]
    DocumentType,
    #[error("XML is malformed: {0}")]
    MalformedXml(&'static str),
    #[error("field {0} is missing or is not what it must be")]
    BadField(&'static str),
    #[error("<Encrypt> is not base64")]
    BadBase64,
    #[error("<Encrypt> does not decrypt: {0}; is EncodingAESKey the one of the account?")]
    BadCiphertext(&'static str),
    #[error("decrypted for another appid")]
    ForeignAppid,
    #[error("ToUserName is another account")]
    ForeignAccount,
}

impl Refused {
    /// The HTTP status to answer with; always 4xx.
    pub fn status(&self) -> u16 {
        match self {
            Refused::BadSignature(_)
            | Refused::Stale
            | Refused::NotEncrypted
            | Refused::ForeignAppid
            | Refused::ForeignAccount => 403,
            Refused::TooLarge(_) => 413,
            _ => 400,
        }
    }

    /// A stable word for counters and log fields.
    pub fn label(&self) -> &'static str {
        match self {
            Refused::MissingParameter(_) => "missing_parameter",
            Refused::BadSignature(_) => "bad_signature",
            Refused::Stale => "stale",
            Refused::NotEncrypted => "not_encrypted",
            Refused::Encrypted => "encrypted",
            Refused::TooLarge(_) => "too_large",
            Refused::NotUtf8(_) => "not_utf8",
            Refused::DocumentType => "document_type",
            Refused::MalformedXml(_) => "malformed_xml",
            Refused::BadField(_) => "bad_field",
            Refused::BadBase64 => "bad_base64",
            Refused::BadCiphertext(_) => "bad_ciphertext",
            Refused::ForeignAppid => "foreign_appid",
            Refused::ForeignAccount => "foreign_account",
        }
    }
}
