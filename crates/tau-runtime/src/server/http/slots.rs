//! How many connections there are.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::options::ConnectionOptions;
use super::peer::Peer;

/// Places for connections.
#[derive(Debug)]
pub(super) struct Slots {
    max: usize,
    max_per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

/// The place of a connection, free again when it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    address: Option<IpAddr>,
}

impl Slots {
    pub(super) fn new(options: &ConnectionOptions) -> Arc<Self> {
        let (max, max_per_address) = (options.max_connections, options.max_connections_per_address);
        Arc::new(Self { max, max_per_address, taken: Mutex::default() })
    }

    /// A place, if there is one.
    pub(super) fn take(self: &Arc<Self>, peer: Peer) -> Option<Slot> {
        let address = match peer {
            Peer::Tcp { remote, .. } if !peer.is_loopback() => Some(remote.ip().to_canonical()),
            _ => None,
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_address = address.map_or(0, |address| taken.by_address.get(&address).copied().unwrap_or(0));
        if taken.all >= self.max || of_address >= self.max_per_address {
            return None;
        }
        taken.all += 1;
        if let Some(address) = address {
            taken.by_address.insert(address, of_address + 1);
        }
        Some(Slot { slots: Arc::clone(self), address })
    }

    fn free(&self, address: Option<IpAddr>) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        let Some(address) = address else { return };
        if let Some(of_address) = taken.by_address.get_mut(&address) {
            *of_address -= 1;
            if *of_address == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.free(self.address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(remote: &str, local: &str) -> Peer {
        Peer::Tcp { remote: remote.parse().unwrap(), local: local.parse().unwrap() }
    }

    fn slots(max_connections: usize, max_connections_per_address: usize) -> Arc<Slots> {
        let options =
            ConnectionOptions { max_connections, max_connections_per_address, ..Default::default() };
        Slots::new(&options)
    }

    #[test]
    fn an_address_has_its_share_and_gets_it_back() {
        let slots = slots(10, 2);
        let (one, other) = (peer("192.0.2.1:9", "192.0.2.9:1"), peer("192.0.2.2:9", "192.0.2.9:1"));
        let held = [slots.take(one), slots.take(one)];
        assert!(held.iter().all(Option::is_some));
        assert!(slots.take(one).is_none());
        assert!(slots.take(other).is_some());
        drop(held);
        assert!(slots.take(one).is_some());
        assert!(slots.taken.lock().unwrap().by_address.is_empty());
    }

    #[test]
    fn an_address_in_its_v6_form_is_the_same_address() {
        let slots = slots(10, 1);
        let _held = slots.take(peer("192.0.2.1:9", "192.0.2.9:1")).unwrap();
        assert!(slots.take(peer("[::ffff:192.0.2.1]:9", "[::ffff:192.0.2.9]:1")).is_none());
    }

    #[test]
    fn loopback_is_counted_as_a_whole_alone() {
        let slots = slots(3, 1);
        let local = peer("127.0.0.1:9", "127.0.0.1:1");
        let held: Vec<Slot> = std::iter::from_fn(|| slots.take(local)).collect();
        assert_eq!(held.len(), 3);
    }
}
