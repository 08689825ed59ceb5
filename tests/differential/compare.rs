//! Two transcripts of one conversation: they have to be the same, but for what cannot be.

use crate::harness::raw::Message;
use crate::run::Transcript;

/// The first OID that is not fixed (`FirstNormalObjectId` in `src/include/access/transam.h`).
const FIRST_NORMAL_OID: u32 = 16384;

/// Where they differ; `None` if nowhere.
pub fn difference(server: &Transcript, proxy: &Transcript, on_main: bool) -> Option<String> {
    if proxy.hung {
        let last = |messages: &[Message]| messages[messages.len().saturating_sub(5)..].to_vec();
        return Some(format!(
            "the proxy's answer does not come: {} messages that end with {:?} instead of {} that end with {:?}",
            proxy.messages.len(),
            last(&proxy.messages),
            server.messages.len(),
            last(&server.messages),
        ));
    }
    if server.bytes != proxy.bytes {
        return Some(format!(
            "before the startup packet: {:?} and {:?}",
            server.bytes, proxy.bytes
        ));
    }
    let normalise = |message| normalised(message, on_main);
    let expected: Vec<_> = server.messages.iter().map(normalise).collect();
    let actual: Vec<_> = proxy.messages.iter().map(normalise).collect();
    let at = (0..expected.len().max(actual.len())).find(|at| expected.get(*at) != actual.get(*at));
    if let Some(at) = at {
        let shown = |messages: &[Message]| {
            let from = at.saturating_sub(2);
            let to = (at + 3).min(messages.len());
            messages
                .get(from..to)
                .unwrap_or_default()
                .iter()
                .map(|message| format!("    {message:?}"))
                .collect::<Vec<_>>()
                .join("\n")
        };
        return Some(format!(
            "at message {at}:\n  server\n{}\n  proxy\n{}",
            shown(&expected),
            shown(&actual)
        ));
    }
    (server.rest != proxy.rest)
        .then(|| format!("at the end: {:?} and {:?}", server.rest, proxy.rest))
}

/// Without process ids, keys, and the OIDs of what the tests made.
fn normalised(message: &Message, on_main: bool) -> Message {
    let mut message = message.clone();
    match message.tag {
        // A text that cannot be read is not sent from a branch: the proxy says why.
        b'E' if !on_main && message.sqlstate() == "42601" => message.body = b"42601".to_vec(),
        b'K' => message.body.fill(0),
        b'A' => message.body[..4].fill(0),
        // That no transaction is in progress is found in one place of the server's source within a text, and in another
        // after it has been cut up.
        b'N' if message.sqlstate() == "25P01" => {
            let fields = message.body.split(|byte| *byte == 0);
            let kept: Vec<_> = fields
                .filter(|field| field.first() != Some(&b'L'))
                .collect();
            message.body = kept.join(&0);
        }
        b't' => message.body[2..].chunks_exact_mut(4).for_each(mask),
        b'T' => {
            let body = &mut message.body;
            let mut at = 2;
            while let Some(end) = body[at..].iter().position(|byte| *byte == 0) {
                // Table, attribute, type, size, modifier, format.
                at += end + 1;
                mask(&mut body[at..at + 4]);
                mask(&mut body[at + 6..at + 10]);
                at += 18;
                if at >= body.len() {
                    break;
                }
            }
        }
        _ => {}
    }
    message
}

fn mask(oid: &mut [u8]) {
    if oid
        .try_into()
        .is_ok_and(|oid| u32::from_be_bytes(oid) >= FIRST_NORMAL_OID)
    {
        oid.fill(0xff);
    }
}
