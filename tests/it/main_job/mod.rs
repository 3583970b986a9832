//! The main job from end to end, as a marketer does it: an audience, a journey, a schedule, and the
//! message on a phone.

mod chromium;
mod http;

use crate::support::{App, Someone};
use tidings_customers::{channels::ChannelKind, consent::Consent};

/// How many of [`shop`]'s people may be written to.
const REACHED: usize = 3;

/// A LINE account with four people, one of whom wants no messages.
async fn shop(app: &App) {
    let line = app.channel(ChannelKind::Line, "本店官方帳號").await;
    let people = vec![
        Someone::called("王怡君").tagged("VIP"),
        Someone::called("陳志明").tagged("VIP"),
        Someone::called("<b>Wendy</b> 🧥").tagged("VIP"),
        Someone::called("不想收的人").tagged("VIP").who(Consent::Withdrawn),
        Someone::called("別人"),
    ];
    app.contacts(&line, people).await;
}
