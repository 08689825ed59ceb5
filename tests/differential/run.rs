//! Holds a conversation with a server, or with the proxy in front of one, and writes down what is answered.

use crate::case::{Case, Step};
use crate::harness::raw::Message;
use bytes::BytesMut;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// After this long without a byte, the server is taken to have nothing more to say.
const QUIET: Duration = Duration::from_millis(25);

/// The same after the last message: more is not going to be asked.
const LAST_QUIET: Duration = Duration::from_millis(300);

/// After this long without a byte that the server has sent, the proxy is taken to hang.
const HUNG: Duration = Duration::from_secs(20);

/// What was answered.
#[derive(Debug, Default)]
pub struct Transcript {
    /// The answers to requests of encryption.
    pub bytes: Vec<u8>,
    pub messages: Vec<Message>,
    /// What came after the last whole message.
    pub rest: Vec<u8>,
    /// How many messages had come whenever the client had waited.
    pub waits: Vec<usize>,
    /// It waited in vain.
    pub hung: bool,
}

/// Who sets the pace.
#[derive(Clone, Copy, Debug)]
pub enum Pace<'a> {
    /// Wait until nothing more comes.
    Own,
    /// Wait for as much as came there.
    Of(&'a Transcript),
}

struct Talk<'a> {
    stream: TcpStream,
    input: BytesMut,
    transcript: Transcript,
    closed: bool,
    /// Nothing more can be sent; what was answered is still there to be read.
    deaf: bool,
    pace: Pace<'a>,
}

/// Holds it at a port of this machine.
pub async fn run(port: u16, case: &Case, pace: Pace<'_>) -> Transcript {
    let stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("the port listens");
    stream.set_nodelay(true).expect("a TCP socket");
    let mut talk = Talk {
        stream,
        input: BytesMut::new(),
        transcript: Transcript::default(),
        closed: false,
        deaf: false,
        pace,
    };
    let mut cut = case.pieces.map(StdRng::seed_from_u64);
    for request in &case.startup.requests {
        talk.send(request, cut.as_mut()).await;
        talk.read_byte().await;
    }
    talk.send(&case.startup.packet, cut.as_mut()).await;
    talk.log_in().await;
    let ending = Case::ending();
    let ends_itself = case.steps.iter().any(|step| step.last);
    let rest: &[Step] = if ends_itself { &[] } else { &ending };
    for step in case.steps.iter().chain(rest) {
        if talk.closed || talk.deaf {
            break;
        }
        talk.send(&step.bytes, cut.as_mut()).await;
        if step.waits {
            talk.wait(if step.last { LAST_QUIET } else { QUIET }).await;
        }
    }
    talk.finish().await;
    talk.transcript
}

impl Talk<'_> {
    async fn send(&mut self, bytes: &[u8], cut: Option<&mut StdRng>) {
        let Some(cut) = cut else {
            self.write(bytes).await;
            return;
        };
        let mut rest = bytes;
        while !(rest.is_empty() || self.deaf) {
            let most = if cut.random_bool(0.5) { 4 } else { 200 };
            let (piece, after) = rest.split_at(cut.random_range(1..=most).min(rest.len()));
            self.write(piece).await;
            rest = after;
            if cut.random_bool(0.2) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// Reads meanwhile, as nobody else makes room for the peer.
    async fn write(&mut self, bytes: &[u8]) {
        let (mut reader, mut writer) = self.stream.split();
        let writing = writer.write_all(bytes);
        tokio::pin!(writing);
        loop {
            tokio::select! {
                biased;
                result = &mut writing => {
                    self.deaf |= result.is_err();
                    break;
                }
                read = reader.read_buf(&mut self.input) => {
                    if !matches!(read, Ok(1..)) {
                        self.closed = true;
                        break;
                    }
                }
            }
        }
        self.sort();
    }

    fn sort(&mut self) {
        while let Some(message) = crate::harness::raw::take_message(&mut self.input) {
            self.transcript.messages.push(message);
        }
    }

    /// Reads once more; whether something came in time.
    async fn read(&mut self, patience: Duration) -> bool {
        match timeout(patience, self.stream.read_buf(&mut self.input)).await {
            Ok(Ok(1..)) => {
                self.sort();
                true
            }
            Ok(_) => {
                self.closed = true;
                false
            }
            Err(_) => false,
        }
    }

    async fn read_byte(&mut self) {
        while self.input.is_empty() && !self.closed {
            match timeout(HUNG, self.stream.read_buf(&mut self.input)).await {
                Ok(Ok(1..)) => {}
                Ok(_) => self.closed = true,
                Err(_) => {
                    self.transcript.hung = true;
                    return;
                }
            }
        }
        if !self.input.is_empty() {
            let byte = self.input.split_to(1);
            self.transcript.bytes.extend_from_slice(&byte);
        }
    }

    /// To a startup packet there is always an answer.
    async fn log_in(&mut self) {
        let over = |message: &Message| matches!(message.tag, b'Z' | b'E');
        while !self.closed && !self.transcript.messages.iter().any(over) {
            if !self.read(HUNG).await && !self.closed {
                self.transcript.hung = true;
                return;
            }
        }
    }

    async fn wait(&mut self, quiet: Duration) {
        match self.pace {
            Pace::Own => {
                let before = self.transcript.messages.len();
                let ready = |messages: &[Message]| {
                    messages[before.min(messages.len())..]
                        .iter()
                        .any(|message| matches!(message.tag, b'Z' | b'G'))
                };
                while !self.closed && !ready(&self.transcript.messages) && self.read(quiet).await {}
            }
            Pace::Of(other) => {
                let wanted = other.waits.get(self.transcript.waits.len());
                while !self.closed
                    && !self.transcript.hung
                    && wanted.is_some_and(|wanted| self.transcript.messages.len() < *wanted)
                {
                    self.transcript.hung = !self.read(HUNG).await && !self.closed;
                }
            }
        }
        let count = self.transcript.messages.len();
        self.transcript.waits.push(count);
    }

    async fn finish(&mut self) {
        if !self.closed {
            let _ = self.stream.shutdown().await;
        }
        while !self.closed && !self.transcript.hung {
            self.transcript.hung = !self.read(HUNG).await && !self.closed;
        }
        self.transcript.rest = self.input.to_vec();
    }
}
