//! Attackers that do the same thing again and again.
//!
//! Invariant: none is left when `stop` returns. Leaves out: what they do.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

/// One deed; its number tells deeds apart.
type Deed = dyn Fn(u64) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// What to do, and how many do it at once.
#[derive(Clone)]
pub struct Attack {
    deed: Arc<Deed>,
    width: u64,
    pace: Duration,
}

impl Attack {
    /// `width` of them do `deed`, one after the other each.
    pub fn new<F: Future<Output = ()> + Send + 'static>(
        width: u64,
        deed: impl Fn(u64) -> F + Send + Sync + 'static,
    ) -> Self {
        Self {
            deed: Arc::new(move |no| Box::pin(deed(no))),
            width,
            pace: Duration::ZERO,
        }
    }

    /// The same, each of them not oftener than once in `pace`: so much is asked however fast it is answered.
    pub fn paced(self, pace: Duration) -> Self {
        Self { pace, ..self }
    }
}

/// An attack in progress.
pub struct Flood {
    over: Arc<AtomicBool>,
    attackers: JoinSet<u64>,
}

impl Flood {
    /// Begins.
    pub fn start(attack: &Attack) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let mut attackers = JoinSet::new();
        for at in 0..attack.width {
            let (attack, over) = (attack.clone(), Arc::clone(&over));
            attackers.spawn(async move {
                let mut done = 0;
                while !over.load(Ordering::Relaxed) {
                    let next = Instant::now() + attack.pace;
                    (attack.deed)(done * attack.width + at).await;
                    done += 1;
                    tokio::time::sleep_until(next).await;
                }
                done
            });
        }
        Self { over, attackers }
    }

    /// Ends it; how many deeds were done.
    pub async fn stop(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        self.attackers.join_all().await.into_iter().sum()
    }
}
