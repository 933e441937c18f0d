//! Whole sign-ins, pushed request to UserInfo, every request counted: ours with a passkey and the person's yes, theirs
//! with their own development pages for name and yes.

use super::{device::Device, load::Plain};
use crate::{Failure, server::Server};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response};
use kernel::World;
use serde_json::Value;
use std::fmt::Write as _;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use wire::{b64, sha256};

const WARM_UP: Duration = Duration::from_secs(2);
/// Where the client is answered; nobody listens there, the code is read off the address.
pub(super) const BACK: &str = "http://127.0.0.1/callback";

/// Which side, and its client.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) ours: bool,
    pub(super) address: &'static str,
    /// The client's id and its `Authorization`.
    pub(super) client: (String, String),
}

/// One person's browser, and the client beside it.
struct Visit {
    site: Site,
    connection: Plain,
    cookies: BTreeMap<String, String>,
    device: Option<Device>,
    world: World,
}

/// What came back: status, where to, the body.
struct Reply {
    to: Option<String>,
    body: Bytes,
}

fn form(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                write!(text, "%{byte:02X}").ok();
            }
        }
    }
    text
}

impl Visit {
    fn host(&self) -> String {
        let port = self.site.address.rsplit(':').next().unwrap_or_default();
        format!("localhost:{port}")
    }

    fn read(&mut self, answer: Response<Bytes>) -> Result<Reply, Failure> {
        for set in answer.headers().get_all("set-cookie") {
            let pair = set.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                if value.is_empty() {
                    self.cookies.remove(name);
                } else {
                    self.cookies.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        let status = answer.status().as_u16();
        let to = answer.headers().get("location").and_then(|to| to.to_str().ok());
        let to = to.map(str::to_owned);
        let body = answer.into_body();
        if status >= 400 {
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(Reply { to, body })
    }

    /// The browser asks; a path or a whole address of this side.
    async fn browse(&mut self, to: &str, body: Option<String>) -> Result<Reply, Failure> {
        let base = format!("http://{}", self.host());
        let path = to.strip_prefix(&base).unwrap_or(to);
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let method = if body.is_some() { "POST" } else { "GET" };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.host())
            .header("accept", "text/html")
            .header("cookie", cookies.join("; "))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::from(body.unwrap_or_default()))?;
        let answer = self.connection.send(request).await?;
        self.read(answer)
    }

    /// The client asks.
    async fn ask(&mut self, path: &str, body: String) -> Result<Value, Failure> {
        let request = Request::post(path)
            .header("host", self.host())
            .header("authorization", &self.site.client.1)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Full::from(body))?;
        let answer = self.connection.send(request).await?;
        if !answer.status().is_success() {
            return Err(format!("{path}: {}", String::from_utf8_lossy(answer.body())).into());
        }
        Ok(serde_json::from_slice(answer.body())?)
    }

    fn csrf(&self) -> String {
        let found = self.cookies.iter().find(|(name, _)| name.ends_with("-csrf"));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Pushed request to UserInfo.
    async fn whole(&mut self) -> Result<(), Failure> {
        // Nobody is signed in at first.
        self.cookies.retain(|name, _| name.ends_with("-csrf"));
        let mut random = [0; 32];
        self.world.entropy.fill(&mut random);
        let verifier = b64::encode(random);
        let challenge = b64::encode(sha256(&[verifier.as_bytes()]));
        let id = self.site.client.0.clone();
        let asked = form(&[
            ("client_id", &id),
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("scope", "openid profile"),
            ("state", &verifier),
            ("nonce", &verifier),
            ("prompt", "consent"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let (push, authorize, token, userinfo) = if self.site.ours {
            ("/oauth/par", "/oauth/authorize", "/oauth/token", "/oauth/userinfo")
        } else {
            ("/request", "/auth", "/token", "/me")
        };
        let pushed = self.ask(push, asked).await?;
        let request_uri = pushed["request_uri"].as_str().ok_or("no request_uri")?.to_owned();
        let query = form(&[("client_id", &id), ("request_uri", &request_uri)]);
        let first = self.browse(&format!("{authorize}?{query}"), None).await?;
        let to = first.to.ok_or("authorize leads nowhere")?;
        let back = if self.site.ours { self.sign_in(&to).await? } else { self.log_in(to).await? };
        let code = back
            .split(['?', '&'])
            .find_map(|pair| pair.strip_prefix("code="))
            .ok_or_else(|| format!("no code in {back}"))?
            .to_owned();
        let given = self
            .ask(
                token,
                form(&[
                    ("grant_type", "authorization_code"),
                    ("code", &code),
                    ("redirect_uri", BACK),
                    ("code_verifier", &verifier),
                ]),
            )
            .await?;
        let access = given["access_token"].as_str().ok_or("no access token")?;
        if given["id_token"].as_str().is_none() {
            return Err("no ID token".into());
        }
        let request = Request::get(userinfo)
            .header("host", self.host())
            .header("authorization", format!("Bearer {access}"))
            .body(Full::default())?;
        let answer = self.connection.send(request).await?;
        let told: Value = serde_json::from_slice(answer.body())?;
        told["sub"].as_str().map(drop).ok_or_else(|| format!("UserInfo: {told}").into())
    }

    /// Our pages: the passkey, and the yes.
    async fn sign_in(&mut self, to: &str) -> Result<String, Failure> {
        self.browse(to, None).await?;
        let next = to.split_once("next=").map(|(_, next)| next).unwrap_or_default().to_owned();
        let start = form(&[("csrf", &self.csrf())]);
        let asked = self.browse("/sign-in/passkey/start", Some(start)).await?;
        let asked: Value = serde_json::from_slice(&asked.body)?;
        let device = self.device.as_mut().ok_or("no passkey")?;
        let credential = device.get(&asked["options"])?;
        let ceremony = asked["ceremony"].as_str().unwrap_or_default();
        let sent =
            form(&[("csrf", &self.csrf()), ("ceremony", ceremony), ("credential", &credential)]);
        // As it stood in the address: encoded already.
        let signed = self.browse("/sign-in/passkey", Some(format!("{sent}&next={next}"))).await?;
        let page = self.browse(&signed.to.ok_or("signed in to nowhere")?, None).await?;
        let question = page.to.ok_or("no question")?;
        self.browse(&question, None).await?;
        let yes = form(&[("csrf", &self.csrf()), ("action", "allow"), ("claim", "name")]);
        self.browse(&question, Some(yes)).await?.to.ok_or_else(|| "the yes leads nowhere".into())
    }

    /// Their pages: a name, and the yes.
    async fn log_in(&mut self, mut to: String) -> Result<String, Failure> {
        for answer in ["prompt=login&login=somebody&password=x", "prompt=consent"] {
            self.browse(&to, None).await?;
            let resumed = self.browse(&to, Some(answer.to_owned())).await?;
            let resumed = resumed.to.ok_or("their form leads nowhere")?;
            to = self.browse(&resumed, None).await?.to.ok_or("their resumption leads nowhere")?;
        }
        Ok(to)
    }
}

/// A passkey for the person of an invitation.
async fn join(visit: &mut Visit, invitation: &str) -> Result<(), Failure> {
    let path = format!("/invitation/{invitation}");
    visit.browse(&path, None).await?;
    let start = form(&[("csrf", &visit.csrf())]);
    let asked = visit.browse(&format!("{path}/start"), Some(start)).await?;
    let asked: Value = serde_json::from_slice(&asked.body)?;
    let mut device = Device::new(&format!("http://{}", visit.host()))?;
    let credential = device.create(&asked["options"])?;
    let ceremony = asked["ceremony"].as_str().unwrap_or_default();
    let sent =
        form(&[("csrf", &visit.csrf()), ("ceremony", ceremony), ("credential", &credential)]);
    visit.browse(&path, Some(sent)).await?;
    visit.device = Some(device);
    Ok(())
}

/// People, ready to sign in: ours with a passkey each, of these invitations.
pub(super) struct People(Vec<Visit>);

impl People {
    pub(super) async fn gather(
        site: &Site,
        invitations: &[String],
        connections: usize,
    ) -> Result<Self, Failure> {
        let mut all = Vec::new();
        for invitation in invitations.iter().take(connections) {
            let mut visit = Visit {
                site: site.clone(),
                connection: Plain::open(site.address).await?,
                cookies: BTreeMap::new(),
                device: None,
                world: World::system(),
            };
            if site.ours {
                join(&mut visit, invitation).await?;
            }
            all.push(visit);
        }
        Ok(Self(all))
    }

    /// They sign in again and again for `window`; whole sign-ins per second of the server's CPU.
    pub(super) async fn run(
        self,
        server: &Server,
        window: Duration,
    ) -> Result<(f64, Self), Failure> {
        let (from, done) = (Instant::now() + WARM_UP, Arc::new(AtomicU64::new(0)));
        let until = from + window;
        let mut tasks = Vec::new();
        for mut visit in self.0 {
            let done = done.clone();
            tasks.push(tokio::spawn(async move {
                while Instant::now() < until {
                    visit.whole().await?;
                    if (from..until).contains(&Instant::now()) {
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Ok::<_, Failure>(visit)
            }));
        }
        tokio::time::sleep_until(from.into()).await;
        let before = server.cpu()?;
        tokio::time::sleep_until(until.into()).await;
        let cpu = server.cpu()? - before;
        let mut again = Vec::new();
        for task in tasks {
            again.push(task.await??);
        }
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let signed_in = done.load(Ordering::Relaxed) as f64;
        Ok((signed_in / cpu.max(0.01), Self(again)))
    }
}
