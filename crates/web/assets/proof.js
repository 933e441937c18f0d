// Checks a look's proof in this browser: the entry's leaf, the path to the root (RFC 9162 §2.1.3.2),
// and the Ed25519 signature of the checkpoint (C2SP signed-note). Nothing is sent anywhere.
const place = document.getElementById('proof');
const outcome = document.getElementById('proof-outcome');

const bytesOf = (text) => new TextEncoder().encode(text);
const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(parts.flatMap((p) => [...p]))));
const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
const require_ = (holds) => { if (!holds) throw new Error('does not hold'); };

function parse(proof) {
  const [head, ...note] = proof.split('\n\n');
  const lines = head.split('\n');
  require_(lines[0] === 'c2sp.org/tlog-proof@v1');
  const at = lines.findIndex((line) => line.startsWith('index '));
  require_(at > 0);
  return { index: BigInt(lines[at].slice(6)), hashes: lines.slice(at + 1).map(fromBase64), note: note.join('\n\n') };
}

async function rootOf(entry, index, size, hashes) {
  let node = index, last = size - 1n, hash = await sha256([0], bytesOf(entry));
  require_(index < size);
  for (const other of hashes) {
    require_(last > 0n);
    if ((node & 1n) === 1n || node === last) {
      hash = await sha256([1], other, hash);
      while ((node & 1n) === 0n && node !== 0n) { node >>= 1n; last >>= 1n; }
    } else {
      hash = await sha256([1], hash, other);
    }
    node >>= 1n; last >>= 1n;
  }
  require_(last === 0n);
  return hash;
}

async function signatureHolds(note, vkey) {
  const first = vkey.indexOf('+'), second = vkey.indexOf('+', first + 1);
  const name = vkey.slice(0, first), id = vkey.slice(first + 1, second), key = fromBase64(vkey.slice(second + 1));
  require_(key[0] === 1 && key.length === 33);
  const end = note.indexOf('\n\n');
  const body = note.slice(0, end + 1);
  const line = note.slice(end + 2).split('\n').find((l) => l.startsWith(`\u2014 ${name} `) && hex(fromBase64(l.split(' ')[2]).slice(0, 4)) === id);
  require_(line);
  const signature = fromBase64(line.split(' ')[2]).slice(4);
  const imported = await crypto.subtle.importKey('raw', key.slice(1), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', imported, signature, bytesOf(body));
}

const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');

async function check() {
  const { entry, proof } = JSON.parse(place.dataset.receipt);
  const { index, hashes, note } = parse(proof);
  const [, size, root] = note.split('\n');
  require_(same(await rootOf(entry, index, BigInt(size), hashes), fromBase64(root)));
  let holds;
  try {
    holds = await signatureHolds(note, place.dataset.key);
  } catch (error) {
    if (error.name === 'NotSupportedError') return 'cannot';
    throw error;
  }
  return holds ? 'good' : 'bad';
}

if (place && globalThis.crypto?.subtle) {
  check().catch(() => 'bad').then((result) => {
    outcome.textContent = place.dataset[result];
    place.classList.add(`praya-proof--${result}`);
    place.dataset.outcome = result;
  });
}
