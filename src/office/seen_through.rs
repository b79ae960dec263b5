//! A future that comes to its end even when nobody waits for it any more: WeChat drops the
//! connection after 5 s, and the turn goes on. It costs a task of its own only then.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use tokio::runtime::Handle;

pub(super) struct SeenThrough<T: Send + 'static>(Option<Running<T>>);

type Running<T> = Pin<Box<dyn Future<Output = Result<T, Panicked>> + Send>>;

/// The future panicked; the panic hook has said how.
pub(super) struct Panicked;

impl<T: Send + 'static> SeenThrough<T> {
    pub fn new(future: impl Future<Output = T> + Send + 'static) -> Self {
        let caught = AssertUnwindSafe(future).catch_unwind();
        Self(Some(Box::pin(caught.map(|ended| ended.map_err(|_| Panicked)))))
    }
}

impl<T: Send + 'static> Future for SeenThrough<T> {
    type Output = Result<T, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(running) = &mut self.0 else { return Poll::Pending };
        let ended = running.as_mut().poll(context);
        if ended.is_ready() {
            self.0 = None;
        }
        ended
    }
}

impl<T: Send + 'static> Drop for SeenThrough<T> {
    fn drop(&mut self) {
        // Without a runtime the program is ending.
        if let Some(running) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async {
                let _ = running.await;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::SeenThrough;

    #[tokio::test]
    async fn it_ends_though_it_was_dropped() {
        let (tell, told) = oneshot::channel();
        let work = SeenThrough::new(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            tell.send(7).unwrap();
        });
        assert!(tokio::time::timeout(Duration::from_millis(1), work).await.is_err());
        assert_eq!(told.await, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let work = SeenThrough::new(async { panic!("inside") });
        let ended: Result<(), _> = work.await;
        assert!(ended.is_err());
        assert!(SeenThrough::new(async { 3 }).await.is_ok_and(|answer| answer == 3));
    }
}
