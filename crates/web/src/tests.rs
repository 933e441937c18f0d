mod charts;
mod fixtures;
mod gallery;
mod pages;
mod requests;
mod style;
mod texts;

use crate::{Brand, UserView, Visit};
use kernel::{Actor, Ctx, FixedClock, Locale, SeededEntropy, Text, Timestamp, World};
use std::sync::Arc;

pub(super) fn visit(locale: Locale, signed_in: bool) -> Visit {
    let world = World {
        clock: Arc::new(FixedClock::new(Timestamp::UNIX_EPOCH)),
        entropy: Arc::new(SeededEntropy::new(7)),
        zone: kernel::Zone::utc(),
        currency: kernel::Currency::NONE,
    };
    let mut ctx = Ctx::new(&world, Actor::Anonymous, locale);
    if signed_in {
        ctx.actor = Actor::Person { id: ctx.id("per"), session: ctx.id("ses") };
    }
    Visit {
        ctx,
        brand: Arc::new(Brand {
            government: Text { en: "Hong Kong".into(), tc: "香港".into(), sc: "香港".into() },
            demo: true,
        }),
        user: signed_in.then(|| UserView {
            name: Text {
                en: "CHAN Mei Ling".into(), tc: "陳美玲".into(), sc: "陈美玲".into()
            },
            officer: false,
            admin: false,
            unread: 0,
        }),
        csrf: "0123456789abcdef0123456789abcdef".into(),
        here: "/my/data?page=2".into(),
    }
}
