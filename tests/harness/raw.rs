//! A client in bytes: what the protocol tests send is exactly what they say.

use super::in_time;
use bytes::{BufMut, BytesMut};
use std::collections::BTreeMap;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

pub const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// A message from the server side.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub tag: u8,
    pub body: Vec<u8>,
}

impl Message {
    pub fn tag(&self) -> char {
        char::from(self.tag)
    }

    /// A field of an ErrorResponse or NoticeResponse.
    pub fn field(&self, code: u8) -> Option<String> {
        assert!(matches!(self.tag, b'E' | b'N'), "{self:?} has no fields");
        self.body
            .split(|&byte| byte == 0)
            .find_map(|field| match field.split_first() {
                Some((&first, text)) if first == code => {
                    Some(String::from_utf8_lossy(text).into_owned())
                }
                _ => None,
            })
    }

    pub fn sqlstate(&self) -> String {
        self.field(b'C').expect("an SQLSTATE")
    }

    /// The text of a CommandComplete.
    pub fn command_tag(&self) -> String {
        assert_eq!(self.tag(), 'C', "{self:?}");
        let text = self.body.split_last().map_or(&[][..], |(_, text)| text);
        String::from_utf8_lossy(text).into_owned()
    }

    /// The status byte of a ReadyForQuery.
    pub fn status(&self) -> char {
        assert_eq!(self.tag(), 'Z', "{self:?}");
        char::from(self.body[0])
    }

    /// The columns of a DataRow, as they are on the wire.
    pub fn columns(&self) -> Vec<Option<Vec<u8>>> {
        assert_eq!(self.tag(), 'D', "{self:?}");
        let mut rest = &self.body[2..];
        let count = u16::from_be_bytes([self.body[0], self.body[1]]);
        (0..count)
            .map(|_| {
                let (length, tail) = rest.split_first_chunk::<4>().expect("a length");
                let length = i32::from_be_bytes(*length);
                let Ok(length) = usize::try_from(length) else {
                    rest = tail;
                    return None;
                };
                let (value, tail) = tail.split_at(length);
                rest = tail;
                Some(value.to_vec())
            })
            .collect()
    }

    /// The columns of a DataRow that is in text format.
    pub fn text(&self) -> Vec<String> {
        self.columns()
            .into_iter()
            .map(|value| {
                value.map_or_else(
                    || "∅".to_owned(),
                    |bytes| String::from_utf8_lossy(&bytes).into_owned(),
                )
            })
            .collect()
    }

    /// (name, type OID, format) of each column of a RowDescription.
    pub fn fields(&self) -> Vec<(String, u32, i16)> {
        assert_eq!(self.tag(), 'T', "{self:?}");
        let mut rest = &self.body[2..];
        let count = u16::from_be_bytes([self.body[0], self.body[1]]);
        (0..count)
            .map(|_| {
                let end = rest.iter().position(|&byte| byte == 0).expect("a name");
                let name = String::from_utf8_lossy(&rest[..end]).into_owned();
                let fixed = &rest[end + 1..end + 19];
                rest = &rest[end + 19..];
                let oid = u32::from_be_bytes(fixed[6..10].try_into().expect("four bytes"));
                let format = i16::from_be_bytes(fixed[16..18].try_into().expect("two bytes"));
                (name, oid, format)
            })
            .collect()
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = &self.body[..self.body.len().min(200)];
        write!(f, "{}({})", self.tag(), body.escape_ascii())
    }
}

/// The tags of messages as a word: `1 2 D C Z` is `"12DCZ"`.
pub fn tags(messages: &[Message]) -> String {
    messages.iter().map(Message::tag).collect()
}

/// Whatever carries bytes both ways.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A socket after login.
pub struct RawClient {
    stream: Box<dyn Io>,
    buffer: BytesMut,
    /// Body of the server's BackendKeyData.
    pub key: Vec<u8>,
    /// ParameterStatus messages of the login.
    pub parameters: Vec<(String, String)>,
}

impl RawClient {
    /// Logs in without a password.
    pub async fn connect(port: u16, user: &str, database: &str) -> Self {
        Self::connect_with(port, &[("user", user), ("database", database)]).await
    }

    /// Logs in with the given startup parameters.
    pub async fn connect_with(port: u16, parameters: &[(&str, &str)]) -> Self {
        match Self::try_connect(port, parameters).await {
            Ok(client) => client,
            Err(error) => panic!("the login was refused: {error:?}"),
        }
    }

    /// Logs in, or gives the ErrorResponse that says why not.
    pub async fn try_connect(port: u16, parameters: &[(&str, &str)]) -> Result<Self, Message> {
        let mut client = Self::open(port).await;
        client.login(parameters).await?;
        Ok(client)
    }

    /// Sends the startup packet, and reads up to ReadyForQuery or an ErrorResponse.
    pub async fn login(&mut self, parameters: &[(&str, &str)]) -> Result<(), Message> {
        self.send(&startup(parameters)).await;
        loop {
            let message = self.read().await;
            match message.tag {
                b'E' => return Err(message),
                b'K' => self.key = message.body,
                b'S' => {
                    let mut parts = message.body.split(|&byte| byte == 0);
                    let mut next =
                        || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
                    let pair = (next(), next());
                    self.parameters.push(pair);
                }
                b'Z' => return Ok(()),
                _ => {}
            }
        }
    }

    /// A bare connection, before any startup packet.
    pub async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port))
            .await
            .expect("the port listens");
        stream.set_nodelay(true).expect("a TCP socket");
        Self::over(stream)
    }

    /// The same over a stream of any kind.
    pub fn over(stream: impl Io + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            buffer: BytesMut::new(),
            key: Vec::new(),
            parameters: Vec::new(),
        }
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        in_time("sending", self.stream.write_all(bytes))
            .await
            .expect("the peer reads");
    }

    /// Sends nothing more, and can still read.
    pub async fn close_sending(&mut self) {
        in_time("closing", self.stream.shutdown())
            .await
            .expect("a live peer");
    }

    /// Sends as far as the peer wants to read.
    pub async fn try_send(&mut self, bytes: &[u8]) -> bool {
        in_time("sending", self.stream.write_all(bytes))
            .await
            .is_ok()
    }

    /// Sends and reads at once, as a client with a big pipeline does, until that many ReadyForQuery came.
    /// Gives how many messages of each tag there were.
    pub async fn pump(&mut self, bytes: &[u8], ready: usize) -> BTreeMap<char, usize> {
        let (mut reader, mut writer) = tokio::io::split(&mut self.stream);
        let mut counts = BTreeMap::new();
        let buffer = &mut self.buffer;
        let reading = async {
            while counts.get(&'Z') < Some(&ready) {
                while let Some(message) = take_message(buffer) {
                    *counts.entry(message.tag()).or_insert(0) += 1;
                }
                if counts.get(&'Z') < Some(&ready) {
                    let read = reader.read_buf(buffer).await.expect("a live peer");
                    assert_ne!(read, 0, "the peer went away");
                }
            }
        };
        let writing = async { writer.write_all(bytes).await.expect("the peer reads") };
        in_time("the pipeline", async { tokio::join!(reading, writing) }).await;
        counts
    }

    /// The next message, asynchronous ones included.
    pub async fn read(&mut self) -> Message {
        self.try_read().await.expect("another message")
    }

    /// The next message, or `None` at the end of the stream.
    pub async fn try_read(&mut self) -> Option<Message> {
        in_time("a message", async {
            loop {
                if let Some(message) = take_message(&mut self.buffer) {
                    return Some(message);
                }
                match self.stream.read_buf(&mut self.buffer).await {
                    Ok(0) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        })
        .await
    }

    /// The next bytes, whatever they are: what comes before the first message has no frames.
    pub async fn read_bytes(&mut self, count: usize) -> Vec<u8> {
        in_time("bytes", async {
            while self.buffer.len() < count {
                let read = self.stream.read_buf(&mut self.buffer).await;
                assert!(read.expect("a connection") > 0, "the peer has hung up");
            }
        })
        .await;
        self.buffer.split_to(count).to_vec()
    }

    /// Everything up to and including the next ReadyForQuery.
    pub async fn read_until_ready(&mut self) -> Vec<Message> {
        self.read_until(b'Z').await
    }

    /// Everything up to and including the next message with that tag.
    pub async fn read_until(&mut self, tag: u8) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            let message = self.read().await;
            let last = message.tag == tag;
            messages.push(message);
            if last {
                return messages;
            }
        }
    }

    /// Runs a text over the simple protocol.
    pub async fn query(&mut self, sql: &str) -> Vec<Message> {
        self.send(&query(sql)).await;
        self.read_until_ready().await
    }

    /// Runs a text in whatever encoding the session has.
    pub async fn query_bytes(&mut self, sql: &[u8]) -> Vec<Message> {
        let mut body = sql.to_vec();
        body.push(0);
        self.send(&frame(b'Q', &body)).await;
        self.read_until_ready().await
    }

    /// Sends messages of the extended protocol and a Sync.
    pub async fn exchange(&mut self, messages: &[Vec<u8>]) -> Vec<Message> {
        let mut bytes = messages.concat();
        bytes.extend(sync());
        self.send(&bytes).await;
        self.read_until_ready().await
    }
}

pub fn take_message(buffer: &mut BytesMut) -> Option<Message> {
    let header = buffer.get(..5)?;
    let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
    let end = 1 + usize::try_from(length).expect("a small message");
    if buffer.len() < end {
        return None;
    }
    let frame = buffer.split_to(end);
    Some(Message {
        tag: frame[0],
        body: frame[5..].to_vec(),
    })
}

/// A frame: type byte, length, body.
pub fn frame(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("a sendable body");
    let mut bytes = vec![tag];
    bytes.put_u32(length);
    bytes.put_slice(body);
    bytes
}

/// A StartupMessage of protocol 3.0.
pub fn startup(parameters: &[(&str, &str)]) -> Vec<u8> {
    startup_of(0x0003_0000, parameters)
}

/// A StartupMessage of any protocol version.
pub fn startup_of(version: u32, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    body.put_u32(version);
    for (name, value) in parameters {
        put_string(&mut body, name);
        put_string(&mut body, value);
    }
    body.put_u8(0);
    let mut bytes = Vec::new();
    bytes.put_u32(u32::try_from(body.len() + 4).expect("a short packet"));
    bytes.put_slice(&body);
    bytes
}

fn put_string(bytes: &mut Vec<u8>, text: &str) {
    bytes.put_slice(text.as_bytes());
    bytes.put_u8(0);
}

pub fn query(sql: &str) -> Vec<u8> {
    let mut body = Vec::new();
    put_string(&mut body, sql);
    frame(b'Q', &body)
}

/// Parse, without parameter types.
pub fn parse(name: &str, sql: &str) -> Vec<u8> {
    let mut body = Vec::new();
    put_string(&mut body, name);
    put_string(&mut body, sql);
    body.put_u16(0);
    frame(b'P', &body)
}

/// Bind with text parameters; results in text, or in binary.
pub fn bind(portal: &str, statement: &str, parameters: &[&str], binary: bool) -> Vec<u8> {
    let mut body = Vec::new();
    put_string(&mut body, portal);
    put_string(&mut body, statement);
    body.put_u16(0);
    body.put_u16(u16::try_from(parameters.len()).expect("few parameters"));
    for parameter in parameters {
        body.put_u32(u32::try_from(parameter.len()).expect("a short parameter"));
        body.put_slice(parameter.as_bytes());
    }
    body.put_u16(1);
    body.put_u16(u16::from(binary));
    frame(b'B', &body)
}

pub fn describe_statement(name: &str) -> Vec<u8> {
    named(b'D', b'S', name)
}

pub fn describe_portal(name: &str) -> Vec<u8> {
    named(b'D', b'P', name)
}

pub fn close_statement(name: &str) -> Vec<u8> {
    named(b'C', b'S', name)
}

pub fn close_portal(name: &str) -> Vec<u8> {
    named(b'C', b'P', name)
}

fn named(tag: u8, kind: u8, name: &str) -> Vec<u8> {
    let mut body = vec![kind];
    put_string(&mut body, name);
    frame(tag, &body)
}

/// Execute; `max_rows` 0 is without limit.
pub fn execute(portal: &str, max_rows: u32) -> Vec<u8> {
    let mut body = Vec::new();
    put_string(&mut body, portal);
    body.put_u32(max_rows);
    frame(b'E', &body)
}

pub fn sync() -> Vec<u8> {
    frame(b'S', &[])
}

pub fn flush() -> Vec<u8> {
    frame(b'H', &[])
}

/// CancelRequest with the body of a BackendKeyData.
pub fn cancel(key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.put_u32(u32::try_from(key.len() + 8).expect("a short key"));
    bytes.put_u32(80_877_102);
    bytes.put_slice(key);
    bytes
}
