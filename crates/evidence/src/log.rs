//! The log as the rest of the program holds it: receipts, checkpoints, tiles, proofs.

use crate::{
    Error, Receipt, Result, Ticket,
    append::logged,
    edge::Edge,
    error::damaged,
    sequence::{Head, Leaf, int, load_edge, stored_head, stored_tile},
    sql,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::{Db, Engine, Tx};
use tokio::sync::{Notify, watch};
use wire::{
    jwk::PrivateJwk,
    sha256,
    tlog::{
        Bundle, Checkpoint, Hash, NoteSigner, NoteVerifier, TILE, TlogProof, consistency_proof,
        inclusion_proof, tile_node,
    },
};

/// Heads kept in memory: about a second's worth at the fastest.
const HEADS: usize = 1024;
/// Places kept in memory (PostgreSQL).
const PLACES: usize = 16_384;
/// How long a receipt waits for its place.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a node looks for entries whose own node has died.
const TICK: Duration = Duration::from_secs(1);
/// Whoever sequences holds this lock, on any node.
const LOCK: i64 = 0x7072_6179_6102;

/// The log. Cheap to clone.
#[derive(Clone)]
pub struct Log(Arc<Inner>);

pub(crate) struct Inner {
    db: Db,
    pub(crate) signer: NoteSigner,
    pub(crate) verifier: NoteVerifier,
    pub(crate) state: Mutex<State>,
    pub(crate) grown: watch::Sender<u64>,
    kick: Notify,
}

/// What is known without reading the database. Only durable heads are here.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) edge: Edge,
    pub(crate) heads: VecDeque<Head>,
    places: HashMap<i64, u64>,
    placed: VecDeque<i64>,
}

impl State {
    pub(crate) fn publish(&mut self, head: Head, old: u64, leaves: &[Leaf]) {
        for (leaf, place) in leaves.iter().zip(old..) {
            self.places.insert(leaf.seq, place);
            self.placed.push_back(leaf.seq);
        }
        while self.placed.len() > PLACES {
            self.placed.pop_front().map(|seq| self.places.remove(&seq));
        }
        self.heads.push_back(head);
        if self.heads.len() > HEADS {
            self.heads.pop_front();
        }
        self.edge.trim();
    }

    /// The first head that has the place: that of its own group, when it is recent.
    fn head_over(&self, place: u64) -> Option<&Head> {
        self.heads.get(self.heads.partition_point(|head| head.size <= place))
    }

    fn proof(&self, place: u64, head: &Head) -> Option<TlogProof> {
        let read = |height, index| self.edge.get(height, index).ok_or(());
        let hashes = inclusion_proof(place, head.size, read).ok()?;
        Some(TlogProof { index: place, hashes, checkpoint: head.checkpoint.as_ref().to_owned() })
    }
}

impl Log {
    /// Opens the log of a database, signing with an Ed25519 key under `origin` (a URL without its scheme), and
    /// starts to sequence. Refuses a head that this key did not sign or whose tiles do not give its root.
    ///
    /// Reads the head and the last tile of each level, however long the log. Call it once for each database
    /// handle, after migrating.
    pub async fn open(db: Db, key: &PrivateJwk, origin: &str) -> Result<Self> {
        let signer = NoteSigner::new(origin, key)?;
        let verifier = NoteVerifier::new(signer.vkey())?;
        let root = sha256(&[]);
        let empty = Checkpoint { origin: origin.to_owned(), size: 0, root }.sign(&signer)?;
        let begin = move |tx: &mut Tx<'_>| {
            tx.execute(sql::FIRST_HEAD, &[root.into(), empty.as_str().into()])
        };
        db.exclusive(LOCK, begin).await?;
        let engine = db.engine();
        let (grown, _) = watch::channel(0);
        let inner = Arc::new(Inner {
            db,
            signer,
            verifier,
            state: Mutex::default(),
            grown,
            kick: Notify::new(),
        });
        let this = inner.clone();
        let load = move |tx: &mut Tx<'_>| {
            let head = stored_head(tx, &this)?;
            let edge = load_edge(tx, &head)?;
            Ok::<_, store::Error>((head, edge))
        };
        let (head, edge) = inner.db.read(load).await?;
        {
            let mut state = inner.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.edge = edge;
            state.heads.push_back(head);
        }
        match engine {
            Engine::Sqlite => {
                let this = inner.clone();
                inner.db.before_commit(Box::new(move |tx| this.before_commit(tx)))?;
            }
            Engine::Postgres => drop(tokio::spawn(sequencer(inner.clone()))),
        }
        Ok(Self(inner))
    }

    /// What verifies our checkpoints: `origin+id+key`.
    pub fn key(&self) -> &str {
        self.0.signer.vkey()
    }

    /// What verifies our checkpoints, made ready.
    pub fn verifier(&self) -> &NoteVerifier {
        &self.0.verifier
    }

    /// The proof of an entry whose write has returned. On SQLite it is there at once, from memory; on
    /// PostgreSQL this waits until a node has sequenced it: [`Error::Behind`] after ten seconds.
    pub async fn receipt(&self, ticket: &Ticket) -> Result<Receipt> {
        let found = tokio::time::timeout(PATIENCE, self.0.wait(ticket.seq)).await;
        let (place, proof) = found.map_err(|_| Error::Behind)??;
        let proof = match proof {
            Some(proof) => proof,
            None => self.newest_proof(place).await?,
        };
        Ok(Receipt { entry: ticket.entry.clone(), proof: proof.to_text() })
    }

    /// The proof of an entry of any time, by its key in the database, under the newest checkpoint.
    pub async fn receipt_of(&self, seq: i64) -> Result<Receipt> {
        let found = self.0.db.read(move |tx| logged(tx, seq)).await?.ok_or(Error::Missing)?;
        let proof = self.newest_proof(found.index.ok_or(Error::Behind)?).await?;
        Ok(Receipt { entry: found.entry, proof: proof.to_text() })
    }

    /// The inclusion proof of a place in the tree of `size` leaves, from the leaf's sibling upwards.
    pub async fn proof(&self, index: u64, size: u64) -> Result<Vec<Hash>> {
        let inner = self.0.clone();
        let read = move |tx: &mut Tx<'_>| {
            if index >= size || size > stored_head(tx, &inner)?.size {
                return Err(Error::Missing);
            }
            let mut tiles = Tiles::new(tx);
            Ok(inclusion_proof(index, size, |height, at| tiles.node(height, at))?)
        };
        self.0.db.read(read).await
    }

    /// The proof of a place under the newest checkpoint, out of the stored tiles.
    pub async fn newest_proof(&self, index: u64) -> Result<TlogProof> {
        let inner = self.0.clone();
        let read = move |tx: &mut Tx<'_>| {
            let head = stored_head(tx, &inner)?;
            if index >= head.size {
                return Err(Error::Behind);
            }
            let mut tiles = Tiles::new(tx);
            let hashes = inclusion_proof(index, head.size, |height, at| tiles.node(height, at))?;
            Ok(TlogProof { index, hashes, checkpoint: head.checkpoint.as_ref().to_owned() })
        };
        self.0.db.read(read).await
    }

    /// The proof that the tree of `new` leaves begins with that of `old`.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>> {
        let inner = self.0.clone();
        let read = move |tx: &mut Tx<'_>| {
            if old > new || new > stored_head(tx, &inner)?.size {
                return Err(Error::Missing);
            }
            let mut tiles = Tiles::new(tx);
            Ok(consistency_proof(old, new, |height, at| tiles.node(height, at))?)
        };
        self.0.db.read(read).await
    }

    /// The newest signed checkpoint: `GET /log/checkpoint`.
    pub async fn checkpoint(&self) -> Result<String> {
        let inner = self.0.clone();
        Ok(self.0.db.read(move |tx| stored_head(tx, &inner)).await?.checkpoint.as_ref().to_owned())
    }

    /// How many entries the newest checkpoint has, as this node knows it.
    pub fn size(&self) -> u64 {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.heads.back().map_or(0, |head| head.size)
    }

    /// The first `width` hashes of a tile: `GET /log/tile/<L>/<N>[.p/<W>]`. [`Error::Missing`] where the log
    /// has not come so far.
    pub async fn tile(&self, level: u8, n: u64, width: u16) -> Result<Vec<u8>> {
        let read = move |tx: &mut Tx<'_>| stored_tile(tx, level, n);
        let mut hashes = self.0.db.read(read).await?.ok_or(Error::Missing)?;
        let wanted = usize::from(width) * 32;
        if width == 0 || hashes.len() < wanted {
            return Err(Error::Missing);
        }
        hashes.truncate(wanted);
        Ok(hashes)
    }

    /// The first `width` entries of a bundle: `GET /log/tile/entries/<N>[.p/<W>]`.
    pub async fn entries(&self, n: u64, width: u16) -> Result<Vec<u8>> {
        let inner = self.0.clone();
        let read = move |tx: &mut Tx<'_>| {
            let from = n.checked_mul(TILE).ok_or(Error::Missing)?;
            let to = from.checked_add(u64::from(width)).ok_or(Error::Missing)?;
            if width == 0 || u64::from(width) > TILE || to > stored_head(tx, &inner)?.size {
                return Err(Error::Missing);
            }
            let rows = tx.query(sql::ENTRIES, &[int(from)?.into(), int(to)?.into()])?;
            let mut bundle = Bundle::default();
            for row in &rows {
                bundle.push(row.text(0)?.as_bytes())?;
            }
            if rows.len() == usize::from(width) {
                Ok(bundle.0)
            } else {
                Err(damaged("entries are missing").into())
            }
        };
        self.0.db.read(read).await
    }
}

impl Inner {
    fn in_memory(&self, seq: i64) -> Option<(u64, Option<TlogProof>)> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match self.db.engine() {
            // One writer: the order of appending is the place.
            Engine::Sqlite => u64::try_from(seq).ok()?,
            Engine::Postgres => *state.places.get(&seq)?,
        };
        let head = state.head_over(place)?;
        Some((place, state.proof(place, head)))
    }

    /// Until an entry has its place, which a durable head covers.
    async fn wait(&self, seq: i64) -> Result<(u64, Option<TlogProof>)> {
        let mut grown = self.grown.subscribe();
        loop {
            grown.borrow_and_update();
            if let Some(found) = self.in_memory(seq) {
                return Ok(found);
            }
            self.kick.notify_one();
            let slow = self.db.engine() == Engine::Sqlite
                || tokio::time::timeout(TICK, grown.changed()).await.is_err();
            // Sequenced by another program, or so long ago that it has left memory: the database knows.
            if slow {
                let found = self.db.read(move |tx| logged(tx, seq)).await?.ok_or(Error::Missing)?;
                match (found.index, self.db.engine()) {
                    (Some(place), _) => return Ok((place, None)),
                    (None, Engine::Sqlite) => return Err(Error::Behind),
                    (None, Engine::Postgres) => {}
                }
            }
        }
    }
}

/// Reads nodes out of stored tiles, each tile once.
struct Tiles<'a, 'tx> {
    tx: &'a mut Tx<'tx>,
    read: HashMap<(u8, u64), Vec<u8>>,
}

impl<'a, 'tx> Tiles<'a, 'tx> {
    fn new(tx: &'a mut Tx<'tx>) -> Self {
        Self { tx, read: HashMap::new() }
    }

    fn node(&mut self, height: u8, index: u64) -> store::Result<Hash> {
        let (level, n) = (height / 8, index >> (8 - height % 8));
        if !self.read.contains_key(&(level, n)) {
            let tile = stored_tile(self.tx, level, n)?.unwrap_or_default();
            self.read.insert((level, n), tile);
        }
        let tile = self.read.get(&(level, n)).map(Vec::as_slice).unwrap_or_default();
        tile_node(tile, height, index).ok_or_else(|| damaged(format!("tile {level}/{n} is short")))
    }
}

/// PostgreSQL: sequences whenever an entry of this node waits, and now and then for those of nodes that died.
/// Ends with the last handle.
async fn sequencer(inner: Arc<Inner>) {
    let inner = {
        let weak = Arc::downgrade(&inner);
        drop(inner);
        weak
    };
    let mut pause = Duration::ZERO;
    loop {
        tokio::time::sleep(pause).await;
        let Some(this) = inner.upgrade() else { return };
        let kicked = tokio::time::timeout(TICK, this.kick.notified()).await.is_ok();
        pause = match this.step(kicked).await {
            Ok(()) => Duration::ZERO,
            Err(error) => {
                tracing::error!(%error, "the log cannot be sequenced");
                this.kick.notify_one();
                (pause * 2).clamp(Duration::from_millis(50), Duration::from_secs(5))
            }
        };
    }
}

impl Inner {
    async fn step(self: &Arc<Self>, kicked: bool) -> store::Result<()> {
        if !kicked && self.db.read(|tx| tx.query_opt(sql::WAITING, &[])).await?.is_none() {
            return Ok(());
        }
        loop {
            let this = self.clone();
            let Some(staged) = self.db.exclusive(LOCK, move |tx| this.sequence(tx)).await? else {
                return Ok(());
            };
            let full = staged.leaves.len() == sql::MOST;
            self.publish(staged);
            if !full {
                return Ok(());
            }
        }
    }
}
