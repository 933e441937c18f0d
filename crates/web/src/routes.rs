use crate::{Failure, Visit, pages};
use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use http::Method;
use kernel::{Actor, Problem, Role};

/// For whom a route is; anyone else is refused before its handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everyone.
    Public,
    /// A person signed in (an officer is a person too).
    Person,
    /// An officer of a department.
    Officer,
    /// An administrator of the installation.
    Admin,
    /// An OAuth client; the handler checks its credentials and answers 401 without them.
    Client,
}

/// One line of the route table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct RouteInfo {
    /// The path as the router matches it, `/my/data/{id}`.
    pub path: &'static str,
    /// The method.
    pub method: &'static str,
    /// For whom.
    pub audience: Audience,
}

/// A domain's routes, each with its audience: the router and the table that tests walk.
#[derive(Default)]
pub struct Routes {
    router: Router,
    table: Vec<RouteInfo>,
}

impl Routes {
    /// No routes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route. `handler` is `axum::routing::get(f).with_state(state)` or the like, for `method` alone.
    #[must_use]
    pub fn route(
        mut self,
        method: &'static str,
        path: &'static str,
        audience: Audience,
        handler: MethodRouter,
    ) -> Self {
        self.table.push(RouteInfo { path, method, audience });
        let guarded = handler.layer(from_fn(move |request, next| guard(audience, request, next)));
        self.router = self.router.route(path, guarded);
        self
    }

    /// Adds another domain's routes.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.table.extend(other.table);
        self.router = self.router.merge(other.router);
        self
    }

    /// The router, which answers any other address or method with a problem, and the sorted table.
    pub fn finish(mut self) -> (Router, Vec<RouteInfo>) {
        self.table.sort();
        (
            self.router
                .fallback(pages::not_found)
                .method_not_allowed_fallback(pages::method_not_allowed),
            self.table,
        )
    }
}

async fn guard(audience: Audience, request: Request, next: Next) -> Response {
    let actor = request.extensions().get::<Visit>().map(|visit| &visit.ctx.actor);
    let refused = match (audience, actor) {
        (Audience::Public | Audience::Client, _)
        | (Audience::Person, Some(Actor::Person { .. } | Actor::Officer { .. }))
        | (Audience::Officer, Some(Actor::Officer { .. }))
        | (Audience::Admin, Some(Actor::Officer { role: Role::Admin, .. })) => None,
        (_, None | Some(Actor::Anonymous)) => Some(Problem::new(401, "sign-in-required")),
        (Audience::Officer, _) => Some(Problem::new(403, "officers-only")),
        (_, _) => Some(Problem::new(403, "administrators-only")),
    };
    match refused {
        // A person who follows a link is taken to the sign-in page and back.
        Some(problem)
            if problem.status == 401
                && request.method() == Method::GET
                && crate::failure::wants_html(request.headers()) =>
        {
            let next = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
            axum::response::Redirect::to(&format!(
                "/sign-in?next={}",
                crate::shell::query_value(next)
            ))
            .into_response()
        }
        Some(problem) => Failure::from(problem).into_response(),
        None => next.run(request).await,
    }
}
