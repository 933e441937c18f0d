use crate::{has_text, text};
use kernel::Locale;
use std::{collections::BTreeSet, fs, path::PathBuf};

fn crates() -> Vec<PathBuf> {
    fs::read_dir("..").unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_texts_of_every_crate_are_joined() {
    let joined: &[&str] = include!(concat!(env!("OUT_DIR"), "/text_crates.rs"));
    let there: BTreeSet<_> = crates()
        .into_iter()
        .filter(|path| path.join("i18n/en.ftl").is_file())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        joined.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(),
        there,
        "touch crates/web/build.rs"
    );
}

#[test]
fn every_key_that_a_template_names_has_a_text() {
    let mut missing = BTreeSet::new();
    for template in crates()
        .into_iter()
        .filter_map(|path| fs::read_dir(path.join("templates")).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
    {
        let Ok(source) = fs::read_to_string(&template) else { continue };
        for call in ["shell.t(\"", "shell.t1(\"", "shell.t2(\""] {
            for key in source.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                if !has_text(key) && key != "…" {
                    missing.insert(format!("{}: {key}", template.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_problem_says_what_happened_and_what_to_do() {
    let source = fs::read_to_string("i18n/en.ftl").unwrap();
    let codes: Vec<_> = source
        .lines()
        .filter_map(|line| line.strip_prefix("problem-")?.split(" = ").next())
        .filter(|code| !["reference", "home"].contains(code))
        .collect();
    for code in &codes {
        let (what, next) = code
            .strip_suffix("-next")
            .map_or((*code, format!("{code}-next")), |what| (what, (*code).to_owned()));
        assert!(codes.contains(&what) && codes.contains(&next.as_str()), "{code} stands alone");
    }
    assert!(codes.len() > 80);
}

#[test]
fn plural_and_values_are_filled_in_each_language() {
    let say = |locale, looks: u32| {
        text(
            locale,
            "chart-looks-in",
            &[("month", "Nov".into()), ("looks", f64::from(looks).into())],
        )
    };
    assert_eq!(
        [say(Locale::En, 0), say(Locale::En, 1), say(Locale::En, 3)],
        ["Nov: nobody looked", "Nov: one look", "Nov: 3 looks"]
    );
    assert_eq!([say(Locale::Tc, 0), say(Locale::Sc, 3)], ["Nov：沒有人查閱", "Nov：查看 3 次"]);
    assert_eq!(text(Locale::Tc, "no-such-key", &[]), "no-such-key");
}

/// askama binds a macro's arguments one after another under the parameters' names: a bare variable that
/// is called like an earlier parameter would silently become that one.
#[test]
fn no_call_of_a_component_passes_a_variable_named_like_an_earlier_parameter() {
    let macros = fs::read_to_string("templates/macros.html").unwrap();
    let parameters = |name: &str| -> Vec<String> {
        let head = macros
            .split(&format!("{{% macro {name}("))
            .nth(1)
            .unwrap_or_else(|| panic!("no macro {name}"));
        arguments(head)
            .into_iter()
            .map(|p| p.split('=').next().unwrap().trim().to_owned())
            .collect()
    };
    let mut wrong = Vec::new();
    let mut calls = 0;
    for template in crates()
        .into_iter()
        .filter_map(|path| fs::read_dir(path.join("templates")).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
    {
        let Ok(source) = fs::read_to_string(&template) else { continue };
        for call in source.split("m::").skip(1) {
            let Some((name, rest)) = call.split_once('(') else { continue };
            if !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                || source.contains("{#- Components, in")
            {
                continue;
            }
            calls += 1;
            let names = parameters(name);
            for (at, argument) in arguments(rest).iter().enumerate() {
                let (own, value) = match argument.split_once('=') {
                    Some((own, value))
                        if names.iter().any(|name| name == own.trim())
                            && !value.starts_with('=') =>
                    {
                        (own.trim().to_owned(), value.trim())
                    }
                    _ => (names.get(at).cloned().unwrap_or_default(), argument.trim()),
                };
                let root: String = value
                    .trim_start_matches(['&', '*', '!'])
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                let earlier = names.iter().take_while(|name| **name != own);
                if earlier.clone().any(|name| *name == root) {
                    wrong.push(format!("{}: m::{name}(… {argument} …)", template.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "rename these variables: {wrong:#?}");
    assert!(calls > 20);
}

/// The arguments up to the closing bracket, split at the commas between them.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut parts) = (0, false, vec![String::new()]);
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted && depth == 0 => break,
            ')' | ']' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

#[test]
fn every_rule_of_an_identifier_is_told_in_words() {
    for wrong in kernel::identifiers::Wrong::ALL {
        assert!(has_text(&format!("problem-{}", wrong.code())), "{}", wrong.code());
    }
}
