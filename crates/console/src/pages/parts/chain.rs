//! The served chain, with each fault at its place.

use edge502_rules::Finding;
use edge502_rules::certificate::{Certificate, Unreadable};
use maud::{Markup, html};
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::{Answer, Frame};
use crate::chain::{Link, Role, links, unmarked};
use crate::lang::tag;
use crate::sight::Sight;

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]");

/// The certificates in the order in which they were sent; where the answer is hidden, without marks.
pub(in crate::pages) fn chain(frame: &Frame<'_>, sight: &Sight, answer: Answer) -> Markup {
    let texts = frame.texts;
    let links = match answer {
        Answer::Shown => links(&sight.look),
        Answer::Hidden => unmarked(&sight.look),
    };
    html! {
        section aria-labelledby="chain" {
            h2 #chain { (texts.chain_title) }
            @if links.is_empty() {
                p { (texts.chain_none) }
            } @else {
                p { ((texts.chain_text)(&day(sight.look.at))) }
                ol.chain {
                    @for link in &links {
                        @match link {
                            Link::Served { position, role, certificate, faults } => (served(frame, *position, *role, certificate, faults)),
                            Link::Missing { issuer, faults } => li.missing {
                                p { strong { (texts.chain_missing) } " " span lang="en" { (issuer) } }
                                (marks(frame, faults))
                            },
                        }
                    }
                }
            }
        }
    }
}

fn served(
    frame: &Frame<'_>,
    position: usize,
    role: Role,
    certificate: &Result<Certificate, Unreadable>,
    faults: &[&Finding],
) -> Markup {
    let texts = frame.texts;
    let name = match role {
        Role::Leaf => texts.role_leaf,
        Role::Intermediate => texts.role_intermediate,
        Role::Root => texts.role_root,
        Role::Surplus => texts.role_surplus,
        Role::Unreadable => texts.role_unreadable,
    };
    html! {
        li class=[(!faults.is_empty()).then_some("faulty")] {
            p { span.tag { (position + 1) ". " (name) } }
            @match certificate {
                Ok(certificate) => (facts(frame, certificate)),
                Err(error) => p lang="en" { (error) },
            }
            (marks(frame, faults))
        }
    }
}

fn facts(frame: &Frame<'_>, certificate: &Certificate) -> Markup {
    let texts = frame.texts;
    let names: Vec<&str> = certificate.names.effective().collect();
    html! {
        dl lang="en" {
            dt lang=(tag(frame.language)) { (texts.chain_subject) } dd { (certificate.subject) }
            dt lang=(tag(frame.language)) { (texts.chain_issuer) } dd { (certificate.issuer) }
            @if !names.is_empty() { dt lang=(tag(frame.language)) { (texts.chain_names) } dd { (names.join(" ")) } }
            dt lang=(tag(frame.language)) { (texts.chain_dates) }
            dd { (day(certificate.not_before)) " – " (day(certificate.not_after)) " UTC" }
            dt lang=(tag(frame.language)) { (texts.chain_key) } dd { (certificate.key) ", " (certificate.signature) }
        }
    }
}

fn marks(frame: &Frame<'_>, faults: &[&Finding]) -> Markup {
    html! {
        @for fault in faults {
            p.fault {
                strong { (frame.texts.fault) (frame.texts.colon) ((frame.train.cause)(fault.cause)) }
                " " span lang="en" { (fault.detail) }
            }
        }
    }
}

fn day(date: OffsetDateTime) -> String {
    date.to_offset(time::UtcOffset::UTC).format(DATE).expect("a date-time has every part of the format")
}
