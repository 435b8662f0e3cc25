//! Style, script and icon: the only resources the pages use beside themselves.

/// A file that is part of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asset {
    /// How pages look.
    Style,
    /// What is live on them.
    Script,
    /// The picture in the browser's tab.
    Icon,
}

impl Asset {
    /// The asset of this file name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Style, Self::Script, Self::Icon].into_iter().find(|asset| asset.name() == name)
    }

    /// The file name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Style => "style.css",
            Self::Script => "live.js",
            Self::Icon => "icon.svg",
        }
    }

    /// The media type.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Style => "text/css; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Icon => "image/svg+xml",
        }
    }

    /// The content.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Style => include_str!("../assets/style.css"),
            Self::Script => include_str!("../assets/live.js"),
            Self::Icon => include_str!("../assets/icon.svg"),
        }
    }
}
