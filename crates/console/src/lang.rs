//! Which language a page is in.

use edge502_train::Language;

/// The tag of the `lang` attribute (BCP 47): the script belongs to it, so that the right glyphs are chosen.
pub(crate) const fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Chinese => "zh-Hans",
    }
}

/// The language's name in itself.
pub(crate) const fn own_name(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::Chinese => "简体中文",
    }
}

/// The language a browser likes best by its `Accept-Language` (RFC 9110 section 12.5.4); `None` if it names none of them.
pub(crate) fn accepted(header: &str) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    for entry in header.split(',') {
        let (tag, parameter) = entry.split_once(';').unwrap_or((entry, "q=1"));
        let weight = parameter.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        let weight = weight.unwrap_or(0.0);
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let Ok(language) = primary.parse() else { continue };
        if weight > 0.0 && best.is_none_or(|(_, known)| weight > known) {
            best = Some((language, weight));
        }
    }
    best.map(|(language, _)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_favourite_is_taken() {
        let (english, chinese) = (Some(Language::English), Some(Language::Chinese));
        for (header, expected) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", chinese),
            ("en-GB,en;q=0.9,zh;q=0.5", english),
            ("de, zh-Hans;q=0.3, en;q=0.7", english),
            ("ZH", chinese),
            ("de-DE,fr;q=0.5", None),
            ("zh;q=0, en;q=x", None),
            ("", None),
            (";;;,,,;q=", None),
        ] {
            assert_eq!(accepted(header), expected, "{header:?}");
        }
    }
}
