use serde::{Deserialize, Serialize};
use std::fmt;

/// A language of the interface, written as its BCP 47 tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Locale {
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
    /// 繁體中文 as written in Hong Kong.
    #[serde(rename = "zh-Hant-HK")]
    Tc,
    /// 简体中文 as written on the Mainland.
    #[serde(rename = "zh-Hans-CN")]
    Sc,
}

impl Locale {
    /// Every language, in the order of the language switch.
    pub const ALL: [Self; 3] = [Self::En, Self::Tc, Self::Sc];

    /// The BCP 47 tag, as in `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Tc => "zh-Hant-HK",
            Self::Sc => "zh-Hans-CN",
        }
    }

    /// The short code of pack files, Fluent folders and `?lang=`: `en`, `tc`, `sc`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Tc => "tc",
            Self::Sc => "sc",
        }
    }

    /// Its own name in itself, as the language switch shows it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Tc => "繁體中文",
            Self::Sc => "简体中文",
        }
    }

    /// Reads a short code or a BCP 47 tag (`ui_locales`, `Accept-Language` without weights).
    pub fn parse(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase();
        match tag.as_str() {
            "tc" | "zh" | "zh-hk" | "zh-tw" | "zh-mo" => Some(Self::Tc),
            "sc" | "zh-cn" | "zh-sg" => Some(Self::Sc),
            t if t == "en" || t.starts_with("en-") => Some(Self::En),
            t if t.starts_with("zh-hant") => Some(Self::Tc),
            t if t.starts_with("zh-hans") => Some(Self::Sc),
            _ => None,
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// A text in the three languages, each written, none converted from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// English.
    pub en: String,
    /// 繁體中文.
    pub tc: String,
    /// 简体中文.
    pub sc: String,
}

impl Text {
    /// The same words in all three, for names that are not translated.
    pub fn same(text: &str) -> Self {
        Self { en: text.to_owned(), tc: text.to_owned(), sc: text.to_owned() }
    }

    /// The words in one language.
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::En => &self.en,
            Locale::Tc => &self.tc,
            Locale::Sc => &self.sc,
        }
    }
}
