//! SHA-256: of an event, which chains a session, and of a blob, which names it.

use std::fmt;

use sha2::{Digest, Sha256};
use tau_proto::runtime::v1::Event;

/// Thirty-two bytes of SHA-256.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "thirty-two bytes")]
pub struct Sha256Hash(pub [u8; 32]);

impl Sha256Hash {
    /// What the first event of a session names as its predecessor.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads thirty-two bytes; `None` for any other number.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads 64 hex digits of either letter case; `None` for any other text.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() {
            return None;
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Hash({self})")
    }
}

/// The hash of an event, as `event.proto` defines it: what the next event of the session carries as `prev_hash`.
#[must_use]
pub fn event_hash(event: &Event) -> Sha256Hash {
    let mut sha = Sha256::new();
    put(&mut sha, event.session_id.as_bytes());
    sha.update(event.seq.to_be_bytes());
    sha.update(event.epoch.to_be_bytes());
    put(&mut sha, event.event_id.as_bytes());
    put(&mut sha, event.kind.as_bytes());
    sha.update(u64::from(event.schema_version).to_be_bytes());
    match &event.cause_event_id {
        Some(cause) => {
            sha.update([1]);
            put(&mut sha, cause.as_bytes());
        }
        None => sha.update([0]),
    }
    sha.update(event.time.seconds.to_be_bytes());
    sha.update(event.time.nanos.to_be_bytes());
    put(&mut sha, &event.body);
    put(&mut sha, &event.prev_hash);
    Sha256Hash(sha.finalize().into())
}

fn put(sha: &mut Sha256, bytes: &[u8]) {
    sha.update((bytes.len() as u64).to_be_bytes());
    sha.update(bytes);
}

#[cfg(test)]
mod tests {
    use tau_proto::buffa::MessageField;
    use tau_proto::buffa_types::google::protobuf::Timestamp;
    use tau_proto::runtime::v1::Event;

    use super::{Sha256Hash, event_hash};

    fn vector() -> Event {
        Event {
            session_id: "s".into(),
            seq: 1,
            epoch: 0,
            event_id: "e".into(),
            kind: "k".into(),
            schema_version: 1,
            time: MessageField::some(Timestamp { seconds: 1, nanos: 2, ..Default::default() }),
            body: "{}".into(),
            prev_hash: vec![0; 32].into(),
            ..Default::default()
        }
    }

    #[test]
    fn is_the_hash_that_the_interface_documents() {
        let expected = "7112760b61d74018b3b36adfb39b3dcda5a30b089384abbc09ba8d793fc8f6eb";
        assert_eq!(event_hash(&vector()).to_string(), expected);
        assert_eq!(Sha256Hash::from_hex(expected), Some(event_hash(&vector())));
    }

    #[test]
    fn every_field_counts() {
        let changes: [fn(&mut Event); 11] = [
            |event| event.session_id = "t".into(),
            |event| event.seq = 2,
            |event| event.epoch = 1,
            |event| event.event_id = "f".into(),
            |event| event.kind = "l".into(),
            |event| event.schema_version = 2,
            |event| event.cause_event_id = Some(String::new()),
            |event| event.time.get_or_insert_default().seconds = 2,
            |event| event.time.get_or_insert_default().nanos = 3,
            |event| event.body = "{ }".into(),
            |event| event.prev_hash = vec![1; 32].into(),
        ];
        let mut hashes = std::collections::BTreeSet::from([event_hash(&vector())]);
        for change in changes {
            let mut event = vector();
            change(&mut event);
            assert!(hashes.insert(event_hash(&event)), "{event:?} has the hash of another");
        }
    }

    #[test]
    fn only_64_hex_digits_are_a_hash() {
        let good = "00".repeat(32);
        assert_eq!(Sha256Hash::from_hex(&good), Some(Sha256Hash::ZERO));
        for bad in ["", "0", &good[1..], &format!("{good}0"), &"zz".repeat(32), &"é".repeat(32)] {
            assert_eq!(Sha256Hash::from_hex(bad), None, "{bad}");
        }
    }
}
