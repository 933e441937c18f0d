//! Fluent texts of all crates (`crates/*/i18n/{en,tc,sc}.ftl`), joined by the build script, which
//! fails when a key or a placeholder is missing in one language.

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use kernel::{Date, Locale, Timestamp, Zone};
use std::sync::LazyLock;
use unic_langid::langid;

/// A value for a text.
pub type Value = FluentValue<'static>;

static BUNDLES: LazyLock<[FluentBundle<FluentResource>; 3]> = LazyLock::new(|| {
    [
        bundle(langid!("en"), include_str!(concat!(env!("OUT_DIR"), "/en.ftl"))),
        bundle(langid!("zh-Hant-HK"), include_str!(concat!(env!("OUT_DIR"), "/tc.ftl"))),
        bundle(langid!("zh-Hans-CN"), include_str!(concat!(env!("OUT_DIR"), "/sc.ftl"))),
    ]
});

fn bundle(lang: unic_langid::LanguageIdentifier, source: &str) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![lang]);
    bundle.set_use_isolating(false);
    // The build script has parsed the same text and refused mistakes.
    let resource =
        FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The text of `key` in a language; a key that does not exist is shown as itself.
pub fn text(locale: Locale, key: &str, values: &[(&str, Value)]) -> String {
    let [en, tc, sc] = &*BUNDLES;
    let bundle = match locale {
        Locale::En => en,
        Locale::Tc => tc,
        Locale::Sc => sc,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let mut args = FluentArgs::with_capacity(values.len());
    for (name, value) in values {
        args.set((*name).to_owned(), value.clone());
    }
    bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
}

/// Whether there is a text of that key (in all languages, or the build had failed).
pub fn has_text(key: &str) -> bool {
    BUNDLES[0].has_message(key)
}

/// A date, as people write it: `22 November 2026`, `2026年11月22日`.
pub(crate) fn date(locale: Locale, date: Date) -> String {
    match locale {
        Locale::En => date.strftime("%-d %B %Y").to_string(),
        Locale::Tc | Locale::Sc => date.strftime("%Y年%-m月%-d日").to_string(),
    }
}

/// A moment, by the government's clocks.
pub(crate) fn moment(locale: Locale, zone: &Zone, at: Timestamp) -> String {
    let local = zone.local(at);
    format!("{} {}", date(locale, local.date()), local.strftime("%H:%M"))
}
