use crate::Templates;

const GOOD: &str = r#"
[told]
topic = "security"
values = ["at"]
link = "/my/security"
[told.title]
en = "Told"
tc = "告知"
sc = "告知"
[told.body]
en = "At {at}"
tc = "於{at}"
sc = "在{at}"
"#;

#[test]
fn a_template_that_lacks_a_language_or_a_placeholder_is_refused_at_the_start() {
    assert!(Templates::parse(GOOD).is_ok());
    assert!(Templates::load().is_ok());
    for (from, to, why) in [
        ("tc = \"於{at}\"", "tc = \"告知\"", "message told, tc: {at} is never said"),
        (
            "sc = \"在{at}\"",
            "sc = \"在{at}{who}\"",
            "message told, sc: {who} is not among its values",
        ),
        ("en = \"At {at}\"", "en = \"At {at\"", "message told, en: a brace is not closed"),
        ("en = \"At {at}\"", "en = \"At {at}}\"", "message told, en: a brace is not opened"),
        ("en = \"At {at}\"", "en = \"At {at} {}\"", "message told, en: a brace holds no name"),
        ("sc = \"告知\"", "sc = \" \"", "message told, sc: title or body is empty"),
        ("sc = \"告知\"", "", "missing field `sc`"),
        ("link = \"/my/security\"", "link = \"//evil.example\"", "its link leads elsewhere"),
        ("link = \"/my/security\"", "link = \"/my/{at}\"", "its link may hold {about} alone"),
        ("topic = \"security\"", "topic = \"gossip\"", "unknown variant `gossip`"),
        ("values", "words", "unknown field `words`"),
    ] {
        let bad = GOOD.replacen(from, to, 1);
        assert_ne!(bad, GOOD, "{from}");
        let refused = Templates::parse(&bad).unwrap_err();
        assert!(refused.contains(why), "{refused} lacks {why}");
    }
}
