//! Execution tokens: only the governor makes them, and an executor refuses whatever comes without one.

use serde::{Deserialize, Serialize};

use crate::canonical::Hash;
use crate::ids::Id;

/// The right to run one request once.
///
/// It is bound to the request, the policy that decided, the decision's reservation and a time. `mac` is BLAKE3 keyed with
/// the governor's secret over all of that, so that an executor that has the secret needs nobody to check it. That a token
/// is used once is the governor's to see: it takes each at most once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// The request.
    pub request: Id,
    /// The hash of its canonical form.
    pub hash: Hash,
    /// The number of its reservation.
    pub reservation: u64,
    /// When it ends, in microseconds since the Unix epoch.
    pub expires: i64,
    /// What proves it.
    pub mac: Hash,
}

impl Token {
    pub(crate) fn new(secret: &[u8; 32], policy: &str, of: (&Id, Hash), reservation: u64, expires: i64) -> Self {
        let (request, hash) = of;
        let mac = mac(secret, policy, (request, hash), reservation, expires);
        Self { request: request.clone(), hash, reservation, expires, mac }
    }

    /// Whether a governor with this secret made it under this policy.
    #[must_use]
    pub fn is_genuine(&self, secret: &[u8; 32], policy: &str) -> bool {
        let meant = mac(secret, policy, (&self.request, self.hash), self.reservation, self.expires);
        // Compared in constant time.
        blake3::Hash::from_bytes(meant.0) == blake3::Hash::from_bytes(self.mac.0)
    }
}

fn mac(secret: &[u8; 32], policy: &str, (request, hash): (&Id, Hash), reservation: u64, expires: i64) -> Hash {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    for part in [policy, request.as_str()] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(&hash.0);
    hasher.update(&reservation.to_le_bytes());
    hasher.update(&expires.to_le_bytes());
    Hash(*hasher.finalize().as_bytes())
}
