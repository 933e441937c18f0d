//! An address given to us that points inside is not called: the built program, with what `serve` is told.

use crate::unsynced::layer;
use serde_json::{Value, json};
use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use wire::jwk::{Jwk, PrivateJwk};

/// Ways to write an address inside, and a name that leads there by `resolve.c`; PORT is one we listen on.
const INSIDE: [&str; 8] = [
    "https://127.0.0.1:PORT",
    "https://10.0.0.1:PORT",
    "https://169.254.169.254:PORT",
    "https://[::1]:PORT",
    "https://[::ffff:127.0.0.1]:PORT",
    "https://2130706433:PORT",
    "https://localhost:PORT",
    "https://hook.inside.example:PORT",
];

/// An installation in a folder, and a door that nobody may knock on.
pub(crate) struct Site {
    folder: TempDir,
    door: TcpListener,
    /// The library that resolves names.
    names: String,
}

pub(crate) struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Site {
    /// None without a C compiler.
    pub(crate) fn new() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let names = layer("resolve", folder.path())?;
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        door.set_nonblocking(true).unwrap();
        let site = Self { folder, door, names };
        site.must(&["keys", "new", site.path("secrets").to_str().unwrap()]);
        site.must(&["export", site.path("pack").to_str().unwrap()]);
        // A source without the reason for which it might lie inside.
        let source = site.path("pack/sources/trade-declarations.toml");
        let text = std::fs::read_to_string(&source).unwrap();
        let public = text.lines().filter(|line| !line.starts_with("allow_private"));
        std::fs::write(&source, public.collect::<Vec<_>>().join("\n")).unwrap();
        site.configure("https://departments.example");
        Some(site)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn database(&self) -> String {
        format!("sqlite:{}", self.path("praya.sqlite").display())
    }

    fn at_the_door(&self, address: &str) -> String {
        address.replace("PORT", &self.door.local_addr().unwrap().port().to_string())
    }

    /// Settings that `serve` takes; where it will listen.
    pub(crate) fn configure(&self, department: &str) -> String {
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let at = |name: &str| self.path(name).display().to_string();
        let text = format!(
            "base_url = \"https://records.example\"\nlisten = \"{listen}\"\ntls_by_proxy = true\ndatabase = \"{}\"\nsecret_file = \"{}\"\nlog_key_file = \"{}\"\npack = \"{}\"\n\n[places]\ndepartment_api = \"{department}\"\ndata = \"{}\"\n",
            self.database(),
            at("secrets/secret"),
            at("secrets/log-key.json"),
            at("pack"),
            at("data"),
        );
        std::fs::write(self.path("praya.toml"), text).unwrap();
        listen
    }

    fn praya(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_praya"));
        command.args(args).current_dir(self.folder.path()).env("LD_PRELOAD", &self.names);
        command
    }

    pub(crate) fn serve(&self) -> Serving {
        Serving(self.praya(&["serve"]).stdout(Stdio::null()).spawn().unwrap())
    }

    fn run(&self, args: &[&str]) -> (bool, String) {
        let out = self.praya(args).output().unwrap();
        let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
        (out.status.success(), said)
    }

    fn must(&self, args: &[&str]) {
        let (good, said) = self.run(args);
        assert!(good, "{args:?}: {said}");
    }

    /// Registers a consumer; whether it was taken, and what was said.
    fn register(&self, more: &Value) -> (bool, String) {
        let public = |usage: &str| {
            let mut key: Value =
                serde_json::from_str(&PrivateJwk::generate_p256(usage).unwrap().to_json()).unwrap();
            key.as_object_mut().unwrap().remove("d");
            Jwk::parse(key.to_string().as_bytes()).unwrap();
            key
        };
        let mut client = json!({
            "id": "harbour-bank", "name": {"en": "Harbour Bank", "tc": "海港銀行", "sc": "海港银行"},
            "redirect_uris": ["https://bank.example/callback"], "profile": "confidential", "scopes": "records",
            "jwks": {"keys": [public("sig"), public("enc")]},
        });
        for (name, value) in more.as_object().unwrap() {
            client[name] = value.clone();
        }
        let file = self.path("client.json");
        std::fs::write(&file, client.to_string()).unwrap();
        self.run(&["client", "add", file.to_str().unwrap()])
    }

    fn nobody_knocked(&self) {
        let knock = self.door.accept().map_err(|error| error.kind());
        assert_eq!(knock.map(drop), Err(std::io::ErrorKind::WouldBlock), "somebody was let in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_whose_address_points_inside_is_not_asked() {
    let Some(site) = Site::new() else { return };
    for address in INSIDE {
        site.configure(&site.at_the_door(address));
        let (_, said) = site.run(&["source"]);
        let line = said.lines().find(|line| line.starts_with("trade-declarations")).unwrap();
        assert!(line.ends_with("does not answer: inside"), "{address}: {said}");
    }
    site.nobody_knocked();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_whose_address_points_inside_is_not_registered_and_one_whose_name_leads_there_is_not_called()
 {
    let Some(site) = Site::new() else { return };
    let (name, numbers) = INSIDE.split_last().unwrap();
    for address in numbers {
        let (good, said) = site.register(&json!({"webhook": site.at_the_door(address)}));
        assert!(!good && said.contains("webhook"), "{address}: {said}");
    }
    // Keys are given, never an address of keys.
    let (good, said) = site.register(&json!({"jwks": {}, "jwks_uri": site.at_the_door(INSIDE[0])}));
    assert!(!good, "{said}");
    let (good, said) = site.register(&json!({"webhook": site.at_the_door(name)}));
    assert!(good, "only who resolves the name can know where it leads: {said}");

    let db = store::Db::open(&site.database()).await.unwrap();
    let ctx = kernel::Ctx::new(
        &kernel::World::system(),
        kernel::Actor::System("test"),
        kernel::Locale::En,
    );
    let notice = json!({"consumer": "harbour-bank", "event": "consent_revoked"});
    db.write(move |tx| jobs::enqueue(tx, &ctx, exchange::webhooks::JOB, &notice, ctx.now))
        .await
        .unwrap();
    site.configure("https://departments.example");
    let _serving = site.serve();
    let tried = store::Sql::both("select error from job where attempts > 0 and state = 'waiting'");
    let began = Instant::now();
    let error = loop {
        let row = db.read(move |tx| tx.query_opt(tried, &[])).await.unwrap();
        if let Some(error) = row.and_then(|row| row.opt_text(0).unwrap().map(str::to_owned)) {
            break error;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "the notice was not tried");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(error, "an address that points inside");
    site.nobody_knocked();
}
