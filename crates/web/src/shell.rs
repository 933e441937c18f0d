use crate::{Row, Visit, assets, texts};
use kernel::{Currency, Date, Locale, Money, Text, Timestamp, Zone};

/// Who is signed in, as the header shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserView {
    /// The person's name, in whatever script they have it.
    pub name: Text,
    /// Whether officers' pages are in the menu.
    pub officer: bool,
    /// Whether the administration is in the menu.
    pub admin: bool,
    /// How many messages they have not read.
    pub unread: u32,
}

/// What the shell template needs; every page struct holds one as `shell`.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The page's language.
    pub locale: Locale,
    /// The government's clocks.
    pub zone: Zone,
    /// In what people pay.
    pub currency: Currency,
    /// The page's title, already in its language.
    pub title: String,
    /// The government's name.
    pub government: Text,
    /// Whether to say that everything is made up.
    pub demo: bool,
    /// Who is signed in.
    pub user: Option<UserView>,
    /// The form token.
    pub csrf: String,
    /// Path and query of this page.
    pub here: String,
    /// Whether the page uses the whole width (officers, tables).
    pub wide: bool,
}

/// One link of the menu.
pub struct MenuLink {
    /// Where it leads.
    pub href: String,
    /// Its words, in the page's language.
    pub text: String,
    /// Whether this page lies at or below it.
    pub current: bool,
    /// Whether it is this very page.
    pub exact: bool,
    /// Whether it stands at the far end, as what is about the person does.
    pub end: bool,
}

impl Shell {
    pub(crate) fn new(visit: &Visit, title: String) -> Self {
        Self {
            locale: visit.ctx.locale,
            zone: visit.ctx.zone.clone(),
            currency: visit.ctx.currency,
            title,
            government: visit.brand.government.clone(),
            demo: visit.brand.demo,
            user: visit.user.clone(),
            csrf: visit.csrf.clone(),
            here: visit.here.clone(),
            wide: false,
        }
    }

    /// The address of a file of `crates/web/assets` in this build.
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// Every language, as the switch shows them.
    pub fn locales(&self) -> &'static [Locale] {
        &Locale::ALL
    }

    /// Whether the page is in Chinese, which writes the year first.
    pub fn chinese(&self) -> bool {
        self.locale != Locale::En
    }

    /// The first, or the second where the first is empty.
    pub fn or<'a>(&self, first: &'a str, second: &'a str) -> &'a str {
        if first.is_empty() { second } else { first }
    }

    /// Whether any of these rows can be acted on.
    pub fn acts(&self, rows: &[Row]) -> bool {
        rows.iter().any(|row| !row.actions.is_empty())
    }

    /// The menu below the header, for who is signed in.
    pub fn menu(&self) -> Vec<MenuLink> {
        let path = self.here.split('?').next().unwrap_or_default();
        let link = |href: &str, key: &str| MenuLink {
            current: path == href
                || path.strip_prefix(href).is_some_and(|rest| href != "/" && rest.starts_with('/')),
            exact: path == href,
            end: false,
            href: href.to_owned(),
            text: self.t(key),
        };
        let mut menu = vec![link("/", "shell-home")];
        if let Some(user) = &self.user {
            menu.push(link("/my/data", "shell-my-data"));
            menu.push(link("/my/profile", "shell-profile"));
            menu.push(link("/my/mandates", "shell-mandates"));
            menu.push(link("/my/signatures", "shell-signatures"));
            let unread = i64::from(user.unread);
            menu.push(MenuLink {
                text: self.t1("shell-messages", "unread", unread),
                ..link("/my/inbox", "shell-messages")
            });
            menu.extend(user.admin.then(|| link("/admin", "shell-admin")));
        } else {
            let next = if self.here.starts_with("/sign-in") { "/" } else { &self.here };
            menu.push(MenuLink {
                href: format!("/sign-in?next={}", query_value(next)),
                end: true,
                ..link("/sign-in", "shell-sign-in")
            });
        }
        menu
    }

    /// The same, over the whole width.
    #[must_use]
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// A text without values.
    pub fn t(&self, key: &str) -> String {
        texts::text(self.locale, key, &[])
    }

    /// A text with one value.
    pub fn t1(&self, key: &str, name: &str, value: impl Into<texts::Value>) -> String {
        texts::text(self.locale, key, &[(name, value.into())])
    }

    /// A text with two values.
    pub fn t2(
        &self,
        key: &str,
        name: &str,
        value: impl Into<texts::Value>,
        other: &str,
        other_value: impl Into<texts::Value>,
    ) -> String {
        texts::text(self.locale, key, &[(name, value.into()), (other, other_value.into())])
    }

    /// A three-language text of the pack or a record.
    pub fn of<'a>(&self, text: &'a Text) -> &'a str {
        text.get(self.locale)
    }

    /// A moment, in Hong Kong time, as people write it.
    pub fn moment(&self, at: &Timestamp) -> String {
        texts::moment(self.locale, &self.zone, *at)
    }

    /// A date, as people write it.
    pub fn date(&self, date: &Date) -> String {
        texts::date(self.locale, *date)
    }

    /// A sum, as people write it; its space does not break.
    pub fn money(&self, sum: &Money) -> String {
        format!("{}\u{a0}{}", sign(&sum.currency), sum.number())
    }

    /// What stands before a sum of the place's currency.
    pub fn sign(&self) -> &str {
        sign(&self.currency)
    }

    /// This page in another language.
    pub fn in_language(&self, locale: &Locale) -> String {
        let (path, query) = self.here.split_once('?').unwrap_or((&self.here, ""));
        let mut pairs: Vec<_> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
            .collect();
        let lang = format!("lang={}", locale.code());
        pairs.push(&lang);
        format!("{path}?{}", pairs.join("&"))
    }
}

fn sign(currency: &Currency) -> &str {
    if currency.code() == "HKD" { "HK$" } else { currency.code() }
}

/// Percent-encodes a query value.
pub(crate) fn query_value(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-_.~/".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

/// The page of a refusal: what happened, why, what to do.
#[derive(askama::Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage {
    shell: Shell,
    next: String,
    trace: String,
    sign_in: bool,
}

impl ProblemPage {
    pub(crate) fn render(
        visit: &Visit,
        problem: &kernel::Problem,
        title: String,
        next: String,
    ) -> String {
        let page = Self {
            shell: visit.titled(title),
            next,
            trace: visit.ctx.trace.clone(),
            sign_in: problem.status == 401,
        };
        askama::Template::render(&page).unwrap_or_else(|_| crate::parts::escape(&page.shell.title))
    }
}
