//! A proxy that cuts connections: before a request has passed, or after it has and before its
//! answer comes back. The one who asked can not tell the two apart.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub struct Cutter {
    pub port: u16,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    /// One request in so many is cut; 0: none.
    one_in: AtomicU64,
    random: AtomicU64,
    before: AtomicU64,
    after: AtomicU64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    No,
    Before,
    After,
}

impl Shared {
    fn next(&self) -> Cut {
        let one_in = self.one_in.load(Ordering::SeqCst);
        let seed = self.random.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let random = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 16;
        if one_in == 0 || random % one_in != 0 {
            return Cut::No;
        }
        if (random / one_in) % 2 == 0 { Cut::Before } else { Cut::After }
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Cutter {
    /// Passes everything on to `port` of this machine until it is told otherwise.
    pub async fn start(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let own = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared::default());
        let server = tokio::spawn({
            let shared = shared.clone();
            async move {
                loop {
                    let Ok((client, _)) = listener.accept().await else { continue };
                    let shared = shared.clone();
                    // Both sides are closed when it returns.
                    tokio::spawn(async move { pass(client, port, &shared).await });
                }
            }
        });
        Self { port: own, shared, server }
    }

    pub fn cut_one_in(&self, requests: u64) {
        self.shared.one_in.store(requests, Ordering::SeqCst);
    }

    /// How many were cut before they passed, and after.
    pub fn cuts(&self) -> (u64, u64) {
        let count = |n: &AtomicU64| n.load(Ordering::SeqCst);
        (count(&self.shared.before), count(&self.shared.after))
    }
}

async fn pass(mut client: TcpStream, port: u16, shared: &Shared) -> std::io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut request, mut answer) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        tokio::select! {
            read = client.read(&mut request) => {
                let n = read?;
                if n == 0 {
                    return Ok(());
                }
                match shared.next() {
                    Cut::Before => {
                        shared.before.fetch_add(1, Ordering::SeqCst);
                        return Ok(());
                    }
                    cut => {
                        server.write_all(&request[..n]).await?;
                        if cut == Cut::After {
                            shared.after.fetch_add(1, Ordering::SeqCst);
                            return Ok(());
                        }
                    }
                }
            }
            read = server.read(&mut answer) => {
                let n = read?;
                if n == 0 {
                    return Ok(());
                }
                client.write_all(&answer[..n]).await?;
            }
        }
    }
}
