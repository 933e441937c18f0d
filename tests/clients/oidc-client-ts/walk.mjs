// A page with npm oidc-client-ts, unmodified, in Chromium: a public client of the baseline profile. The person really
// clicks. Usage: node walk.mjs demo.json
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { setTimeout as wait } from "node:timers/promises";

const demo = JSON.parse(await readFile(process.argv[2], "utf8"));
const done = (step, said = "") => console.log(`ok  ${step}${said && `: ${said}`}`);
const library = await readFile(new URL("node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js", import.meta.url));
const script = `
const manager = new oidc.UserManager({
  authority: ${JSON.stringify(demo.issuer)}, client_id: "demo-page", scope: "openid profile", prompt: "consent",
  redirect_uri: location.origin + "/callback", loadUserInfo: true,
});
const say = (text) => { document.querySelector("pre").textContent = text; };
const failed = (error) => say("failed: " + error);
if (location.pathname === "/callback") {
  manager.signinCallback().then((user) => say(JSON.stringify({ profile: user.profile, type: user.token_type, scope: user.scope })), failed);
} else {
  document.querySelector("button").addEventListener("click", () => manager.signinRedirect().catch(failed));
}`;
const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><button>Sign in</button><pre></pre>
<script src="/library.js"></script><script src="/page.js"></script></html>`;
const server = createServer((request, response) => {
  const script_ = { "/library.js": library, "/page.js": script }[request.url];
  response.setHeader("content-type", script_ ? "text/javascript" : "text/html");
  response.end(script_ ?? page);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const site = `http://127.0.0.1:${server.address().port}`;

const driverPort = await new Promise((resolve) => {
  const one = createServer().listen(0, "127.0.0.1", () => {
    const { port } = one.address();
    one.close(() => resolve(port));
  });
});
const driver = spawn("chromedriver", [`--port=${driverPort}`], { stdio: "ignore" });
driver.on("error", () => {
  console.log("skipped: needs chromium and chromium-driver");
  process.exit(0);
});

/** One WebDriver command. */
async function command(method, path, body) {
  const answer = await fetch(`http://127.0.0.1:${driverPort}${path}`, { method, body: body && JSON.stringify(body) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
  return value;
}
async function until(what, look) {
  for (let tries = 0; tries < 150; tries += 1) {
    const found = await look().catch(() => undefined);
    if (found) return found;
    await wait(100);
  }
  throw new Error(`${what} did not come within 15 seconds`);
}

let session;
try {
  await until("chromedriver", () => command("GET", "/status"));
  const args = ["--headless=new", "--disable-gpu", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])];
  const { sessionId } = await command("POST", "/session", {
    capabilities: { alwaysMatch: { browserName: "chrome", "goog:chromeOptions": { args } } },
  });
  session = `/session/${sessionId}`;
  const press = async (css) => {
    const element = await until(css, () => command("POST", `${session}/element`, { using: "css selector", value: css }));
    await command("POST", `${session}/element/${Object.values(element)[0]}/click`, {});
  };
  const text = (css) => command("POST", `${session}/execute/sync`, { script: `return document.querySelector(${JSON.stringify(css)})?.textContent`, args: [] });
  await command("POST", `${session}/url`, { url: site });
  await press("button");
  await press(`form[action^="/sign-in/persona"] button[value="${demo.personas[0].key}"]`);
  done("the page sends the browser to us, the person signs in");
  await until("the question", async () => (await command("GET", `${session}/url`)).includes("/my/services/decide/"));
  await press('button[name="action"][value="allow"]');
  const said = await until("the answer", () => text("pre"));
  assert.doesNotMatch(said, /^failed/, said);
  const user = JSON.parse(said);
  assert.ok(user.profile.sub);
  assert.equal(user.profile.iss ?? demo.issuer, demo.issuer);
  done("ID token and UserInfo on the page", `${user.profile.sub} ${user.type} ${user.scope}`);
} finally {
  if (session) await command("DELETE", session).catch(() => undefined);
  driver.kill();
  server.close();
}
