//! A page with every component on it. With `PRAYA_GALLERY=folder`, it and the plain pages are also written there to look at.

use super::visit;
use crate::{
    Cell, Choice, Errors, Html, Link, Row, Shell, assets,
    chart::{Bar, Month, TreeStep, bars, timeline, tree},
};
use askama::Template;
use kernel::Locale;
use scraper::{Html as Page, Selector};

#[derive(Template)]
#[template(path = "gallery.html")]
struct Gallery {
    shell: Shell,
    errors: Errors,
    links: Vec<Link>,
    choices: Vec<Choice>,
    rows: Vec<Row>,
    head: Vec<Cell>,
    body: Vec<Vec<Cell>>,
    timeline: Html,
    bars: Html,
    tree: Html,
}

fn gallery(locale: Locale) -> String {
    let visit = visit(locale, true);
    let mut errors = Errors::default();
    errors.add("email", visit.shell("problem-form-unreadable").title);
    let months: Vec<_> = [0, 3, 14, 1, 5, 2]
        .into_iter()
        .zip(["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"])
        .map(|(looks, name)| Month { name: name.into(), looks })
        .collect();
    let hashes: Vec<_> = [
        "q83vEjRWeJCrze8SNFZ4",
        "EjRWeJCrze8SNFZ4kKvN",
        "NFZ4kKvN7xI0VniQq83v",
        "kKvN7xI0VniQq83vEjRW",
        "7xI0VniQq83vEjRWeJCr",
    ]
    .map(String::from)
    .into();
    let page = Gallery {
        shell: visit.shell("shell-my-data"),
        errors,
        links: vec![
            Link::new("/", visit.shell("shell-home").title),
            Link::new("", visit.shell("shell-my-data").title),
        ],
        choices: vec![
            Choice::new("a", "Lucky Star Trading Ltd").hint("12345678"),
            Choice::new("b", "Kowloon Bay Foods Ltd").checked(true),
        ],
        rows: vec![
            Row::new("Number", "12345678").action(Link::new("/x", "Change").about("number")),
            Row::new("Name", Html::from("A & B <Ltd>")),
        ],
        head: vec!["Office".into(), Cell::figure("Looks")],
        body: vec![
            vec!["Inland Revenue Department".into(), Cell::figure("12")],
            vec!["Transport Department".into(), Cell::figure("3")],
        ],
        timeline: timeline(locale, "by-month", "Looks by month", &months),
        bars: bars(
            locale,
            "by-office",
            "Looks by office",
            ["Office", "Looks"],
            &[
                Bar::new("Inland Revenue <x>", 12),
                Bar { late: true, ..Bar::new("Transport", 3) },
                Bar::new("Lands", 0),
            ],
        ),
        tree: tree(
            locale,
            "proof",
            12,
            19,
            "bGVhZg",
            &TreeStep::of_proof(12, 19, &hashes),
            "cm9vdA",
        ),
    };
    page.render().unwrap()
}

#[test]
fn every_component_renders_and_every_field_has_its_label() {
    for locale in Locale::ALL {
        let text = gallery(locale);
        let page = Page::parse_document(&text);
        let all =
            |selector: &str| page.select(&Selector::parse(selector).unwrap()).collect::<Vec<_>>();
        assert_eq!(all("h1").len(), 1);
        for field in all("input:not([type=hidden]), select, textarea") {
            let id = field.attr("id").unwrap();
            assert_eq!(all(&format!("label[for='{id}']")).len(), 1, "the field {id} has no label");
            for described in field.attr("aria-describedby").unwrap_or("").split_whitespace() {
                assert_eq!(
                    all(&format!("#{described}")).len(),
                    1,
                    "nothing has the id {described}"
                );
            }
        }
        for form in all("form[method=post]") {
            assert_eq!(
                form.select(&Selector::parse("input[type=hidden][name=csrf]").unwrap()).count(),
                1
            );
        }
        let mut ids: Vec<_> = all("[id]").iter().filter_map(|element| element.attr("id")).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id stands twice");
        assert!(text.contains("A &amp; B &lt;Ltd&gt;"));
        write(&format!("gallery-{}.html", locale.code()), &text);
    }
}

/// Writes a page to look at, with its assets beside it.
pub(super) fn write(name: &str, text: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test's own switch")]
    let Ok(folder) = std::env::var("PRAYA_GALLERY") else { return };
    let folder = std::path::Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    let prefix = assets::address("");
    std::fs::write(folder.join(name), text.replace(&prefix, "")).unwrap();
    for file in ["praya.css", "praya.js", "start.js", "govuk-frontend.js", "mark.svg"] {
        std::fs::write(folder.join(file), assets::plain(file).unwrap()).unwrap();
    }
}
