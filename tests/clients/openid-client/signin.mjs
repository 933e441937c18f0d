// Signing in, in both profiles: discovery, code with PKCE, ID token, UserInfo, refresh, a client's own questions.
// All of openid-client, unmodified. Called by walk.mjs.
import assert from "node:assert/strict";
import * as client from "openid-client";
import { Browser } from "./browser.mjs";

const named = (demo, id) => demo.clients.find(({ client_id }) => client_id === id);

async function walk(demo, id, auth, done, { pushed, dpop }) {
  const { redirect_uris } = named(demo, id);
  const config = await client.discovery(new URL(demo.issuer), id, {}, auth, { execute: [client.allowInsecureRequests] });
  const DPoP = dpop ? client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) : undefined;
  const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()];
  const asked = {
    redirect_uri: redirect_uris[0].replace("127.0.0.1", "127.0.0.1:4711"),
    scope: "openid profile offline_access",
    state,
    nonce,
    prompt: "consent",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  const address = pushed
    ? await client.buildAuthorizationUrlWithPAR(config, asked, { DPoP })
    : client.buildAuthorizationUrl(config, asked);
  const callback = await new Browser(demo.base).signIn(address, demo.personas[0].key);
  assert.ok(callback.href.startsWith(asked.redirect_uri), callback.href);
  const tokens = await client.authorizationCodeGrant(
    config, callback, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }, {}, { DPoP },
  );
  assert.equal(tokens.token_type, dpop ? "dpop" : "bearer");
  const { sub } = tokens.claims();
  const told = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
  assert.equal(told.sub, sub);
  assert.ok(told.name, "the name that was allowed");
  const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, {}, { DPoP });
  assert.ok(fresh.access_token !== tokens.access_token);
  done(`${id}: signed in, UserInfo, refreshed`, told.name);
  return { config, sub, fresh, DPoP };
}

export async function signIn(demo, signing, kid, done) {
  const site = named(demo, "demo-site");
  const baseline = await walk(demo, "demo-site", client.ClientSecretBasic(site.client_secret), done, { pushed: false, dpop: false });
  const known = await client.tokenIntrospection(baseline.config, baseline.fresh.access_token);
  assert.equal(known.active, true);
  await client.tokenRevocation(baseline.config, baseline.fresh.access_token);
  assert.equal((await client.tokenIntrospection(baseline.config, baseline.fresh.access_token)).active, false);
  done("demo-site: introspection, revocation");
  const high = await walk(demo, "demo-high", client.PrivateKeyJwt({ key: signing, kid }), done, { pushed: true, dpop: true });
  assert.notEqual(high.sub, baseline.sub, "two services know one person by two names");
  const public_ = await walk(demo, "demo-page", client.None(), done, { pushed: false, dpop: false });
  assert.ok(public_.sub);
}
