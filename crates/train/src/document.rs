//! Documents for people: written once as Markdown, shown as a page as well.

use pulldown_cmark::{Event, Options, Parser, html::push_html};
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}\
pre{overflow-x:auto;border:1px solid #8886;padding:.6rem;font-size:.85rem}\
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{border:1px solid #8886;padding:.25rem .6rem;text-align:left}\
@media print{body{margin:0;font-size:11px}pre{white-space:pre-wrap;font-size:9px}}";

/// Puts a handout on one sheet of A4 where it is printed, in two columns.
pub(crate) const ONE_SHEET: &str = "\
@page{margin:10mm}\
@media print{body{max-width:none;padding:0;font-size:11.5px;line-height:1.35}main{columns:2;column-gap:7mm}\
h1{font-size:18px;margin:0 0 6px;column-span:all}h2{font-size:14px;margin:10px 0 3px;break-after:avoid}\
p,ul,pre,table{margin:3px 0}ul{padding-left:14px}li,table{break-inside:avoid}pre{padding:4px;font-size:8px;line-height:1.25}\
p,pre,th,td{overflow-wrap:anywhere}table{display:table}th,td{padding:0 4px}}";

/// A page that needs nothing else, from Markdown. HTML in the Markdown is shown as text. `style` comes on top of what
/// all pages have.
pub(crate) fn html(title: &str, markdown: &str, style: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut body = String::new();
    push_html(&mut body, events);
    let mut heading = String::new();
    push_html(&mut heading, std::iter::once(Event::Text(title.into())));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{heading}</title><style>{STYLE}{style}</style></head>\n<body><main>\n{body}</main></body></html>\n"
    )
}

/// A text that is to be read as it is, wherever it stands in Markdown; in one line.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => escaped.push(' '),
            c if c.is_control() => escaped.push('\u{fffd}'),
            '\\' | '`' | '*' | '_' | '<' | '>' | '|' | '[' | ']' | '#' | '&' | '~' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A text of a scenario in one line: what stands between backticks in it is code, and the rest is read as it is.
pub(crate) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.trim().split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let code = |(index, part): (usize, &&str)| if index % 2 == 1 { format!("`{part}`") } else { escaped(part) };
    parts.iter().enumerate().map(code).collect()
}

/// A moment as certificates have it.
pub fn moment(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    moment.to_offset(UtcOffset::UTC).format(format).unwrap_or_else(|_| moment.to_string())
}

/// What a program printed, as a block.
pub(crate) fn block(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    let text: String =
        text.chars().map(|c| if c.is_control() && !"\n\t".contains(c) { '\u{fffd}' } else { c }).collect();
    format!("{fence}text\n{}\n{fence}\n\n", text.trim_end())
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_prose_stays_code() {
        assert_eq!(prose("read `a_b` and c_d"), "read `a_b` and c\\_d");
        assert_eq!(prose("a ` b_c"), "a \\` b\\_c");
        assert_eq!(moment(time::macros::datetime!(2031-03-05 7:08:09 +1)), "2031-03-05 06:08:09 UTC");
    }

    #[test]
    fn what_others_wrote_stays_text() {
        let hostile = "<script>alert(1)</script> | **x** [y](javascript:z) `q`";
        let page = html(hostile, &format!("# {}\n\n{}", escaped(hostile), block("```\n</pre><script>")), "");
        assert!(!page.contains("<script>") && !page.contains("<strong>") && !page.contains("<a "), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; | **x** [y](javascript:z) `q`"), "{page}");
        let raw = html("t", "a <b>x</b>\n\n<script>y</script>\n", "");
        assert!(!raw.contains("<b>") && raw.contains("&lt;script&gt;"), "{raw}");
    }
}
