//! What can be said, read once at the start: `messages.toml`.

use kernel::{Locale, Text};
use ports::Word;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a message is of; a person chooses by topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Consents: given, stopped, about to end.
    Consents,
    /// Mandates: granted, revoked.
    Mandates,
    /// How one signs in.
    Security,
    /// Every look at one's records; told to those alone who ask for it.
    Looks,
}

impl Topic {
    /// Every topic, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Consents, Self::Mandates, Self::Security, Self::Looks];

    /// Its name in the database and in forms.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consents => "consents",
            Self::Mandates => "mandates",
            Self::Security => "security",
            Self::Looks => "looks",
        }
    }

    /// Whether a person is told who never chose.
    pub const fn unasked(self) -> bool {
        !matches!(self, Self::Looks)
    }

    /// Whether a person may choose not to be told at all: what concerns their account they are.
    pub const fn may_be_silent(self) -> bool {
        matches!(self, Self::Looks)
    }
}

/// One thing that can be said.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    pub(crate) topic: Topic,
    /// The names that `title` and `body` use, all of them.
    values: Vec<String>,
    /// Where it leads; `{about}` is the id of what it tells of.
    link: String,
    title: Text,
    body: Text,
}

/// Every template, by name.
#[derive(Debug, Clone)]
pub struct Templates(BTreeMap<String, Template>);

impl Templates {
    /// Those of the program.
    pub fn load() -> Result<Self, String> {
        Self::parse(include_str!("messages.toml"))
    }

    /// Reads templates; names everything that is not right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let all: BTreeMap<String, Template> =
            toml::from_str(text).map_err(|error| format!("messages: {error}"))?;
        let mistakes: Vec<_> =
            all.iter().flat_map(|(name, template)| template.mistakes(name)).collect();
        if mistakes.is_empty() { Ok(Self(all)) } else { Err(mistakes.join("\n")) }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Template> {
        self.0.get(name)
    }
}

impl Template {
    fn mistakes(&self, name: &str) -> Vec<String> {
        let wanted: BTreeSet<&str> = self.values.iter().map(String::as_str).collect();
        let mut mistakes = Vec::new();
        for locale in Locale::ALL {
            let (title, body) = (self.title.get(locale), self.body.get(locale));
            let say = |what: String| format!("message {name}, {}: {what}", locale.code());
            if title.trim().is_empty() || body.trim().is_empty() {
                mistakes.push(say("title or body is empty".to_owned()));
            }
            match (places(title), places(body)) {
                (Ok(title), Ok(body)) => {
                    let used: BTreeSet<_> = title.union(&body).copied().collect();
                    mistakes.extend(
                        wanted
                            .difference(&used)
                            .map(|lost| say(format!("{{{lost}}} is never said"))),
                    );
                    mistakes.extend(
                        used.difference(&wanted)
                            .map(|odd| say(format!("{{{odd}}} is not among its values"))),
                    );
                }
                (Err(what), _) | (_, Err(what)) => mistakes.push(say(what.to_owned())),
            }
        }
        match places(&self.link) {
            Ok(used) if used.iter().all(|place| *place == "about") => {}
            _ => mistakes.push(format!("message {name}: its link may hold {{about}} alone")),
        }
        if !self.link.starts_with('/') || self.link.starts_with("//") {
            mistakes.push(format!("message {name}: its link leads elsewhere"));
        }
        mistakes
    }

    /// Whether these are its values, each once.
    pub(crate) fn takes(&self, words: &[(&'static str, Word)]) -> bool {
        words.len() == self.values.len()
            && self.values.iter().all(|name| words.iter().any(|(given, _)| given == name))
    }

    /// Title and body in a language.
    pub(crate) fn say(
        &self,
        locale: Locale,
        value: &dyn Fn(&str) -> Option<String>,
    ) -> (String, String) {
        let say = |text: &str| fill(text, value);
        (say(self.title.get(locale)), say(self.body.get(locale)))
    }

    /// Where it leads.
    pub(crate) fn link(&self, about: &str) -> String {
        fill(&self.link, &|_| Some(about.to_owned()))
    }
}

/// The names in braces.
fn places(text: &str) -> Result<BTreeSet<&str>, &'static str> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or("a brace is not closed")?;
        if before.contains('}') || name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase())
        {
            return Err("a brace holds no name");
        }
        found.insert(name);
        rest = after;
    }
    if rest.contains('}') { Err("a brace is not opened") } else { Ok(found) }
}

/// Puts values in; what is put in is not read again.
fn fill(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        filled.push_str(&value(name).unwrap_or_default());
        rest = after;
    }
    filled.push_str(rest);
    filled
}
