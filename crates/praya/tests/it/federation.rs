//! Two governments, each the built program with a pack of its own: the people of each sign in at the other.

use crate::demo::{Browser, Demo, Page, client, copy_of};
use serde_json::{Value, json};
use std::path::Path;

/// Writes into a pack the provider of a neighbour, and what is asked of it.
fn provide(pack: &Path, id: &str, at: &Demo) {
    let folder = pack.join("providers");
    std::fs::create_dir_all(&folder).unwrap();
    let levels = ["phr", "0"].map(|acr| format!("\"{acr}\" = \"self-declared\"\n")).concat();
    let praya = ["self-declared", "remote", "in-person"].map(|level| {
        ["passkey", "code"].map(|how| format!("\"urn:praya:acr:{level}:{how}\" = \"{level}\"\n"))
    });
    let provider = format!(
        "id = \"{id}\"\nname = {{ en = \"{id}\", tc = \"{id}\", sc = \"{id}\" }}\nissuer = \"{}\"\nclient_id = \"neighbour\"\nattributes = [\"name\"]\n\n[levels]\n{levels}{}",
        at.base,
        praya.concat().concat(),
    );
    std::fs::write(folder.join(format!("{id}.toml")), provider).unwrap();
}

/// Registers one at the other, by its published keys.
async fn register(at: &Demo, who: &Demo, as_what: &str) {
    let keys = client().get(format!("{}/oauth/jwks", who.base)).send().await.unwrap();
    let keys: Value = keys.json().await.unwrap();
    at.add_client(&json!({
        "id": "neighbour", "name": {"en": "Neighbour", "tc": "鄰埠", "sc": "邻埠"}, "profile": "confidential",
        "redirect_uris": [format!("{}/federation/{as_what}/back", who.base)], "scopes": "openid",
        "jwks": keys, "terms": {"flow": "baseline"},
    }));
}

/// From a press here over the sign-in there, and its yes or no, back to here.
async fn walk(
    here: &Browser,
    press: &str,
    (there, at): (&Browser, &Demo),
    answer: &[(&str, &str)],
) -> Page {
    let sent = here.post(press, &[]).await;
    let to = sent.location.unwrap_or_else(|| panic!("{press} leads nowhere: {}", sent.body));
    let asked = there.get(to.strip_prefix(&at.base).unwrap()).await;
    let to = asked.location.unwrap_or_else(|| panic!("not asked: {}", asked.body));
    // Who has said yes once is not asked again.
    let back = if to.starts_with("/my/services/decide/") {
        there.get(&to).await;
        there.post(&to, answer).await.location.unwrap()
    } else {
        to
    };
    let path = back.splitn(4, '/').nth(3).unwrap();
    here.get(&format!("/{path}")).await
}

const YES: [(&str, &str); 2] = [("action", "allow"), ("claim", "name")];

#[tokio::test(flavor = "multi_thread")]
async fn people_of_two_governments_sign_in_at_each_other_and_tell_what_they_agree_to() {
    let (of_here, of_there) = (copy_of("hong-kong"), copy_of("guangdong"));
    let mut there = Demo::with_pack(of_there.path().to_owned()).await;
    provide(of_here.path(), "guangdong", &there);
    let here = Demo::with_pack(of_here.path().to_owned()).await;
    provide(of_there.path(), "hong-kong", &here);
    there.again().await;
    register(&there, &here, "guangdong").await;
    register(&here, &there, "hong-kong").await;

    for (near, far, provider) in [(&here, &there, "guangdong"), (&there, &here, "hong-kong")] {
        let mine = Browser::as_persona(&near.base, "chan-mei-ling").await;
        let theirs = Browser::as_persona(&far.base, "leung-siu-ming").await;
        let sign_in = format!("/federation/{provider}");
        let link = format!("/my/federation/{provider}/link");

        let stranger = Browser::new(&near.base);
        stranger.get("/sign-in").await;
        let refused = walk(&stranger, &sign_in, (&theirs, far), &[("action", "refuse")]).await;
        assert_eq!(refused.status, 403, "a no there is a no here: {}", refused.body);
        let refused = walk(&stranger, &sign_in, (&theirs, far), &[("action", "allow")]).await;
        assert_eq!(refused.status, 403, "nobody is made an account of: {}", refused.body);
        assert!(refused.body.contains("not linked"), "{}", refused.body);

        let done = walk(&mine, &link, (&theirs, far), &YES).await;
        assert_eq!(done.location.as_deref(), Some("/my/federation?done=linked"), "{}", done.body);
        let page = mine.get("/my/federation").await.body;
        assert!(page.contains("Name: Leung Siu Ming"), "what was agreed to be told: {page}");
        assert!(!page.contains("440000"), "and no document number: {page}");

        let signed_in = walk(&stranger, &sign_in, (&theirs, far), &YES).await;
        assert_eq!(signed_in.status, 303, "{}", signed_in.body);
        let page = stranger.get("/my/data").await.body;
        assert!(page.contains("Chan Mei Ling"), "{page}");
        let services = theirs.get("/my/services").await.body;
        assert!(services.contains("Neighbour"), "seen there, to be ended there: {services}");
    }
    for node in [&here, &there] {
        let (good, said) = node.praya(&["verify", "--data", node.folder.path().to_str().unwrap()]);
        assert!(good, "{said}");
    }
}
