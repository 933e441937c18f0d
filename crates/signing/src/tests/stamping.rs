//! An authority elsewhere, which can answer wrongly in every way.

use super::authority::{Place, ctx};
use crate::{
    Tsa,
    authority::{self, Kind},
    cms, stamping,
    tsp::{self, Question},
};
use axum::{Router, body::Bytes, extract::State, routing::post};
use http::StatusCode;
use std::sync::{Arc, Mutex};

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Good,
    /// Another installation's authority answers.
    Stranger,
    /// A good time-stamp of something else.
    OfElse,
    /// A good time-stamp, but of a question asked before.
    Old,
    /// More than anybody reads.
    Long,
    Broken,
    Down,
}

#[derive(Clone)]
struct Elsewhere {
    own: Place,
    stranger: Place,
    mood: Arc<Mutex<Mood>>,
}

async fn answer(State(it): State<Elsewhere>, body: Bytes) -> (StatusCode, Vec<u8>) {
    let mood = *it.mood.lock().unwrap();
    let place = if mood == Mood::Stranger { &it.stranger } else { &it.own };
    let question = match mood {
        Mood::OfElse => Question::new(&[9; 32], [5; 8]).unwrap(),
        // The same digest under a nonce of its own.
        Mood::Old => {
            let at = body.windows(32).position(|part| part == *IMPRINT.lock().unwrap()).unwrap();
            Question::new(body[at..at + 32].try_into().unwrap(), [5; 8]).unwrap()
        }
        Mood::Long => return (StatusCode::OK, vec![b'x'; cms::LONGEST + 1]),
        Mood::Broken => return (StatusCode::OK, b"not DER".to_vec()),
        Mood::Down => return (StatusCode::SERVICE_UNAVAILABLE, Vec::new()),
        Mood::Good | Mood::Stranger => Question::read(&body).unwrap(),
    };
    let question = Arc::new(question);
    let token =
        place.write(move |tx, place| authority::stamp(tx, &ctx(), &place.sealer, &question)).await;
    (StatusCode::OK, tsp::answer(&token).unwrap())
}

static IMPRINT: Mutex<[u8; 32]> = Mutex::new([0; 32]);

#[tokio::test]
async fn a_time_stamp_from_elsewhere_is_taken_only_if_it_answers_and_is_by_whom_we_trust() {
    let (own, stranger) = (Place::each().await.remove(0), Place::each().await.remove(0));
    let root =
        own.write(|tx, place| authority::needed(tx, &place.sealer, Kind::Certificates)).await;
    let signature = own
        .write(|tx, place| {
            let holder = (&"per_1".into(), "Chan Mei Ling");
            let signer = authority::once(tx, &ctx(), &place.sealer, "http://127.0.0.1:9", holder)?;
            Ok(cms::sign(&signer, &[7; 32], None)?)
        })
        .await;
    let imprint = cms::imprint(&signature).unwrap();
    *IMPRINT.lock().unwrap() = imprint;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let mood = Arc::new(Mutex::new(Mood::Good));
    let it = Elsewhere { own, stranger, mood: mood.clone() };
    let router = Router::new().route("/", post(answer)).with_state(it);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let tsa = Tsa { url, client, trusted: vec![root.certificate] };

    for (what, refused) in [
        (Mood::Good, None),
        (Mood::Stranger, Some("not by an authority that we trust")),
        (Mood::OfElse, Some("of something else")),
        (Mood::Old, Some("another question")),
        (Mood::Long, Some("too long")),
        (Mood::Broken, Some("DER")),
        (Mood::Down, Some("503")),
    ] {
        *mood.lock().unwrap() = what;
        let question = Question::new(&imprint, [3; 8]).unwrap();
        match (stamping::fetch(&tsa, &question, &signature).await, refused) {
            (Ok(token), None) => {
                let whole = cms::stamped(&signature, &token).unwrap();
                let held = cms::verify(&whole, &cms::Document::Sha256([7; 32])).unwrap();
                assert_eq!(held.fault(&tsa.trusted, None, ctx().now), None);
            }
            (Err(said), Some(refused)) => assert!(said.contains(refused), "{said}: {refused}"),
            (outcome, refused) => panic!("{outcome:?}, but {refused:?}"),
        }
    }
}
