//! The wiring: domains meet through ports here, and nowhere else.

use crate::{
    Error,
    kinds::Kinds,
    limits::{Limits, limit},
    log_pages, portal,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use evidence::Log;
use exchange::{Deps, Exchange, RecordsPort, Signer, pack::Pack, sources::Sources};
use forms::Forms;
use http::{HeaderValue, header};
use identity::{Identity, Keys};
use inbox::Inbox;
use kernel::{Actor, Ctx, Problem, Timestamp, World};
use open::Open;
use ports::Inbox as _;
use std::sync::Arc;
use store::Db;
use web::{Audience, Brand, RouteInfo, Security, Visit, cookies, cookies::Cookies};
use wire::{dpop::Nonces, jwk::PrivateJwk, jws::SigningKey};

/// Largest request body the program reads, in bytes.
const LARGEST: usize = 256 * 1024;

/// What an [`App`] is made from.
pub struct Settings {
    /// The database, migrated.
    pub db: Db,
    /// Clock and randomness.
    pub world: World,
    /// Where people reach us, without a slash at the end; also the issuer and the log's origin.
    pub base: String,
    /// Where programs reach us that prove themselves by a TLS certificate (RFC 8705), if anywhere.
    pub mtls: Option<String>,
    /// The definitions.
    pub pack: Arc<Pack>,
    /// The departments' records.
    pub sources: Arc<Sources>,
    /// The installation's secret, the same on every node.
    pub secret: [u8; 32],
    /// The log's Ed25519 key.
    pub log_key: PrivateJwk,
    /// Whether a proxy in front of us speaks TLS, and says whose a request is.
    pub by_proxy: bool,
    /// How mail leaves; without it nothing goes by mail.
    pub mail: Option<inbox::MailSettings>,
    /// A time-stamping authority elsewhere; without it ours stamps signatures.
    pub tsa: Option<signing::Tsa>,
    /// Whether people and records are made up.
    pub demo: bool,
}

/// The program, put together.
pub struct App {
    /// Every route, with the middleware.
    pub router: Router,
    /// Every route with its audience.
    pub table: Vec<RouteInfo>,
    /// The exchange.
    pub exchange: Exchange,
    /// The identities.
    pub identity: Identity,
    /// The evidence log.
    pub log: Log,
    /// What must happen later.
    pub runner: jobs::Runner,
}

struct Signing(Arc<Keys>);

impl Signer for Signing {
    fn current(&self, now: Timestamp) -> Result<Arc<SigningKey>, Problem> {
        self.0.signer(now)
    }
}

struct Door {
    identity: Identity,
    inbox: Inbox,
    world: World,
    cookies: Cookies,
    brand: Arc<Brand>,
    limits: Limits,
    security: Security,
}

impl App {
    /// Puts the domains together.
    #[expect(clippy::too_many_lines, reason = "the wiring, part after part")]
    pub async fn build(settings: Settings) -> Result<Self, Error> {
        let Settings {
            db,
            world,
            base,
            mtls,
            pack,
            sources,
            secret,
            log_key,
            by_proxy,
            mail,
            tsa,
            demo,
        } = settings;
        let world = World { zone: pack.zone(), currency: pack.currency(), ..world };
        let https = base.starts_with("https:");
        let origin =
            base.split_once("://").map_or(base.as_str(), |(_, host)| host).replace([':', '/'], "-");
        let log = Log::open(db.clone(), &log_key, &origin).await?;
        let keys = Keys::load(&db, &world, &secret).await?;
        let us = identity::Us { issuer: base.clone(), keys: keys.clone() };
        let port = Arc::new(identity::Port::new(us, demo));
        let cookies = Cookies::new(instance(&base), https);
        let caller = inbox::Caller {
            client: outbound::client(demo)?,
            check: if demo { reach_any } else { reach_public },
        };
        let inbox = Inbox::new(inbox::Parts {
            db: db.clone(),
            world: world.clone(),
            base: base.clone(),
            government: pack.government().name.clone(),
            secret,
            templates: inbox::Templates::load()?,
            mailer: mail.as_ref().map(inbox::Mailer::new).transpose()?,
            caller,
        })?;
        let told: Arc<dyn ports::Inbox> = Arc::new(inbox.clone());
        let deps = Deps {
            directory: port.clone(),
            authorizations: port.clone(),
            signatures: port.clone(),
            inbox: told.clone(),
        };
        let nonces = Arc::new(Nonces::new(&wire::seal::derive(&secret, "dpop nonces")));
        let exchange = Exchange::new(exchange::Parts {
            db: db.clone(),
            world: world.clone(),
            issuer: base.clone(),
            pack: pack.clone(),
            sources,
            log: log.clone(),
            deps: deps.clone(),
            signer: Arc::new(Signing(keys.clone())),
            nonces: nonces.clone(),
            allow_private: demo,
            consumers: exchange::Cache::default(),
        });
        let identity = Identity::new(identity::Settings {
            db: db.clone(),
            world: world.clone(),
            issuer: base.clone(),
            mtls,
            keys,
            records: Arc::new(Kinds {
                records: RecordsPort(pack.clone(), deps.clone()),
                forms: forms::Port::new(&secret)?,
            }),
            companies: Arc::new(exchange.clone()),
            providers: pack.providers().cloned().collect(),
            holdings: vec![
                Arc::new(RecordsPort(pack.clone(), deps)),
                Arc::new(inbox::Holdings),
                Arc::new(forms::Holdings),
                Arc::new(signing::Holdings),
            ],
            inbox: told.clone(),
            caller: outbound::client(demo)?,
            cookies: cookies.clone(),
            demo,
        });
        let (ctx, published) =
            (Ctx::new(&world, Actor::System("start"), kernel::Locale::En), pack.clone());
        db.write(move |tx| exchange::ops::publish(tx, &ctx, &published)).await?;
        let runner = jobs::Runner::new(db.clone(), world.clone());
        let forms = Forms::new(forms::Parts {
            db: db.clone(),
            world: world.clone(),
            secret,
            authorizations: port.clone(),
            records: Arc::new(exchange.clone()),
        })?;
        identity.heed().await?;
        let runner = identity::jobs_of(&identity, exchange::jobs_of(&exchange, runner));
        let signing = signing::Signing::new(signing::Parts {
            db: db.clone(),
            world: world.clone(),
            secret,
            base: base.clone(),
            directory: port.clone(),
            authorizations: port.clone(),
            signatures: port,
            inbox: told,
            nonces: nonces.clone(),
            tsa,
        })?;
        let runner = inbox.jobs(signing.jobs(forms.jobs(runner)));
        let named = pack.departments().map(|one| (one.id.clone(), one.name.clone()));
        let open = Open::new(db.clone(), portal::content(&pack)?, named.collect());
        let mut routes = identity::routes(&identity)
            .merge(exchange::routes(&exchange))
            .merge(inbox::routes(&inbox))
            .merge(forms::routes(&forms))
            .merge(signing::routes(&signing))
            .merge(log_pages::routes(&log, &pack))
            .merge(open::routes(&open))
            .merge(portal::routes(&db, &exchange, &open))
            .merge(web::assets_routes())
            .merge(web::pages_routes());
        if demo {
            routes = routes.merge(identity::demo_routes(&identity)).merge(portal::metrics_route());
        }
        let (router, table) = routes.finish();
        let brand = Arc::new(Brand { government: pack.government().name.clone(), demo });
        let limits = Limits::new(world.clone(), by_proxy);
        let security = Security { https };
        let door =
            Door { identity: identity.clone(), inbox, world, cookies, brand, limits, security };
        let door = from_fn_with_state(Arc::new(door), enter);
        let router = router.layer((DefaultBodyLimit::max(LARGEST), door));
        Ok(Self { router, table, exchange, identity, log, runner })
    }

    /// Starts what runs beside the requests: jobs, and listening to what other nodes change.
    pub fn start(self) -> Router {
        tokio::spawn(self.runner.run());
        tokio::spawn(self.exchange.sources.clone().keep_probing());
        tokio::spawn(self.exchange.follow_changes());
        tokio::spawn(self.identity.listen());
        self.router
    }
}

/// Letters and digits that tell installations on one host apart: ports share cookies.
fn instance(base: &str) -> String {
    base.rsplit(':')
        .next()
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(12)
        .collect()
}

/// What every request passes, from the outside in: one layer, because each is copied with all that lie
/// within it for every request.
async fn enter(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let inside = |request| limit(&door.limits, request, |request| next.run(request));
    web::security_headers(door.security, request, |request| visit(&door, request, inside)).await
}

/// Makes the [`Visit`] of a request: who, when, in which language; hands out the form token. Problems from
/// within get their form here, in the visitor's language.
async fn visit<F: Future<Output = Response>>(
    door: &Door,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let (headers, uri) = (request.headers(), request.uri());
    let lang_cookie = door.cookies.read(headers, cookies::Cookie::Lang);
    let locale = web::locale_of(headers, uri.query(), lang_cookie);
    let asked_lang = web::lang_of(uri.query());
    let session = door.cookies.read(headers, cookies::Cookie::Session).map(str::to_owned);
    let sent = cookies::csrf(&door.cookies, headers).map(str::to_owned);
    let here = uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let anonymous = Ctx::new(&door.world, Actor::Anonymous, locale);
    let signed_in = match session {
        Some(token) => visitor(door, &token).await,
        None => Ok(None),
    };
    let (actor, user, unknown) = match signed_in {
        Ok(Some((actor, user))) => (actor, Some(user), None),
        Ok(None) => (Actor::Anonymous, None, None),
        // Who it is cannot be known now: that is not the same as nobody.
        Err(problem) => (Actor::Anonymous, None, Some(problem)),
    };
    let csrf = sent.clone().unwrap_or_else(|| cookies::new_csrf(&anonymous));
    let ctx = Ctx { actor, ..anonymous };
    request.extensions_mut().insert(Visit {
        ctx,
        brand: door.brand.clone(),
        user,
        csrf: csrf.clone(),
        here,
    });
    let inside = async |request| match unknown {
        Some(problem) => web::Failure::from(problem).into_response(),
        None => next(request).await,
    };
    let mut response = web::render_problems(request, inside).await;
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let mut set = |value: HeaderValue| response.headers_mut().append(header::SET_COOKIE, value);
    if is_page && sent.is_none() {
        set(door.cookies.set(cookies::Cookie::Csrf, &csrf, None));
    }
    if let Some(lang) = asked_lang {
        set(door.cookies.set(cookies::Cookie::Lang, lang.code(), Some(365 * 86_400)));
    }
    response
}

/// Who a session belongs to, and how many messages wait for them.
async fn visitor(door: &Door, token: &str) -> Result<Option<(Actor, web::UserView)>, Problem> {
    let Some((actor, mut user)) = door.identity.visitor(token).await? else { return Ok(None) };
    if let Actor::Person { id, .. } | Actor::Officer { id, .. } = &actor {
        let (person, inbox) = (id.clone(), door.inbox.clone());
        user.unread = door.inbox.db.read(move |tx| inbox.unread(tx, &person)).await?;
    }
    Ok(Some((actor, user)))
}

fn reach_public(url: &url::Url) -> Result<(), &'static str> {
    outbound::check_url(url, false)
}

fn reach_any(url: &url::Url) -> Result<(), &'static str> {
    outbound::check_url(url, true)
}

/// The audiences of every route, as `METHOD path audience` lines: what the reviewed snapshot holds.
pub fn route_table(table: &[RouteInfo]) -> String {
    let audience = |audience: Audience| match audience {
        Audience::Public => "public",
        Audience::Person => "person",
        Audience::Officer => "officer",
        Audience::Admin => "admin",
        Audience::Client => "client",
    };
    let line = |route: &RouteInfo| {
        format!("{:<7} {:<45} {}", route.method, route.path, audience(route.audience))
    };
    table.iter().map(line).collect::<Vec<_>>().join("\n")
}
