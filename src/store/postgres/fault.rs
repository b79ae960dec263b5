//! What an error of the database means for what was asked.

use tokio_postgres::error::SqlState;

use crate::store::StoreError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Two commits got in each other's way; nothing was written: once more.
    Again,
    /// A key that had to be new is there already; nothing was written.
    Taken,
    /// Nobody knows whether the statement was carried out.
    Lost,
    /// It was not, and asking again at once does not help.
    Refused,
}

/// Only an answer of the server proves that a statement failed. One that says that the server
/// itself goes away, or that it does not know either, proves nothing.
pub(super) fn read(error: &tokio_postgres::Error) -> Fault {
    match error.code() {
        Some(code) => by_code(code),
        None if distrust(error).is_some() => Fault::Refused,
        None => Fault::Lost,
    }
}

fn by_code(code: &SqlState) -> Fault {
    match code.code() {
        "40001" | "40P01" => Fault::Again,
        "23505" => Fault::Taken,
        // 57P0x: shut down, crashed, starting; 08: connection; 40003: completion unknown;
        // 25006: a standby, after a switch of roles.
        "57P01" | "57P02" | "57P03" | "57P05" | "40003" | "25006" => Fault::Lost,
        code if code.starts_with("08") => Fault::Lost,
        _ => Fault::Refused,
    }
}

/// The server's own limits of a statement and of waiting for a lock.
pub(super) fn is_slow(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| ["57014", "55P03"].contains(&code.code()))
}

/// Why the server is not spoken to: what asking again would not change.
fn distrust(error: &tokio_postgres::Error) -> Option<&'static str> {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if inner.to_string() == "server does not support TLS" {
            return Some("; on a private line without TLS write ?sslmode=disable");
        }
        let io = inner.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls = io.and_then(|inner| inner.downcast_ref()).or(inner.downcast_ref());
        if let Some(rustls::Error::InvalidCertificate(_)) = tls {
            return Some("; store.ca_file names the authority that signed it");
        }
        cause = inner.source();
    }
    None
}

/// The error with its cause, for the log: the outer one says little ("db error").
pub(super) fn words(error: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}{}", cause.unwrap_or_default(), distrust(error).unwrap_or_default())
}

pub(super) fn unavailable(error: &tokio_postgres::Error) -> StoreError {
    StoreError::Unavailable(words(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_documented() {
        for (code, expect) in [
            ("40001", Fault::Again),
            ("40P01", Fault::Again),
            ("23505", Fault::Taken),
            ("57P01", Fault::Lost),
            ("08006", Fault::Lost),
            ("40003", Fault::Lost),
            ("25006", Fault::Lost),
            ("57014", Fault::Refused),
            ("55P03", Fault::Refused),
            ("42P01", Fault::Refused),
            ("53100", Fault::Refused),
        ] {
            assert_eq!(by_code(&SqlState::from_code(code)), expect, "{code}");
        }
    }
}
