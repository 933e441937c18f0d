//! Sources: whether they can be reached as they say, and give what their register needs.

use super::Finder;
use crate::pack::{FileFormat, Header, Register, Source, SourceKind};
use kernel::identifiers::{Brn, IdentityCard};
use ports::SubjectKind;

pub(super) fn check_mapping(finder: &mut Finder<'_>, source: &Source, register: &Register) {
    for (field, from) in &source.mapping {
        let pointer = format!("mapping/{field}");
        if register.fields.iter().all(|known| known.id != *field) {
            finder.say(
                &pointer,
                format!("register {:?} has no field {field:?}", register.id),
                "correct the name, or take it out",
            );
        }
        let pointed = matches!(source.kind, SourceKind::Http { .. });
        if from.is_empty() || (pointed && !from.starts_with('/')) {
            finder.say(
                &pointer,
                format!("{field:?} is read from {from:?}"),
                if pointed {
                    "write a JSON pointer within a row, such as \"/name/en\""
                } else {
                    "name a column"
                },
            );
        }
    }
    if let SourceKind::Sql { query, .. } = &source.kind
        && let Some(given) = columns(query)
    {
        for field in &register.fields {
            let column = source.column(&field.id);
            if !column.is_empty() && !given.contains(&column.to_lowercase()) {
                let mapped = format!("mapping/{}", field.id);
                let pointer = if column == field.id { "query" } else { &mapped };
                finder.say(
                    pointer,
                    format!("the query gives no column {column:?} for {:?}", field.id),
                    "select it, or map the field to a column that is selected",
                );
            }
        }
    }
    if let Some(key) = &source.probe_key {
        let fits = match register.subject {
            SubjectKind::Company => Brn::parse(key).is_ok(),
            SubjectKind::Person => IdentityCard::parse(key).is_ok(),
        };
        if !fits {
            finder.say(
                "probe_key",
                format!("probe key {key:?} has not the form of {:?}", register.key),
                "write a made-up key of the right form",
            );
        }
    }
}

/// The columns a query gives, in lower case: the last word of each item, after `as` or not. `None` when
/// that cannot be seen (`select *`, no `from`): then only the source itself can tell.
fn columns(query: &str) -> Option<Vec<String>> {
    let words = query.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut depth, mut names, mut item) = (0_usize, Vec::new(), String::new());
    for word in words.strip_prefix("select ")?.split_inclusive([' ', ',', '(', ')']) {
        if depth == 0 && word == "from " {
            names.push(item);
            break;
        }
        depth =
            (depth + usize::from(word.ends_with('('))).saturating_sub(word.ends_with(')').into());
        item.push_str(word);
        if depth == 0 && word.ends_with(',') {
            names.push(std::mem::take(&mut item));
        }
    }
    let last = |item: &String| {
        item.trim_end_matches([' ', ','])
            .rsplit([' ', '.'])
            .next()
            .map(|name| name.trim_matches('"').to_owned())
    };
    let names: Vec<_> = names.iter().filter_map(last).collect();
    (!names.is_empty() && names.iter().all(|name| name != "*")).then_some(names)
}

pub(super) fn check(finder: &mut Finder<'_>, source: &Source) {
    finder.within(
        "timeout_ms",
        i64::try_from(source.timeout_ms).unwrap_or(i64::MAX),
        60_000,
        "milliseconds",
    );
    if source.retries > 5 {
        finder.say("retries", format!("{} retries", source.retries), "write 0 to 5");
    }
    if source.allow_private.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
        finder.say(
            "allow_private",
            "no reason",
            "write why it may lie at a private address, or take it out",
        );
    }
    match &source.kind {
        SourceKind::Sql { url, query } => {
            if !["sqlite:", "postgres://", "postgresql://"]
                .iter()
                .any(|scheme| url.starts_with(scheme))
            {
                finder.say("url", format!("database {url:?}"), "begin with sqlite: or postgres://");
            }
            placeholders(finder, "url", url, &["data"]);
            check_query(finder, query);
        }
        SourceKind::Http { .. } => check_http(finder, source),
        SourceKind::File { .. } => check_file(finder, &source.kind),
        SourceKind::Node { url, client_id, issuer, log_key, register } => {
            let private = source.allow_private.is_some();
            address(finder, "url", url, private);
            address(finder, "issuer", issuer, private);
            if let Err(why) = wire::tlog::NoteVerifier::new(log_key.trim()) {
                finder.say(
                    "log_key",
                    format!("{log_key:?} is no log's key: {why}"),
                    "write the text of /log/key there, such as \"praya.example.org+0a1b2c3d+AXc5…\"",
                );
            }
            if source.probe_key.is_some() {
                finder.say(
                    "probe_key",
                    "a probe key for another node",
                    "take it out: a node is asked whether it is ready",
                );
            }
            for (pointer, value) in [("client_id", client_id), ("register", register)] {
                if value.trim().is_empty() {
                    finder.say(pointer, format!("no {pointer}"), "write it");
                }
            }
        }
    }
}

fn check_http(finder: &mut Finder<'_>, source: &Source) {
    let SourceKind::Http { url, rows, client_certificate, client_key, max_bytes, .. } =
        &source.kind
    else {
        return;
    };
    address(
        finder,
        "url",
        url,
        source.allow_private.is_some() || url.starts_with("{department_api}"),
    );
    placeholders(finder, "url", url, &["department_api", "key"]);
    if !url.contains("{key}") {
        finder.say("url", "the subject's key is not in the address", "put {key} where it belongs");
    }
    json_pointer(finder, rows);
    if client_certificate.is_some() != client_key.is_some() {
        finder.say(
            if client_key.is_some() { "client_key" } else { "client_certificate" },
            "half of a client certificate",
            "name both client_certificate and client_key, or neither",
        );
    }
    finder.within("max_bytes", i64::try_from(*max_bytes).unwrap_or(i64::MAX), 104_857_600, "bytes");
}

fn check_file(finder: &mut Finder<'_>, kind: &SourceKind) {
    let SourceKind::File { path, format, rows, header, key, .. } = kind else { return };
    placeholders(finder, "path", path, &["data"]);
    for (pointer, value) in [("path", path), ("key", key)] {
        if value.trim().is_empty() {
            finder.say(pointer, format!("no {pointer}"), "write it");
        }
    }
    match format {
        FileFormat::Json => json_pointer(finder, rows),
        FileFormat::Csv if !rows.is_empty() => {
            finder.say("rows", "a CSV has no pointer to its rows", "take it out");
        }
        FileFormat::Csv if *header == Header::FirstObject => {
            finder.say(
                "header",
                "a CSV has no first object",
                "write \"first-row\", or take it out",
            );
        }
        FileFormat::Csv => {}
    }
}

fn check_query(finder: &mut Finder<'_>, query: &str) {
    let words = query.trim().to_lowercase();
    if !words.starts_with("select ") && !words.starts_with("select\n") {
        finder.say("query", "the query does not begin with select", "write one select statement");
    }
    if query.contains(';') {
        finder.say("query", "the query holds a semicolon", "write one statement without it");
    }
    let parameters: Vec<_> = query
        .match_indices('$')
        .map(|(i, _)| {
            query
                .get(i + 1..)
                .unwrap_or_default()
                .chars()
                .take_while(char::is_ascii_digit)
                .collect::<String>()
        })
        .collect();
    if parameters != ["1"] {
        finder.say(
            "query",
            "the query has not exactly one $1",
            "write $1 once, where the subject's key belongs, and no other parameter",
        );
    }
}

fn address(finder: &mut Finder<'_>, pointer: &str, url: &str, private: bool) {
    if !url.starts_with("https://")
        && !(private && (url.starts_with("http://") || url.starts_with("{department_api}")))
    {
        finder.say(
            pointer,
            format!("address {url:?}"),
            "begin with https://, or say in allow_private why not",
        );
    }
}

fn json_pointer(finder: &mut Finder<'_>, rows: &str) {
    if !rows.is_empty() && !rows.starts_with('/') {
        finder.say(
            "rows",
            format!("{rows:?} is no JSON pointer"),
            "begin with /, or leave it empty for the whole",
        );
    }
}

/// Whether every `{word}` is one that is filled in.
fn placeholders(finder: &mut Finder<'_>, pointer: &str, text: &str, known: &[&str]) {
    for word in text.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        if !known.contains(&word) {
            finder.say(
                pointer,
                format!("nothing fills in {{{word}}}"),
                format!(
                    "use {}",
                    known.iter().map(|word| format!("{{{word}}}")).collect::<Vec<_>>().join(", ")
                ),
            );
        }
    }
}
