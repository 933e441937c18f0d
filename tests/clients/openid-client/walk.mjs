// The walk from outside: discovery, a pushed request with authorization_details, the person's yes,
// code with PKCE, private_key_jwt and DPoP, records, refresh, revocation. The OAuth is all of
// openid-client, unmodified; the cryptography of the answer is jose's. Usage: node walk.mjs demo.json
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import * as jose from "jose";
import * as client from "openid-client";
import { Browser } from "./browser.mjs";
import { checkReceipt } from "./receipt.mjs";
import { signIn } from "./signin.mjs";

const demo = JSON.parse(await readFile(process.argv[2], "utf8"));
const [bank] = demo.clients;
const keyFor = (use) => bank.jwks.keys.find((key) => key.use === use);
const done = (step, said = "") => console.log(`ok  ${step}${said && `: ${said}`}`);

/** What the bank asks for: the first fields of two registers that serve the purpose. */
async function wanted() {
  const registers = await (await fetch(`${demo.base}/exchange/v1/registers`)).json();
  const serving = registers.filter(({ subject, purposes }) => subject === "company" && purposes.includes("loan-assessment"));
  const named = (id) => serving.find((register) => register.id === id);
  const asked = [named("business-registration"), named("annual-returns")];
  return [{
    type: "praya_records",
    purpose: "loan-assessment",
    subject: "company",
    registers: asked.map(({ id, fields }) => ({ register: id, fields: fields.slice(0, 3).map((field) => field.id) })),
    mode: "store",
    frequency: { unit: "day", times: 5 },
    data_life: { unit: "day", value: 90 },
    expires: new Date(Date.now() + 100 * 86_400_000).toISOString().slice(0, 10),
  }];
}

const signing = await crypto.subtle.importKey("jwk", without(keyFor("sig"), "use", "alg", "key_ops"), { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
function without(object, ...names) {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

const config = await client.discovery(
  new URL(demo.issuer),
  bank.client_id,
  {},
  client.PrivateKeyJwt({ key: signing, kid: keyFor("sig").kid }),
  { execute: [client.allowInsecureRequests] },
);
assert.equal(config.serverMetadata().issuer, demo.issuer);
done("discovery", config.serverMetadata().issuer);

const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
const [verifier, state, details] = [client.randomPKCECodeVerifier(), client.randomState(), await wanted()];
const address = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: bank.redirect_uris[0],
  scope: "records",
  state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  authorization_details: JSON.stringify(details),
}, { DPoP });
assert.ok(address.searchParams.get("request_uri"));
done("pushed request", address.searchParams.get("request_uri"));

const persona = demo.personas.find(({ companies }) => companies.some(({ needs, role }) => role === "director" && needs === 1));
const struck = details[0].registers[1].fields[2];
const callback = await new Browser(demo.base).sayYes(address, persona.key, `${details[0].registers[1].register}.${struck}`);
assert.ok(callback.href.startsWith(bank.redirect_uris[0]));
done("the person's yes, one field struck", persona.key);

const tokens = await client.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier, expectedState: state }, {}, { DPoP });
const [granted] = tokens.authorization_details;
assert.match(granted.consent, /^con_/);
assert.ok(!granted.registers[1].fields.includes(struck), "a struck field is not granted");
done("tokens", `${tokens.token_type} ${tokens.expires_in} s, ${granted.consent}`);

const records = new URL("/exchange/v1/records", demo.base);
const ask = (token) => client.fetchProtectedResource(config, token, records, "POST", undefined, undefined, { DPoP });

/** The same receipt with other bytes, another entry or another place is refused: the check does check. */
function mustNotHold({ receipt, opening }, payload) {
  const changed = Buffer.from(payload);
  changed[0] ^= 1;
  assert.throws(() => checkReceipt({ receipt, opening }, changed, demo.log_key), /these very bytes/);
  const entry = JSON.stringify({ ...JSON.parse(receipt.entry), department: "nobody" });
  assert.throws(() => checkReceipt({ receipt: { ...receipt, entry }, opening }, payload, demo.log_key), /the log holds the entry/);
  const proof = receipt.proof.replace(/^index \d+$/m, "index 0");
  assert.throws(() => checkReceipt({ receipt: { ...receipt, proof }, opening }, payload, demo.log_key), assert.AssertionError);
}

/** Opens an answer as its reader must: decrypted by the key it was made for, signed by the issuer. */
async function open(answer) {
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get("content-type"), /^application\/jwt/);
  const jwe = await jose.compactDecrypt(await answer.text(), await jose.importJWK(keyFor("enc"), "ECDH-ES"), {
    keyManagementAlgorithms: ["ECDH-ES"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  assert.equal(jwe.protectedHeader.cty, "JWT");
  const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
  const { payload, protectedHeader } = await jose.compactVerify(jwe.plaintext, keys, { algorithms: ["ES256"] });
  const claims = JSON.parse(new TextDecoder().decode(payload));
  assert.deepEqual([claims.iss, claims.aud, claims.consent], [demo.issuer, bank.client_id, granted.consent]);
  assert.equal(protectedHeader.typ, "praya-release+jwt");
  const place = checkReceipt(protectedHeader, payload, demo.log_key);
  mustNotHold(protectedHeader, payload);
  assert.deepEqual(claims.registers.map(({ register, status }) => [register, status]), details[0].registers.map(({ register }) => [register, "ok"]));
  assert.ok(claims.registers[1].rows.every((row) => !(struck in row)), "a struck field never leaves");
  return { ...claims, place: `entry ${place.index} of ${place.size} in ${place.origin}` };
}

const first = await open(await ask(tokens.access_token));
done("records, decrypted and verified", `${first.jti}, ${first.subject.name.en}`);
done("receipt", first.place);

const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP });
assert.notEqual(renewed.access_token, tokens.access_token);
const second = await open(await ask(renewed.access_token));
assert.notEqual(second.jti, first.jti);
done("refresh, records again", second.jti);

await client.tokenRevocation(config, renewed.refresh_token ?? tokens.refresh_token);
done("revocation");
for (const token of [tokens.access_token, renewed.access_token]) {
  const refused = await ask(token).catch((error) => error.response ?? error.cause?.response ?? Promise.reject(error));
  assert.equal(refused.status, 401);
}
done("fetch after revocation is refused", "401");

await signIn(demo, signing, keyFor("sig").kid, done);
