//! TLS to the database, with a PostgreSQL that has a certificate of its own making.

use std::path::{Path, PathBuf};
use std::process::Command;

use bianmin::store::{Engine, PostgresEngine, PostgresSettings, StoreError};
use fake_wechat::postgres::{Certificate, Cluster};

/// An authority, and what it has signed for `localhost`.
struct Authority {
    folder: PathBuf,
}

impl Authority {
    fn new(folder: &Path, name: &str) -> Self {
        let folder = folder.join(name);
        std::fs::create_dir(&folder).unwrap();
        let authority = Self { folder };
        let subject = format!("/CN={name}");
        authority.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            &subject,
            "-addext",
            "basicConstraints=critical,CA:TRUE",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
        ]);
        authority
    }

    fn openssl(&self, arguments: &[&str]) {
        let done = Command::new("openssl").current_dir(&self.folder).args(arguments).output();
        let done = done.expect("openssl comes with PostgreSQL (tests/all.sh installs it)");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn sign(&self) -> Certificate {
        let names = "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n";
        std::fs::write(self.folder.join("names"), names).unwrap();
        self.openssl(&[
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-keyout",
            "server.key",
            "-out",
            "server.csr",
        ]);
        self.openssl(&[
            "x509",
            "-req",
            "-in",
            "server.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            "names",
            "-out",
            "server.pem",
        ]);
        let read = |name: &str| std::fs::read_to_string(self.folder.join(name)).unwrap();
        Certificate { chain: read("server.pem"), key: read("server.key") }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }
}

async fn open(url: &str, ca_file: Option<PathBuf>) -> Result<PostgresEngine, StoreError> {
    let url = url.to_owned();
    PostgresEngine::open(PostgresSettings { url, password: None, ca_file, connections: 2 }).await
}

fn why(opened: Result<PostgresEngine, StoreError>) -> String {
    match opened {
        Ok(_) => panic!("it was let in"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn only_the_right_server_is_spoken_to_and_never_in_clear() {
    let home = tempfile::tempdir().unwrap();
    let county = Authority::new(home.path(), "county");
    let stranger = Authority::new(home.path(), "stranger");
    let cluster = Cluster::start_with_tls(&std::env::temp_dir(), &county.sign());
    let database = cluster.fresh();
    let at = |host: &str, mode: &str| database.url_at(&format!("{host}:{}", cluster.port), mode);

    for mode in ["", "sslmode=prefer", "sslmode=require"] {
        let store = open(&at("localhost", mode), Some(county.file())).await.unwrap();
        assert_eq!(store.get_many(&[b"k".to_vec()]).await.unwrap(), [None], "{mode}");
        let encrypted = "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl \
                         JOIN pg_stat_activity USING (pid) WHERE application_name = 'bianmin'";
        assert_eq!(cluster.sql(encrypted), "t", "{mode}");
    }
    // Another authority; a name that is not in the certificate; nobody whom the machine knows.
    for (host, authority, expect) in [
        ("localhost", Some(stranger.file()), "certificate"),
        ("127.0.0.1", Some(county.file()), "certificate"),
        ("localhost", None, "certificate"),
    ] {
        let why = why(open(&at(host, "sslmode=require"), authority).await);
        assert!(why.contains(expect), "{host}: {why}");
    }
    let missing = home.path().join("nowhere.pem");
    let why_not = why(open(&at("localhost", ""), Some(missing)).await);
    assert!(why_not.contains("nowhere.pem"), "{why_not}");
}

/// A server without TLS, or somebody in between who says so.
#[tokio::test]
async fn a_server_without_tls_is_refused_unless_that_is_wanted() {
    let cluster = Cluster::shared();
    let database = cluster.fresh();
    let at = |mode: &str| database.url_at(&format!("127.0.0.1:{}", cluster.port), mode);
    for mode in ["", "sslmode=prefer", "sslmode=require"] {
        let why = why(open(&at(mode), None).await);
        assert!(
            why.contains("server does not support TLS") && why.contains("sslmode=disable"),
            "{why}"
        );
    }
    open(&at("sslmode=disable"), None).await.unwrap();
    // A socket of the same machine has no TLS, and needs none.
    open(&database.url().replace("sslmode=disable&", ""), None).await.unwrap();
}
