//! The disk as the servers' core sees it.

use std::time::Duration;

use super::connection::Connection;
use crate::subject::Subject;

/// The echo, asked to make a write durable.
pub(crate) struct Disk {
    connection: Connection,
    request: String,
}

impl Disk {
    /// Connects to the echo.
    pub(crate) async fn behind(echo: &Subject) -> anyhow::Result<Self> {
        Ok(Self {
            connection: Connection::open(echo.address).await?,
            request: format!("GET /sync HTTP/1.1\r\nHost: {}\r\n\r\n", echo.address),
        })
    }

    /// Returns how long one `fdatasync` took, the way to the echo left out.
    pub(crate) async fn sync_once(&mut self) -> anyhow::Result<Duration> {
        let nanos = self.connection.ask(self.request.as_bytes()).await?;
        Ok(Duration::from_nanos(std::str::from_utf8(nanos)?.parse()?))
    }

    /// The same so many times, with a pause between as the load that it is compared with has.
    pub(crate) async fn sync_paced(
        &mut self,
        count: u64,
        pause: Duration,
    ) -> anyhow::Result<Vec<Duration>> {
        let mut samples = Vec::new();
        for _ in 0..count {
            samples.push(self.sync_once().await?);
            tokio::time::sleep(pause).await;
        }
        Ok(samples)
    }
}
