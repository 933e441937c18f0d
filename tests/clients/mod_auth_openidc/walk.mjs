// A site behind Apache with Debian's mod_auth_openidc, unmodified, in the baseline profile: it finds us by discovery,
// signs a person in by code with PKCE, and knows their claims. Usage: node walk.mjs demo.json
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Browser } from "../openid-client/browser.mjs";

const demo = JSON.parse(await readFile(process.argv[2], "utf8"));
const site = demo.clients.find(({ client_id }) => client_id === "demo-site");
const done = (step, said = "") => console.log(`ok  ${step}${said && `: ${said}`}`);

const modules = "/usr/lib/apache2/modules";
if (!existsSync(`${modules}/mod_auth_openidc.so`)) {
  console.log("skipped: needs apache2 and libapache2-mod-auth-openidc");
  process.exit(0);
}

const free = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const [port, folder] = [await free(), await mkdtemp(join(tmpdir(), "praya-apache-"))];
const base = `http://127.0.0.1:${port}`;
await chmod(folder, 0o755); // Apache, started by root, serves as another user.
const load = ["mpm_event", "authz_core", "authn_core", "authz_user", "headers", "alias", "auth_openidc"];
await writeFile(join(folder, "page.html"), "a page behind the sign-in\n");
await writeFile(join(folder, "apache.conf"), `
ServerRoot "${folder}"
ServerName 127.0.0.1
PidFile "${folder}/pid"
Mutex posixsem
ErrorLog "${folder}/error.log"
LogLevel warn auth_openidc:${process.env.OIDC_LOG ?? "warn"}
Listen 127.0.0.1:${port}
${load.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join("\n")}
${process.getuid() === 0 ? "User www-data\nGroup www-data" : ""}
Alias /protected/page "${folder}/page.html"
<Directory "${folder}">
  Require all granted
</Directory>
OIDCProviderMetadataURL ${demo.issuer}/.well-known/openid-configuration
OIDCClientID ${site.client_id}
OIDCClientSecret ${site.client_secret}
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCRedirectURI ${base}/protected/redirect_uri
OIDCPKCEMethod S256
OIDCScope "openid profile"
OIDCAuthRequestParams prompt=consent
OIDCIDTokenSignedResponseAlg ES256
OIDCCryptoPassphrase 0123456789abcdef0123456789abcdef
OIDCSessionType client-cookie
OIDCRemoteUserClaim sub
<Location /protected>
  AuthType openid-connect
  Require valid-user
  Header always set X-Who "expr=%{REMOTE_USER}"
  Header always set X-Name "%{OIDC_CLAIM_name}e"
</Location>
`);
const apache = spawn("/usr/sbin/apache2", ["-X", "-f", join(folder, "apache.conf")], { stdio: "inherit" });
try {
  const cookies = new Map();
  // Not fetch: it says of itself that nobody navigates, and so is not sent to sign in.
  const ask = (address, cookie) => new Promise((resolve, reject) => {
    get(address, { headers: { cookie, accept: "text/html" } }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => { text += part; });
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    }).on("error", reject);
  });
  const go = async (address) => {
    const answer = await ask(address, [...cookies].map((pair) => pair.join("=")).join("; "));
    for (const set of answer.headers["set-cookie"] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      cookies.set(name, value);
    }
    return answer;
  };
  let first;
  for (let tries = 0; !first && tries < 100; tries += 1) {
    first = await go(`${base}/protected/page`).catch(() => wait(100));
  }
  assert.equal(first?.status, 302, `Apache sends the browser to us: ${first?.status} ${first?.text}`);
  const address = new URL(first.headers.location);
  assert.equal(address.origin, new URL(demo.issuer).origin);
  assert.equal(address.searchParams.get("code_challenge_method"), "S256");
  done("Apache sends the browser to us", address.pathname);
  const back = await new Browser(demo.base).signIn(address, demo.personas[0].key);
  let page = await go(back);
  assert.equal(page.status, 302, page.text);
  page = await go(new URL(page.headers.location, base));
  assert.equal(page.status, 200);
  assert.match(page.text, /behind the sign-in/);
  assert.ok(page.headers["x-who"]);
  assert.equal(page.headers["x-name"], demo.personas[0].name.en ?? page.headers["x-name"]);
  done("the page, and who came", `${page.headers["x-who"]} ${page.headers["x-name"]}`);
  const stranger = await ask(`${base}/protected/page`, "");
  assert.equal(stranger.status, 302);
  done("a stranger is sent to sign in");
} catch (error) {
  console.error(await readFile(join(folder, "error.log"), "utf8").catch(() => ""));
  throw error;
} finally {
  apache.kill();
  await rm(folder, { recursive: true, force: true });
}
