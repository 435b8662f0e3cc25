//! The `[origin.port]` and `[origin.handshake]` tables: what goes wrong below HTTP.

use serde::{Deserialize, Deserializer, de::Error as _};

/// What a port does with TCP connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PortSpec {
    /// Default `serve`.
    pub behavior: PortBehavior,
    /// Whether the PROXY protocol is in the way. Default `none`.
    pub proxy_protocol: ProxyProtocol,
}

/// The line that a load balancer sends before everything else, to tell a server whom it speaks for
/// (<https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>). CloudFront sends none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyProtocol {
    /// Nobody sends it, nobody expects it.
    #[default]
    None,
    /// The server expects it and closes connections that start otherwise.
    Expected,
    /// Something in front of the server sends it, and the server takes it for the client's first bytes.
    Unexpected,
}

/// What a port does with TCP connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortBehavior {
    /// Serves: TLS on the HTTPS port, HTTP on the HTTP port.
    #[default]
    Serve,
    /// Nothing listens: connections are refused. The port stays reserved.
    Refuse,
    /// Answers nothing at all, as behind a firewall that drops: connecting never completes. Linux only.
    Drop,
    /// Speaks plain HTTP, also on the HTTPS port.
    PlainHttp,
    /// Accepts and resets (TCP RST).
    ResetOnAccept,
    /// Accepts and closes (TCP FIN).
    CloseOnAccept,
    /// Accepts and never says anything.
    Silent,
}

/// How the TLS handshake is broken off. At most one of the first five fields may be set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HandshakeSpec {
    /// Close the TCP connection (FIN) once this stage is done.
    pub close_after: Option<Stage>,
    /// Reset the TCP connection (RST) once this stage is done.
    pub reset_after: Option<Stage>,
    /// Say nothing any more once this stage is done.
    pub stall_after: Option<Stage>,
    /// Answer the ClientHello with this fatal alert (0-255, RFC 8446 section 6) and close.
    pub alert: Option<u8>,
    /// Answer the ClientHello with these bytes and close: another protocol's greeting, a cut ServerHello.
    pub answer: Option<RawBytes>,
    /// Break off only connections whose first flight is longer than this many bytes, as middleboxes do that read no
    /// further: a ClientHello with post-quantum shares does not fit into one packet. Only at the stage `client-hello`.
    pub longer_than: Option<usize>,
    /// Send this alert (0-255) as a warning before the ServerHello, and go on with the handshake.
    pub warning: Option<u8>,
}

/// A point of the TLS handshake as the server sees it, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The TCP connection is there, nothing has been read.
    Accept,
    /// The ClientHello has been read.
    ClientHello,
    /// The server has sent the first 20 bytes of its `ServerHello`.
    HalfServerHello,
    /// The server has sent half of its first flight: the `ServerHello`, and not all of its certificates.
    HalfFlight,
    /// The server has sent its first flight (`ServerHello` and what follows it).
    ServerHello,
    /// The handshake is complete, no request has been read.
    Finished,
}

/// Bytes written as they are: a string (its UTF-8 bytes) or `{ hex = "15 03 03" }` (white space is ignored).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawBytes(Vec<u8>);

impl RawBytes {
    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl From<&[u8]> for RawBytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl<'de> Deserialize<'de> for RawBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a string, or a table { hex = \"…\" }")]
        enum Written {
            Text(String),
            Hex { hex: String },
        }
        match Written::deserialize(deserializer)? {
            Written::Text(text) => Ok(Self(text.into_bytes())),
            Written::Hex { hex } => from_hex(&hex)
                .map(Self)
                .ok_or_else(|| D::Error::custom(format!("`{hex}` is not an even number of hexadecimal digits"))),
        }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect();
    let digits = digits?;
    if digits.len() % 2 != 0 {
        return None;
    }
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_bytes_must_be_complete() {
        assert_eq!(from_hex("0a FF"), Some(vec![0x0a, 0xff]));
        assert_eq!(from_hex("0a F"), None);
        assert_eq!(from_hex("xx"), None);
    }
}
