// A form with data-passkey asks the device before it is sent: "create" a passkey, or "get" one to answer.
// What to ask comes from data-start (a POST with the form's token), or stands in data-options.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => {
  const raw = Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join("");
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

function options({ publicKey }) {
  const ids = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));
  const ready = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (ready.user) ready.user = { ...ready.user, id: bytes(ready.user.id) };
  if (ready.allowCredentials) ready.allowCredentials = ids(ready.allowCredentials);
  if (ready.excludeCredentials) ready.excludeCredentials = ids(ready.excludeCredentials);
  return { publicKey: ready };
}

function answer(credential) {
  const { response } = credential;
  const given = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) given[name] = text(response[name]);
  }
  if (response.getTransports) given.transports = response.getTransports();
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: given, extensions: credential.getClientExtensionResults() };
}

async function asked(form) {
  if (form.dataset.options) return { options: JSON.parse(form.dataset.options) };
  const body = new URLSearchParams({ csrf: form.elements.csrf.value });
  const reply = await fetch(form.dataset.start, { method: "POST", body, headers: { accept: "application/json" } });
  if (!reply.ok) throw new Error(String(reply.status));
  return reply.json();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    // A form may hold another button, such as "no", that needs no passkey.
    if (event.submitter?.hasAttribute("data-no-passkey")) return;
    event.preventDefault();
    const failed = form.querySelector("[data-passkey-failed]");
    if (failed) failed.hidden = true;
    try {
      const start = await asked(form);
      const credential = form.dataset.passkey === "create"
        ? await navigator.credentials.create(options(start.options))
        : await navigator.credentials.get(options(start.options));
      if (form.elements.ceremony && start.ceremony) form.elements.ceremony.value = start.ceremony;
      form.elements.credential.value = JSON.stringify(answer(credential));
      HTMLFormElement.prototype.submit.call(form);
    } catch {
      if (failed) {
        failed.hidden = false;
        failed.focus?.();
      }
    }
  });
}
