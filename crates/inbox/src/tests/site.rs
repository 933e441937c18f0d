//! An inbox with a mail server and a push service that only listen.

use crate::{Caller, Inbox, MailSettings, Mailer, Parts, Templates, routes};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    middleware::{Next, from_fn},
};
use http::{HeaderMap, StatusCode};
use kernel::{Actor, Clock as _, Ctx, FixedClock, Id, Locale, Problem, Text, World};
use ports::{Inbox as _, Word};
use std::sync::{Arc, Mutex};
use store::testing::TestDb;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tower::ServiceExt as _;
use web::{Brand, Visit};

pub(super) const CSRF: &str = "0123456789abcdef0123456789abcdef";

pub(super) struct Site {
    pub(super) inbox: Inbox,
    pub(super) clock: Arc<FixedClock>,
    pub(super) runner: jobs::Runner,
    pub(super) mails: Arc<Mutex<Vec<String>>>,
    pub(super) pushes: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    /// What the push service answers.
    pub(super) push_status: Arc<Mutex<u16>>,
    pub(super) push_url: String,
    router: Router,
    _keep: TestDb,
}

pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) location: String,
    pub(super) text: String,
}

/// A mail server that takes everything: the conversation of RFC 5321 and no more.
async fn mail_sink() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let mails = Arc::new(Mutex::new(Vec::new()));
    let kept = mails.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 sink\r\n").await.unwrap();
            let (mut data, mut mail) = (false, String::new());
            while let Ok(Some(line)) = lines.next_line().await {
                let answer: &[u8] = match (data, line.as_str()) {
                    (true, ".") => {
                        data = false;
                        kept.lock().unwrap().push(std::mem::take(&mut mail));
                        b"250 taken\r\n"
                    }
                    (true, line) => {
                        mail += line;
                        mail.push('\n');
                        continue;
                    }
                    (false, "DATA") => {
                        data = true;
                        b"354 go on\r\n"
                    }
                    (false, "QUIT") => b"221 bye\r\n",
                    (false, line) => {
                        mail += line;
                        mail.push('\n');
                        b"250 well\r\n"
                    }
                };
                if write.write_all(answer).await.is_err() {
                    break;
                }
            }
        }
    });
    (url, mails)
}

fn named(request: &Request, header: &str) -> Option<String> {
    Some(request.headers().get(header)?.to_str().ok()?.to_owned())
}

impl Site {
    pub(super) async fn each() -> Vec<Self> {
        let mut all = Vec::new();
        for one in store::testing::each().await.unwrap() {
            all.push(Self::new(one, true).await);
        }
        all
    }

    pub(super) async fn new(keep: TestDb, mail: bool) -> Self {
        let clock = Arc::new(FixedClock::new("2026-11-23T04:00:00Z".parse().unwrap()));
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(kernel::SystemEntropy),
            zone: kernel::Zone::utc(),
            currency: kernel::Currency::NONE,
        };
        let (server, mails) = mail_sink().await;
        let pushes = Arc::new(Mutex::new(Vec::new()));
        let push_status = Arc::new(Mutex::new(201));
        let (kept, status) = (pushes.clone(), push_status.clone());
        let service = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
            kept.lock().unwrap().push((headers, body));
            StatusCode::from_u16(*status.lock().unwrap()).unwrap()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let push_url = format!("http://{}/of-a-browser", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, service).await });
        let settings = MailSettings {
            server,
            from: "Hong Kong <notices@gov.example>".to_owned(),
            login: None,
        };
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let check: fn(&url::Url) -> Result<(), &'static str> =
            |url| if url.path() == "/inside" { Err("inside") } else { Ok(()) };
        let inbox = Inbox::new(Parts {
            db: keep.db.clone(),
            world: world.clone(),
            base: "https://praya.example".to_owned(),
            government: Text::same("Hong Kong"),
            secret: [7; 32],
            templates: Templates::load().unwrap(),
            mailer: mail.then(|| Mailer::new(&settings).unwrap()),
            caller: Caller { client, check },
        })
        .unwrap();
        let runner = inbox.jobs(jobs::Runner::new(keep.db.clone(), world.clone()));
        let visit = move |mut request: Request, next: Next| {
            let world = world.clone();
            async move {
                let actor = named(&request, "x-person").map_or(Actor::Anonymous, |id| {
                    Actor::Person { id: Id::from(id), session: Id::from("ses_test") }
                });
                let locale = named(&request, "x-lang")
                    .and_then(|lang| Locale::parse(&lang))
                    .unwrap_or_default();
                let here = request.uri().to_string();
                let ctx = Ctx::new(&world, actor, locale);
                let brand = Arc::new(Brand { government: Text::same("Test"), demo: true });
                let visit = Visit { ctx, brand, user: None, csrf: CSRF.to_owned(), here };
                request.extensions_mut().insert(visit);
                web::render_problems(request, |request| next.run(request)).await
            }
        };
        let router = routes(&inbox).finish().0.layer(from_fn(visit));
        Self { inbox, clock, runner, mails, pushes, push_status, push_url, router, _keep: keep }
    }

    pub(super) fn ctx(&self, person: &str, locale: Locale) -> Ctx {
        let actor = Actor::Person { id: Id::from(person), session: Id::from("ses_test") };
        let mut ctx = Ctx::new(&self.inbox.world, actor, locale);
        ctx.now = self.clock.now();
        ctx
    }

    /// A consent that was stopped, say.
    pub(super) async fn tell(&self, person: &str, about: &str) {
        let (inbox, ctx, person) =
            (self.inbox.clone(), self.ctx("per_other", Locale::En), Id::from(person));
        let about = about.to_owned();
        let told = self.inbox.db.write(move |tx| {
            let bank = Text {
                en: "Harbour Bank".to_owned(),
                tc: "海港銀行".to_owned(),
                sc: "海港银行".to_owned(),
            };
            let words = [
                ("consumer", Word::Text(bank)),
                ("subject", Word::Plain("Chan {consumer} Mei Ling".to_owned())),
            ];
            inbox.leave(tx, &ctx, &person, "consent-stopped", &about, &words)
        });
        told.await.unwrap();
    }

    pub(super) async fn unread(&self, person: &str) -> u32 {
        let person = Id::from(person);
        self.inbox.db.read(move |tx| crate::ops::unread(tx, &person)).await.unwrap()
    }

    /// Does every job that is due.
    pub(super) async fn work(&self) {
        while self.runner.one().await.unwrap() {}
    }

    /// Addresses and codes, proved by the code in the mail.
    pub(super) async fn with_mail(&self, person: &str, address: &str, lang: &str) {
        let asked = self.post(person, lang, "/my/inbox/address", &[("address", address)]).await;
        assert_eq!(asked.location, "/my/inbox/settings?done=code", "{}", asked.text);
        self.work().await;
        let code = self.code();
        let proved = self.post(person, lang, "/my/inbox/address/code", &[("code", &code)]).await;
        assert_eq!(proved.location, "/my/inbox/settings?done=proved", "{}", proved.text);
        self.mails.lock().unwrap().clear();
    }

    /// The code of the newest mail.
    pub(super) fn code(&self) -> String {
        let mails = self.mails.lock().unwrap();
        let mail = mails.last().expect("a mail came");
        let (head, body) = mail.split_once("\n\n").unwrap();
        let plain = if head.contains("base64") {
            let bytes = wire::b64::from_standard(body.replace('\n', "")).unwrap();
            String::from_utf8(bytes).unwrap()
        } else {
            body.to_owned()
        };
        plain.chars().filter(char::is_ascii_digit).take(6).collect()
    }

    pub(super) async fn get(&self, person: &str, lang: &str, path: &str) -> Reply {
        let request = http::Request::get(path).header("accept", "text/html");
        self.send(person, lang, request, Body::empty()).await
    }

    pub(super) async fn post(
        &self,
        person: &str,
        lang: &str,
        path: &str,
        pairs: &[(&str, &str)],
    ) -> Reply {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("csrf", CSRF).extend_pairs(pairs);
        let request = http::Request::post(path)
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(person, lang, request, body.finish().into()).await
    }

    async fn send(
        &self,
        person: &str,
        lang: &str,
        request: http::request::Builder,
        body: Body,
    ) -> Reply {
        let request = match person {
            "" => request,
            person => request.header("x-person", person),
        };
        let request = request.header("x-lang", lang).body(body).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let location = parts.headers.get("location").map(|at| at.to_str().unwrap().to_owned());
        Reply {
            status: parts.status,
            location: location.unwrap_or_default(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// A refusal in the middle of a write.
pub(super) type Written<T> = Result<T, Problem>;
