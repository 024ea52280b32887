//! A control plane whose etcd is slow, or does not answer at all.

use std::time::Duration;

use tokio::time::sleep;

use super::ControlPlane;

/// How long slow etcd pauses.
const SLOW: Duration = Duration::from_millis(400);

impl ControlPlane {
    /// Stops etcd's process (SIGSTOP): requests to the API server hang. Not for the shared control plane.
    pub fn pause_etcd(&self) {
        self.etcd.lock().as_ref().expect("etcd was started").signal("STOP");
    }

    /// Ends [`ControlPlane::pause_etcd`].
    pub fn resume_etcd(&self) {
        self.etcd.lock().as_ref().expect("etcd was started").signal("CONT");
    }

    /// Pauses etcd most of the time, as on a slow disk, until the future ends.
    pub async fn with_slow_etcd<T>(&self, meanwhile: impl Future<Output = T>) -> T {
        let slow = async {
            loop {
                self.pause_etcd();
                sleep(SLOW).await;
                self.resume_etcd();
                sleep(SLOW / 8).await;
            }
        };
        let result = tokio::select! {
            result = meanwhile => result,
            () = slow => unreachable!("it has no end"),
        };
        self.resume_etcd();
        result
    }
}
