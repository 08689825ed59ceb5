//! Cancelling a query: a connection of its own that carries nothing but the key.

use super::connect::{ConnectError, Connector};
use bytes::{BufMut, Bytes, BytesMut};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// `CANCEL_REQUEST_CODE` (`src/include/libpq/pqcomm.h`).
const CANCEL_REQUEST_CODE: u32 = 80_877_102;

/// How long the server may take to close the connection, by which it says that it is done.
const DONE_TIMEOUT: Duration = Duration::from_secs(10);

/// Whose query to cancel: the server, and the packet it understands.
#[derive(Clone)]
pub struct CancelTarget {
    connector: Arc<Connector>,
    /// Empty where the server gave no key: there is nothing to cancel with.
    packet: Bytes,
}

impl fmt::Debug for CancelTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelTarget")
            .field("connector", &self.connector)
            .finish_non_exhaustive()
    }
}

impl CancelTarget {
    /// `key` is the body of the server's BackendKeyData: process id and secret; `None` if it sent none.
    pub fn new(connector: Arc<Connector>, key: Option<&[u8]>) -> Self {
        let packet = key.map_or_else(Bytes::new, cancel_request);
        Self { connector, packet }
    }

    /// From a client's whole CancelRequest packet.
    pub fn from_packet(connector: Arc<Connector>, packet: Bytes) -> Self {
        Self { connector, packet }
    }

    /// The CancelRequest; empty where the server gave no key.
    pub fn packet(&self) -> &Bytes {
        &self.packet
    }

    /// Sends the request and waits until the server has handled it. Succeeds whether or not
    /// there was a query to cancel: the server does not say.
    pub async fn cancel(&self) -> Result<(), ConnectError> {
        if self.packet.is_empty() {
            return Ok(());
        }
        let mut stream = self.connector.connect().await?;
        let exchange = async {
            stream.write_all(&self.packet).await?;
            stream.flush().await?;
            let mut rest = [0; 64];
            while stream.read(&mut rest).await? > 0 {}
            Ok::<_, std::io::Error>(())
        };
        // A server that resets the connection instead of closing it has read the request all the same.
        let _ = tokio::time::timeout(DONE_TIMEOUT, exchange).await;
        Ok(())
    }
}

fn cancel_request(key: &[u8]) -> Bytes {
    let mut packet = BytesMut::with_capacity(8 + key.len());
    packet.put_u32(u32::try_from(8 + key.len()).unwrap_or(u32::MAX));
    packet.put_u32(CANCEL_REQUEST_CODE);
    packet.put_slice(key);
    packet.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_carries_the_key_as_the_server_gave_it() {
        assert_eq!(
            cancel_request(&[0, 0, 0, 7, 1, 2, 3, 4])[..],
            [0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e, 0, 0, 0, 7, 1, 2, 3, 4]
        );
    }
}
