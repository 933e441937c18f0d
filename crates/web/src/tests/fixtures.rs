//! Our components against govuk-frontend's own examples: the same options must give the same markup.
//! Examples with options that our macros do not have are passed over and counted.

mod reading;

use self::reading::{Options, plain};
use super::visit;
use crate::{Cell, Choice, Errors, Html, Link, Row, Shell};
use askama::Template;
use kernel::Locale;
use serde_json::Value;

macro_rules! sample {
    ($name:ident { $($field:ident : $type:ty),* } $source:literal) => {
        #[derive(Template)]
        #[template(source = $source, ext = "html")]
        #[allow(dead_code)]
        struct $name { shell: Shell, $($field: $type),* }
    };
}

sample!(Button { text: String, name: String, value: String, kind: String, id: String, disabled: bool, once: bool, href: String }
    r#"{% import "macros.html" as m %}{% if href.is_empty() %}{{ m::button(text, name, value, kind, id, disabled, once) }}{% else %}{{ m::button_link(text, href, kind) }}{% endif %}"#);
sample!(Said { macro_name: String, text: String, more: String, html: Html, flag: bool }
    r#"{% import "macros.html" as m %}{% match macro_name.as_str() %}
    {% when "back-link" %}{{ m::back_link(more, text) }}
    {% when "inset-text" %}{% call m::inset() %}{{ html }}{% endcall %}
    {% when "warning-text" %}{{ m::warning(text) }}
    {% when "tag" %}{{ m::tag(text, more) }}
    {% when "details" %}{% call m::details(text, flag) %}{{ html }}{% endcall %}
    {% when "panel" %}{% call m::panel(text) %}{{ html }}{% endcall %}
    {% when "notification-banner" %}{{ m::notification(text, flag, more) }}
    {% when _ %}{% endmatch %}"#);
sample!(Crumbs { links: Vec<Link> } r#"{% import "macros.html" as m %}{{ m::breadcrumbs(links) }}"#);
sample!(Summary { errors: Errors } r#"{% import "macros.html" as m %}{{ m::error_summary(errors) }}"#);
sample!(Pages { previous: String, next: String } r#"{% import "macros.html" as m %}{{ m::pagination(previous, next) }}"#);
sample!(Field { which: String, x_id: String, x_name: String, titled: (String, String, bool), x_value: String, x_hint: String, x_error: String, x_kind: String, x_rows: String, x_width: String,
    x_autocomplete: String, x_inputmode: String, x_spellcheck: String, x_prefix: String, x_suffix: String, x_disabled: bool, x_choices: Vec<Choice>, x_layout: String, parts: [String; 3] }
    r#"{% import "macros.html" as m %}{% match which.as_str() %}
    {% when "input" %}{{ m::input(x_id, titled.0, x_value, x_hint, x_error, x_kind, x_name, x_autocomplete, x_inputmode, x_width, titled.1, titled.2, x_spellcheck, x_prefix, x_suffix, x_disabled) }}
    {% when "textarea" %}{{ m::textarea(x_id, titled.0, x_value, x_hint, x_error, x_name, x_rows, titled.1, titled.2, x_autocomplete) }}
    {% when "select" %}{{ m::select(x_id, titled.0, x_choices, x_hint, x_error, x_name, titled.1, titled.2) }}
    {% when "radios" %}{{ m::radios(x_name, titled.0, x_choices, x_hint, x_error, titled.1, titled.2, x_layout, x_id) }}
    {% when "checkboxes" %}{{ m::checkboxes(x_name, titled.0, x_choices, x_hint, x_error, titled.1, titled.2, x_layout, x_id) }}
    {% when "date-input" %}{{ m::date_input(x_id, titled.0, parts[0], parts[1], parts[2], x_hint, x_error, titled.1, titled.2) }}
    {% when _ %}{% endmatch %}"#);
sample!(List { title: String, actions: Vec<Link>, rows: Vec<Row> }
    r#"{% import "macros.html" as m %}{% if title.is_empty() %}{{ m::summary_list(rows) }}{% else %}{{ m::summary_card(title, rows, actions) }}{% endif %}"#);
sample!(Table { caption: String, size: String, head: Vec<Cell>, rows: Vec<Vec<Cell>>, keyed: bool }
    r#"{% import "macros.html" as m %}{{ m::table(caption, head, rows, keyed, size) }}"#);

fn button(shell: Shell, mut o: Options) -> Option<String> {
    let page = Button {
        shell,
        text: o.text("text")?,
        name: o.text("name")?,
        value: o.text("value")?,
        kind: o.class("govuk-button--")?,
        id: o.text("id")?,
        disabled: o.flag("disabled")?,
        once: o
            .0
            .remove("preventDoubleClick")
            .map_or(Some(false), |once| once.as_bool().filter(|once| *once))?,
        href: o.text("href")?,
    };
    let kind = o.text("type")?;
    let element = o.text("element")?;
    (kind.is_empty() || kind == "submit").then_some(())?;
    (element.is_empty() || (element == "a") != page.href.is_empty()).then_some(())?;
    o.done()?;
    page.render().ok()
}

fn said(shell: Shell, component: &'static str, mut o: Options) -> Option<String> {
    let mut page = Said {
        shell,
        macro_name: component.to_owned(),
        text: String::new(),
        more: String::new(),
        html: Html::default(),
        flag: false,
    };
    match component {
        "back-link" => {
            page.text = o.text("text")?;
            page.more =
                o.text("href").map(|href| if href.is_empty() { "#".to_owned() } else { href })?;
        }
        "inset-text" => page.html = o.markup()?,
        "warning-text" => {
            page.text = o.text("text")?;
            ["", "Warning"].contains(&o.text("iconFallbackText")?.as_str()).then_some(())?;
        }
        "tag" => {
            page.text = o.text("text")?;
            page.more = o.class("govuk-tag--")?;
        }
        "details" => {
            page.text = o.text("summaryText")?;
            page.flag = o.flag("open")?;
            page.html = o.markup()?;
        }
        "panel" => {
            let (text, html) = (o.text("titleText")?, o.text("titleHtml")?);
            (text.is_empty() != html.is_empty() && !html.contains('<')).then_some(())?;
            page.text = text + &html;
            page.html = o.markup()?;
            (!page.html.as_str().is_empty()).then_some(())?;
        }
        _ => {
            page.text = o.text("text")?;
            let kind = o.text("type")?;
            ["", "success"].contains(&kind.as_str()).then_some(())?;
            page.flag = kind == "success";
            page.more = o.text("titleText")?;
        }
    }
    o.done()?;
    page.render().ok()
}

fn links(values: Vec<Value>) -> Option<Vec<Link>> {
    values
        .into_iter()
        .map(|value| {
            let mut item = Options::of(value)?;
            let link = Link::new(item.text("href")?, item.text("text")?)
                .about(item.text("visuallyHiddenText")?);
            item.done()?;
            Some(link)
        })
        .collect()
}

fn error_summary(shell: Shell, mut o: Options) -> Option<String> {
    (o.text("titleText")? == "There is a problem").then_some(())?;
    let mut errors = Errors::default();
    for link in links(o.list("errorList")?)? {
        errors.add(link.href.trim_start_matches('#'), link.text);
    }
    o.done()?;
    Summary { shell, errors }.render().ok()
}

fn pagination(shell: Shell, mut o: Options) -> Option<String> {
    let mut side = |name: &str| {
        let Some(value) = o.0.remove(name) else { return Some(String::new()) };
        let mut side = Options::of(value)?;
        let href = side.text("href")?;
        side.done()?;
        Some(href)
    };
    let page = Pages { shell, previous: side("previous")?, next: side("next")? };
    o.done()?;
    page.render().ok()
}

fn choices(values: Vec<Value>, chosen: &[String], group: &str) -> Option<Vec<Choice>> {
    let mut apart = false;
    let mut all = Vec::new();
    for (at, value) in values.into_iter().enumerate() {
        let mut item = Options::of(value)?;
        let divider = item.text("divider")?;
        if !divider.is_empty() {
            (divider == "or").then_some(())?;
            apart = true;
            continue;
        }
        let value = item.text("value").filter(|value| !value.is_empty())?;
        let checked = chosen.contains(&value) || item.flag("checked")? | item.flag("selected")?;
        let (text, hint, disabled, id, name) = (
            item.text("text")?,
            item.words("hint")?,
            item.flag("disabled")?,
            item.text("id")?,
            item.text("name")?,
        );
        // "or" counts in their ids, not in ours.
        let id = if apart && id.is_empty() { format!("{group}-{}", at + 1) } else { id };
        all.push(Choice {
            value,
            text,
            hint,
            checked,
            disabled,
            apart: std::mem::take(&mut apart),
            id,
            name,
        });
        item.done()?;
    }
    Some(all)
}

fn field(shell: Shell, which: &'static str, mut o: Options) -> Option<String> {
    let grouped = ["radios", "checkboxes", "date-input"].contains(&which);
    let label = if grouped {
        let mut set = Options::of(o.0.remove("fieldset")?)?;
        let title = set.title("legend", "govuk-fieldset__legend--")?;
        set.done()?;
        title
    } else {
        o.title("label", "govuk-label--")?
    };
    let name = o.text("name")?;
    let id = o.text(if which == "radios" || which == "checkboxes" { "idPrefix" } else { "id" })?;
    let spellcheck = match o.0.remove("spellcheck") {
        None => String::new(),
        Some(value) => value.as_bool()?.to_string(),
    };
    let kind = o.text("type")?;
    let rows = o.text("rows")?;
    let mut page = Field {
        which: which.to_owned(),
        x_id: if id.is_empty() && !grouped { name.clone() } else { id },
        x_name: name,
        titled: label,
        x_value: String::new(),
        x_hint: o.words("hint")?,
        x_error: o.words("errorMessage")?,
        x_kind: if kind.is_empty() { "text".to_owned() } else { kind },
        x_rows: if rows.is_empty() { "5".to_owned() } else { rows },
        x_width: String::new(),
        x_autocomplete: o.text("autocomplete")?,
        x_inputmode: o.text("inputmode")?,
        x_spellcheck: spellcheck,
        x_prefix: o.words("prefix")?,
        x_suffix: o.words("suffix")?,
        x_disabled: o.flag("disabled")?,
        x_choices: Vec::new(),
        x_layout: String::new(),
        parts: Default::default(),
        shell,
    };
    match which {
        "input" => {
            page.x_width = o.class("govuk-input--width-")?;
            page.x_value = o.text("value")?;
        }
        "textarea" => {
            page.x_spellcheck.is_empty().then_some(())?;
            page.x_value = o.text("value")?;
        }
        "select" => {
            let chosen = o.text("value")?;
            page.x_choices = choices(o.list("items")?, &[chosen], "")?;
        }
        "radios" | "checkboxes" => {
            page.x_layout = o.class(&format!("govuk-{which}--"))?;
            let mut chosen = vec![o.text("value")?];
            chosen.extend(o.list("values")?.iter().filter_map(Value::as_str).map(str::to_owned));
            page.x_choices = choices(
                o.list("items")?,
                &chosen,
                if page.x_id.is_empty() { &page.x_name } else { &page.x_id },
            )?;
        }
        _ => {
            for (at, part) in ["day", "month", "year"].iter().enumerate() {
                let Some(value) = o.0.remove(*part) else { continue };
                let mut given = Options::of(value)?;
                page.parts[at] = given.text("value")?;
                given.done()?;
            }
            // Our names always carry the id, so that one form can hold two dates.
            let bare = format!("name=\"{}-", page.x_id);
            o.done()?;
            return page.render().ok().map(|markup| markup.replace(&bare, "name=\""));
        }
    }
    o.done()?;
    page.render().ok()
}

fn summary_list(shell: Shell, mut o: Options) -> Option<String> {
    let actions_of = |o: &mut Options| match o.0.remove("actions") {
        None => Some(Vec::new()),
        Some(value) => {
            let mut inner = Options::of(value)?;
            let items = links(inner.list("items")?)?;
            inner.done()?;
            Some(items)
        }
    };
    let (mut title, mut actions) = (String::new(), Vec::new());
    if let Some(card) = o.0.remove("card") {
        let mut card = Options::of(card)?;
        title = card.words("title")?;
        actions = actions_of(&mut card)?;
        card.done()?;
    }
    let mut rows = Vec::new();
    for row in o.list("rows")? {
        let mut row = Options::of(row)?;
        let mut part = |name: &str| {
            let mut part = Options::of(row.0.remove(name)?)?;
            let html = part.markup()?;
            part.done()?;
            Some(html)
        };
        let (key, value) = (part("key")?, part("value")?);
        rows.push(Row { key, value, actions: actions_of(&mut row)? });
        row.done()?;
    }
    o.done()?;
    List { shell, title, actions, rows }.render().ok()
}

fn table(shell: Shell, mut o: Options) -> Option<String> {
    fn cell(value: Value) -> Option<Cell> {
        let mut cell = Options::of(value)?;
        let format = cell.text("format")?;
        let cell_done = Cell { html: cell.markup()?, figure: format == "numeric" };
        cell.done()?;
        Some(cell_done)
    }
    let caption = o.text("caption")?;
    let classes = o.text("captionClasses")?;
    let size = if classes.is_empty() {
        classes
    } else {
        classes.strip_prefix("govuk-table__caption--")?.to_owned()
    };
    let head = o.list("head")?.into_iter().map(cell).collect::<Option<_>>()?;
    let rows = o
        .list("rows")?
        .into_iter()
        .map(|row| row.as_array()?.iter().cloned().map(cell).collect())
        .collect::<Option<_>>()?;
    let page = Table { shell, caption, size, head, rows, keyed: o.flag("firstCellIsHeader")? };
    o.done()?;
    page.render().ok()
}

fn ours(component: &'static str, options: Value) -> Option<String> {
    let shell = visit(Locale::En, false).titled("");
    let mut o = Options::of(options)?;
    match component {
        "button" => button(shell, o),
        "breadcrumbs" => {
            let links = links(o.list("items")?)?;
            o.done()?;
            Crumbs { shell, links }.render().ok()
        }
        "error-summary" => error_summary(shell, o),
        "pagination" => pagination(shell, o),
        "summary-list" => summary_list(shell, o),
        "table" => table(shell, o),
        "input" | "textarea" | "select" | "radios" | "checkboxes" | "date-input" => {
            field(shell, component, o)
        }
        _ => said(shell, component, o),
    }
}

#[test]
fn our_components_give_the_markup_of_govuk_frontend() {
    let components = [
        "back-link",
        "breadcrumbs",
        "button",
        "checkboxes",
        "date-input",
        "details",
        "error-summary",
        "input",
        "inset-text",
        "notification-banner",
        "pagination",
        "panel",
        "radios",
        "select",
        "summary-list",
        "table",
        "tag",
        "textarea",
        "warning-text",
    ];
    let (mut all, mut compared, mut matched, mut differing) = (0, 0, 0, Vec::new());
    for component in components {
        let path =
            format!("{}/dist/govuk/components/{component}/fixtures.json", env!("GOVUK_FRONTEND"));
        let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let mut here = 0;
        for fixture in file["fixtures"].as_array().unwrap() {
            all += 1;
            let Some(ours) = ours(component, fixture["options"].clone()) else { continue };
            here += 1;
            let (ours, theirs) = (plain(&ours), plain(fixture["html"].as_str().unwrap()));
            if ours == theirs {
                matched += 1;
            } else {
                differing
                    .push(format!("{component}: {}\n{theirs}\n--- ours:\n{ours}", fixture["name"]));
            }
        }
        compared += here;
        assert!(here > 0, "no example of {component} is compared");
    }
    println!(
        "{matched} of {compared} examples match; {all} in all for these {} components",
        components.len()
    );
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
    assert!(compared >= 150, "only {compared} examples are compared");
}
