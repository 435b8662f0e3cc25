//! What happens on the way to an origin, told while it happens.
//!
//! A failure says how a fetch ended. Whoever explains one (`edge502 check -v`) wants to know what came before it: what
//! DNS said, which addresses were tried, how long each part took. An edge that serves viewers tells nobody.

use std::fmt;
use std::net::SocketAddr;

use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

/// One step on the way to an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Milestone {
    /// The origin's name is about to be looked up.
    LookingUp {
        /// The name.
        domain: String,
    },
    /// The addresses of the origin, never none.
    Resolved {
        /// Where it can be reached.
        addresses: Vec<SocketAddr>,
        /// Whether an override said so instead of DNS.
        overridden: bool,
    },
    /// A connection is tried.
    Connecting {
        /// The origin's address.
        address: SocketAddr,
        /// Where that leads, if not to itself.
        to: SocketAddr,
    },
    /// TCP is connected.
    Connected {
        /// The origin's address.
        address: SocketAddr,
    },
    /// The TLS handshake is over, well or badly.
    ShookHands {
        /// The origin's address.
        address: SocketAddr,
    },
    /// The request goes out.
    Sending,
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LookingUp { domain } => write!(f, "look up {domain}"),
            Self::Resolved { addresses, overridden } => {
                let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                let who = if *overridden { "given on the command line" } else { "DNS answers" };
                write!(f, "{who}: {}", addresses.join(", "))
            }
            Self::Connecting { address, to } if address == to => write!(f, "connect to {address}"),
            Self::Connecting { address, to } => write!(f, "connect to {address}, which leads to {to}"),
            Self::Connected { address } => write!(f, "connected to {address}"),
            Self::ShookHands { address } => write!(f, "TLS handshake with {address} is over"),
            Self::Sending => f.write_str("send the request"),
        }
    }
}

/// Tells milestones to whoever wants to know them; the default tells nobody.
#[derive(Debug, Clone, Default)]
pub(crate) struct Teller(Option<UnboundedSender<(Instant, Milestone)>>);

impl Teller {
    pub(crate) fn to(listener: UnboundedSender<(Instant, Milestone)>) -> Self {
        Self(Some(listener))
    }

    /// Tells what `milestone` makes, which is not called where nobody listens.
    pub(crate) fn tell(&self, milestone: impl FnOnce() -> Milestone) {
        if let Some(listener) = &self.0 {
            // A listener that has gone wants to know nothing more.
            let _ = listener.send((Instant::now(), milestone()));
        }
    }
}
