//! Programs that sign people in, one of each kind: for programs that others wrote to try (`demo.json`).

use super::seed::system;
use crate::Error;
use identity::model::{Auth, Client, ClientRole, Flow, Profile, Terms};
use kernel::{Problem, Text, World};
use serde_json::{Value as Json, json};
use std::path::Path;
use store::Db;
use wire::jwk::PrivateJwk;

/// Registers them; gives what `demo.json` says of them. Under a loopback number any port may be answered at.
#[expect(clippy::too_many_lines, reason = "a list of clients")]
pub(crate) async fn register(
    db: &Db,
    world: &World,
    folder: &Path,
    key: &PrivateJwk,
) -> Result<Vec<Json>, Error> {
    let mut public: Json = serde_json::from_str(&key.to_json())?;
    public.as_object_mut().and_then(|members| members.remove("d"));
    let back = ["http://127.0.0.1/callback", "http://127.0.0.1/protected/redirect_uri"];
    let client = |id: &str, name: [&str; 3], profile, auth, flow| Client {
        id: id.to_owned(),
        name: Text { en: name[0].to_owned(), tc: name[1].to_owned(), sc: name[2].to_owned() },
        redirect_uris: back.map(ToOwned::to_owned).to_vec(),
        jwks: json!({"keys": [public]}),
        profile,
        webhook: None,
        scopes: "openid profile offline_access".to_owned(),
        active: true,
        node: None,
        terms: Terms {
            auth,
            flow,
            post_logout_redirect_uris: vec!["http://127.0.0.1/after".to_owned()],
            ..Terms::default()
        },
    };
    let (secret, by_key) = (Auth::ClientSecretBasic, Auth::PrivateKeyJwt);
    let all = [
        client(
            "demo-site",
            ["Demo site", "示範網站", "演示网站"],
            Profile::Confidential,
            secret,
            Flow::Baseline,
        ),
        client(
            "demo-page",
            ["Demo page", "示範網頁", "演示网页"],
            Profile::Public,
            by_key,
            Flow::Baseline,
        ),
        client(
            "demo-high",
            ["Demo service", "示範服務", "演示服务"],
            Profile::Confidential,
            by_key,
            Flow::High,
        ),
    ];
    let file = folder.join("site-secret");
    let kept = std::fs::read_to_string(&file).ok();
    let (ctx, fresh) = (system(world), kept.is_none());
    let made = db
        .write(move |tx| {
            for client in &all {
                identity::ops::register_client(tx, &ctx, client, true)?;
            }
            if !fresh {
                return Ok::<_, Problem>(None);
            }
            // Who may register more: a creator and, since nobody approves their own, an approver.
            for (handle, role, of) in [
                ("chan-mei-ling", ClientRole::Creator, "lucky-star"),
                ("wong-ka-ho", ClientRole::Approver, "dpo"),
            ] {
                if let Some(person) = identity::ops::person_by_handle(tx, handle)? {
                    identity::ops::set_client_role(tx, &ctx, &person.id, role, Some(of))?;
                }
            }
            identity::ops::new_secret(tx, &ctx, "demo-site").map(Some)
        })
        .await?;
    let secret = match made {
        Some(secret) => {
            std::fs::write(&file, &secret)?;
            secret
        }
        None => kept.unwrap_or_default(),
    };
    let private: Json = serde_json::from_str(&key.to_json())?;
    Ok(vec![
        json!({"client_id": "demo-site", "profile": "baseline", "client_secret": secret, "redirect_uris": back}),
        json!({"client_id": "demo-page", "profile": "baseline", "redirect_uris": back}),
        json!({"client_id": "demo-high", "profile": "high", "jwks": {"keys": [private]}, "redirect_uris": back}),
    ])
}
