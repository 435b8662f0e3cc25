//! The conversation between edge and origin as a list: who spoke, what, and where it ended.
//!
//! It is drawn with two lanes by style alone, so that it reads as well without it, aloud, and on a narrow screen.

use maud::{Markup, html};

use super::{Answer, Frame};
use crate::conversation::{Turn, Way, conversation as told};
use crate::sight::Sight;

/// The picture of the conversation; where the answer is hidden, without the edge's reasons.
pub(in crate::pages) fn conversation(frame: &Frame<'_>, sight: &Sight, answer: Answer) -> Markup {
    let texts = frame.texts;
    let exchange = &sight.look.exchange;
    html! {
        section aria-labelledby="conversation" {
            h2 #conversation { (texts.conversation_title) }
            p { (texts.conversation_text) }
            ol.conversation {
                @for turn in told(&sight.look, texts) { (line(frame, &turn, answer)) }
            }
            @if exchange.tried.len() > 1 && answer == Answer::Shown {
                p {
                    (texts.origins_asked) (texts.colon)
                    span lang="en" { (exchange.tried.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")) }
                }
            }
        }
    }
}

fn line(frame: &Frame<'_>, turn: &Turn, answer: Answer) -> Markup {
    let texts = frame.texts;
    let (class, who) = match turn.way {
        Way::Out => ("out", texts.way_out),
        Way::Back => ("back", texts.way_back),
        Way::Inside => ("inside", texts.way_inside),
    };
    html! {
        li class=(if turn.broke { format!("{class} broke") } else { class.to_owned() }) {
            span.who { (who) }
            div.say {
                strong { (turn.what) }
                @if !turn.detail.is_empty() && (answer == Answer::Shown || !turn.broke) { " " span.detail lang="en" { (turn.detail) } }
                @if turn.broke { p.ended { (texts.ended_here) } }
            }
        }
    }
}
