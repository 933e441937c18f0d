// What a receipt claims, checked with the log's public key alone: the payload is the one that was logged,
// and the log holds the entry (C2SP tlog-proof, signed-note, tlog-checkpoint; RFC 9162 §2.1.3.2; RFC 8785).
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";

const ED25519 = 1;
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const hashOf = (text) => {
  const bytes = Buffer.from(text, "base64");
  assert.equal(bytes.length, 32, "a hash has 256 bits");
  return bytes;
};
const decimal = (text) => {
  assert.match(text, /^(0|[1-9]\d{0,14})$/, "a plain number");
  return Number(text);
};

/** RFC 8785: JavaScript's own order of names and form of numbers are the canonical ones. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

/** The text of a note, if the key `name+id+base64` signed it. */
function opened(note, vkey) {
  const [, name, id, key] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey.trim()) ?? assert.fail("not a log key");
  const typed = Buffer.from(key, "base64");
  assert.equal(typed[0], ED25519, "an Ed25519 key");
  const own = sha256(`${name}\n`, typed).subarray(0, 4);
  assert.equal(own.toString("hex"), id, "the key's id is its own");
  const end = note.lastIndexOf("\n\n");
  assert.ok(end > 0, "a signed note");
  const text = note.slice(0, end + 1);
  const signatures = note.slice(end + 2).split("\n").map((line) => /^— (\S+) (\S+)$/.exec(line)).filter(Boolean);
  const ours = signatures
    .map(([, by, signature]) => ({ by, bytes: Buffer.from(signature, "base64") }))
    .find(({ by, bytes }) => by === name && bytes.subarray(0, 4).equals(own));
  assert.ok(ours, "the log signed the checkpoint");
  const jwk = { kty: "OKP", crv: "Ed25519", x: typed.subarray(1).toString("base64url") };
  const publicKey = createPublicKey({ key: jwk, format: "jwk" });
  assert.ok(verify(null, Buffer.from(text), publicKey, ours.bytes.subarray(4)), "the log's signature holds");
  return { name, text };
}

/** The root that a leaf at an index leads to in a tree of that size. */
function rootOf(leaf, index, size, path) {
  assert.ok(index < size, "the entry is in the tree");
  const half = (number) => Math.floor(number / 2);
  let [at, last, hash] = [index, size - 1, leaf];
  for (const sibling of path) {
    assert.ok(last > 0, "the path is not longer than the tree is high");
    if (at % 2 === 1 || at === last) {
      hash = sha256(Buffer.of(1), sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = sha256(Buffer.of(1), hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  assert.equal(last, 0, "the path reaches the root");
  return hash;
}

/** Throws unless the log of this key holds the entry, and the entry commits to exactly this payload. */
export function checkReceipt({ receipt, opening }, payload, vkey) {
  const entry = JSON.parse(receipt.entry);
  assert.equal(opening.record.digest, sha256(payload).toString("base64url"), "the record is of these very bytes");
  const digest = sha256(Buffer.from(opening.salt, "base64url"), canonical(opening.record)).toString("base64url");
  assert.equal(entry.digest, digest, "the entry is of this record");

  const cut = receipt.proof.indexOf("\n\n");
  const lines = receipt.proof.slice(0, cut).split("\n").filter((line) => !line.startsWith("extra "));
  assert.equal(lines.shift(), "c2sp.org/tlog-proof@v1");
  const index = decimal(lines.shift().replace(/^index /, ""));
  const { name, text } = opened(receipt.proof.slice(cut + 2), vkey);
  const [origin, size, root] = text.split("\n");
  assert.equal(origin, name, "the checkpoint is of this log");
  const found = rootOf(sha256(Buffer.of(0), receipt.entry), index, decimal(size), lines.map(hashOf));
  assert.ok(found.equals(hashOf(root)), "the log holds the entry");
  return { index, size: decimal(size), origin };
}
