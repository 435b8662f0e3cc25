//! Colour on terminals.

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paint {
    /// Plain text.
    #[default]
    Plain,
    /// ANSI colours.
    Ansi,
}

impl Paint {
    fn code(self, code: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }

    /// Good news.
    pub fn good(self, text: &str) -> String {
        self.code("32", text)
    }

    /// Bad news.
    pub fn bad(self, text: &str) -> String {
        self.code("1;31", text)
    }

    /// What matters less.
    pub fn faint(self, text: &str) -> String {
        self.code("2", text)
    }

    /// What matters.
    pub fn strong(self, text: &str) -> String {
        self.code("1", text)
    }
}
