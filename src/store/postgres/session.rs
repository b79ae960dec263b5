//! One connection with its prepared statements and its seat, and the pool of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use secrecy::ExposeSecret;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{PostgresSettings, fault, statements};
use crate::store::StoreError;

/// For connecting, and for one statement with its answer: a little more than the server's own
/// limit, so that normally the server is the one who gives up.
const CONNECT_WITHIN: Duration = Duration::from_secs(4);
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const SESSION_AGE_MAX: Duration = Duration::from_secs(3_600);

pub(super) type Pool = managed::Pool<Sessions>;
pub(super) type Borrowed = managed::Object<Sessions>;

pub(super) struct Session {
    client: Client,
    pub statements: Statements,
    pub seat: Seat,
    since: Instant,
    /// A commit is under way: a session that comes back so was left in the middle of it.
    pub committing: bool,
}

/// Where a commit leaves its mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seat {
    pub id: i64,
    pub last: i64,
}

pub(super) struct Statements {
    pub get: Statement,
    pub scan: Statement,
    pub scan_backward: Statement,
    pub change: Statement,
    pub commit: Statement,
}

impl std::ops::Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// What makes sessions.
pub(super) struct Sessions {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Sessions {
    pub fn new(settings: &PostgresSettings) -> Result<Self, StoreError> {
        let refused = |why: String| StoreError::Unavailable(why);
        let mut config: Config = settings
            .url
            .parse()
            .map_err(|error: tokio_postgres::Error| refused(fault::words(&error)))?;
        if let Some(password) = &settings.password {
            config.password(password.expose_secret());
        }
        if config.get_application_name().is_none() {
            config.application_name("bianmin");
        }
        // `prefer` would go on in clear when somebody in between says that there is no TLS.
        let is_far = |host: &Host| matches!(host, Host::Tcp(_));
        if config.get_ssl_mode() == SslMode::Prefer && config.get_hosts().iter().any(is_far) {
            config.ssl_mode(SslMode::Require);
        }
        config
            .connect_timeout(CONNECT_WITHIN)
            .keepalives(true)
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(Duration::from_secs(3))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(10))
            // Of several hosts the one that takes writes: Patroni's leader.
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self { config, tls: MakeRustlsConnect::new(tls(settings)?) })
    }

    /// A connection without a seat: for the schema, before there are any.
    pub async fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        // Ends by itself when the client is dropped.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(error = fault::words(&error), "a database connection was lost");
            }
        });
        client.batch_execute(statements::SETTINGS).await?;
        Ok(client)
    }

    async fn open(&self) -> Result<Session, tokio_postgres::Error> {
        let client = self.connect().await?;
        // One after the other down the line, without waiting for each answer; refusals are fine.
        let hints = statements::HINTS.iter().map(|hint| client.batch_execute(hint));
        let _ = futures_util::future::join_all(hints).await;
        let (get, scan, scan_backward, change, commit, seat) = tokio::try_join!(
            client.prepare(statements::GET),
            client.prepare(statements::SCAN),
            client.prepare(statements::SCAN_BACKWARD),
            client.prepare(statements::CHANGE),
            client.prepare(statements::COMMIT),
            client.query_one(statements::TAKE_SEAT, &[]),
        )?;
        Ok(Session {
            statements: Statements { get, scan, scan_backward, change, commit },
            seat: Seat { id: seat.try_get(0)?, last: 0 },
            client,
            since: Instant::now(),
            committing: false,
        })
    }
}

impl managed::Manager for Sessions {
    type Type = Session;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Session, tokio_postgres::Error> {
        self.open().await
    }

    async fn recycle(
        &self,
        session: &mut Session,
        _: &Metrics,
    ) -> RecycleResult<tokio_postgres::Error> {
        if session.client.is_closed() || session.committing {
            return Err(RecycleError::message("its connection is lost"));
        }
        if session.since.elapsed() > SESSION_AGE_MAX {
            // What stays behind is swept within a day.
            let _ = session.client.execute(statements::LEAVE_SEAT, &[&session.seat.id]).await;
            return Err(RecycleError::message("it is old"));
        }
        Ok(())
    }
}

pub(super) fn pool(sessions: Sessions, size: usize) -> Result<Pool, StoreError> {
    Pool::builder(sessions)
        .max_size(size)
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(ANSWER_WITHIN))
        .create_timeout(Some(CONNECT_WITHIN))
        .build()
        .map_err(|error| StoreError::Unavailable(error.to_string()))
}

/// The server's certificate is always checked: against the county's own authority if one is
/// named, else against those that the machine trusts.
fn tls(settings: &PostgresSettings) -> Result<rustls::ClientConfig, StoreError> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use rustls_platform_verifier::BuilderVerifierExt;
    let refused = |why: String| StoreError::Unavailable(why);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(error.to_string()))?;
    let Some(file) = &settings.ca_file else {
        let builder =
            builder.with_platform_verifier().map_err(|error| refused(error.to_string()))?;
        return Ok(builder.with_no_client_auth());
    };
    let unreadable = |error: String| refused(format!("{}: {error}", file.display()));
    let mut roots = rustls::RootCertStore::empty();
    for certificate in
        CertificateDer::pem_file_iter(file).map_err(|error| unreadable(error.to_string()))?
    {
        let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unreadable("holds no certificate".into()));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
