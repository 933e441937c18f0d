//! Another node asks: the same way out as for a consumer, on that node's signed word that there is a consent.

use super::{Part, ReleaseHeader, fields};
use crate::{
    Exchange,
    node::{Named, Question, Refusal, Reply, Unverified, Why, digest},
    ops::{self, LookKind, Sight},
    rules,
};
use kernel::{Ctx, Id, Problem};
use ports::{Consumer, NodeRights, Subject};
use wire::jwe::Recipient;

/// What a client may ask as a node now.
fn rights(consumer: Consumer) -> Result<NodeRights, Problem> {
    let rights = consumer.node.ok_or_else(|| Problem::new(403, "node-not-allowed"))?;
    if consumer.active { Ok(rights) } else { Err(Problem::new(403, "client-stopped")) }
}

impl Exchange {
    /// Answers a node's question: checks it, asks our own sources, notes the look durably, and only then
    /// signs and encrypts.
    pub(crate) async fn answer_node(&self, ctx: &Ctx, token: &str) -> Result<String, Problem> {
        let refused = |why: Refusal| Problem {
            internal: Some(why.to_string()),
            ..Problem::new(401, "question-refused")
        };
        let asked = Unverified::new(token).map_err(refused)?;
        let (consumer, subject) = self.asker(asked.unverified()).await?;
        // Who is no client hears the same as who cannot sign for one.
        let consumer = consumer.ok_or_else(|| refused(wire::Error::NoKey.into()))?;
        let keys = wire::jwk::Jwks::parse(consumer.jwks.to_string().as_bytes())
            .map_err(|why| refused(why.into()))?;
        let (question, jkt) =
            asked.verify(&keys, &self.issuer, ctx.now.as_second()).map_err(refused)?;
        rules::may_ask(&self.pack, &rights(consumer)?, &question, ctx.now)?;
        let recipient = Recipient::new(&question.reply_to).map_err(|why| refused(why.into()))?;

        let request = &question.request;
        let parts =
            self.fetch(&request.registers, &question.subject.key, request.range, None).await;
        if parts.iter().all(|part| part.status == "unavailable") {
            return Err(Problem::new(503, "source-unavailable").header("retry-after", 30));
        }
        let payload = self.reply(ctx, token, &question, &parts)?;
        let sight = Sight {
            id: payload.0,
            kind: match &question.why {
                Why::Preview => LookKind::Preview,
                Why::Consent(_) => LookKind::Release,
            },
            // Somebody our directory does not know gets a name of their own; the question says who it is.
            subject: subject.map_or_else(|| ctx.id("sub"), |subject| subject.id),
            consent: None,
            consumer: question.iss.clone(),
            key: Some(jkt),
            purpose: request.purpose.clone(),
            fields: fields(&request.registers),
            payload: wire::sha256(&[&payload.1]),
            departments: self.pack.departments_of(&request.registers),
        };
        let look = sight.draft_of_node(ctx, &question, token)?;
        let (deps, context, token) = (self.deps.clone(), ctx.clone(), token.to_owned());
        let ticket = self
            .db
            .write(move |tx| {
                let (iss, jti) = (format!("question {}", question.iss), &question.jti);
                deps.authorizations.spend(tx, &iss, jti, question.iat)?;
                let consumer = deps.directory.consumer(tx, &question.iss)?;
                rights(consumer.ok_or_else(|| Problem::new(401, "question-refused"))?)?;
                ops::note_node_look(tx, &context, &look, &question, &token)
            })
            .await?;
        self.let_go(ctx, &ticket, &payload.1, &recipient).await
    }

    /// Who claims to ask, and whose records; nothing vouches for either yet.
    async fn asker(
        &self,
        asked: &Question,
    ) -> Result<(Option<Consumer>, Option<Subject>), Problem> {
        let deps = self.deps.clone();
        let (iss, kind, key) =
            (asked.iss.clone(), asked.request.subject, asked.subject.key.clone());
        self.db
            .read(move |tx| {
                let subject = deps.directory.subject_by_key(tx, kind, &key)?;
                Ok((deps.directory.consumer(tx, &iss)?, subject))
            })
            .await
    }

    fn reply(
        &self,
        ctx: &Ctx,
        token: &str,
        question: &Question,
        parts: &[Part<'_>],
    ) -> Result<(Id, Vec<u8>), Problem> {
        let id = ctx.id("look");
        let claims = Reply {
            iss: self.issuer.clone(),
            aud: question.iss.clone(),
            iat: ctx.now.as_second(),
            jti: id.clone(),
            question: digest(token),
            purpose: question.request.purpose.clone(),
            subject: Named { kind: question.request.subject, id: question.subject.id.clone() },
            registers: parts.iter().collect(),
        };
        Ok((id, serde_json::to_vec(&claims).map_err(Problem::internal)?))
    }

    /// Waits until the entry is durable; only then signs what it is about, and encrypts it.
    pub(super) async fn let_go(
        &self,
        ctx: &Ctx,
        ticket: &evidence::Ticket,
        payload: &[u8],
        to: &Recipient,
    ) -> Result<String, Problem> {
        let receipt = self.log.receipt(ticket).await.map_err(Problem::internal)?;
        let header =
            ReleaseHeader { typ: crate::node::REPLY, receipt: &receipt, opening: &ticket.opening };
        let signed =
            self.signer.current(ctx.now)?.sign(&header, payload).map_err(Problem::internal)?;
        to.encrypt(Some("JWT"), signed.into_bytes()).map_err(Problem::internal)
    }
}
