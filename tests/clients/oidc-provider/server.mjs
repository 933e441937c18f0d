// The peer, as its documentation configures it for this work: everything in memory, nothing written to disk.
// node server.mjs CONFIG.json; CONFIG is { port, clients } and is written by the benchmark.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

const { port, clients } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const issuer = `http://localhost:${port}`;
const signing = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });

const provider = new Provider(issuer, {
  clients,
  jwks: { keys: [{ ...signing, use: "sig", alg: "ES256", kid: "bench" }] },
  cookies: { keys: ["benchmark"] },
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  claims: { openid: ["sub"], profile: ["name"] },
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, name: "A Person" }) }),
  ttl: { ClientCredentials: 600, AccessToken: 600 },
  features: {
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    dPoP: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) => (ctx.oidc.params?.grant_type === "client_credentials" ? "https://tax.example" : undefined),
      getResourceServerInfo: (ctx, resource, client) => ({
        scope: "read",
        audience: resource,
        accessTokenTTL: 600,
        accessTokenFormat: client.clientId.endsWith("jwt") ? "jwt" : "opaque",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});
provider.on("server_error", (ctx, error) => console.error(error));
createServer(provider.callback()).listen(port, "127.0.0.1", () => console.log("ready"));
