// A browser without JavaScript: cookies, links, forms.
import assert from "node:assert/strict";
import { parse } from "node-html-parser";

/** What a browser would send for a field left as it is; nothing for a box not ticked and for buttons. */
function valueOf(field) {
  if (field.hasAttribute("disabled")) return undefined;
  if (field.tagName === "TEXTAREA") return field.textContent;
  if (field.tagName === "SELECT") {
    const chosen = field.querySelector("option[selected]") ?? field.querySelector("option");
    return chosen && (chosen.getAttribute("value") ?? chosen.textContent);
  }
  const type = field.getAttribute("type") ?? "text";
  if (["submit", "image", "button", "reset", "file"].includes(type)) return undefined;
  const box = type === "checkbox" || type === "radio";
  if (box && !field.hasAttribute("checked")) return undefined;
  return field.getAttribute("value") ?? (box ? "on" : "");
}

export class Browser {
  #cookies = new Map();
  #base;

  constructor(base) {
    this.#base = base;
  }

  /** One request; follows redirects that stay on the site. Gives the page, or the address it leads away to. */
  async #go(address, form) {
    let [url, body] = [new URL(address, this.#base), form];
    for (let hops = 0; hops < 10; hops += 1) {
      const cookie = [...this.#cookies].map((pair) => pair.join("=")).join("; ");
      const answer = await fetch(url, { method: body ? "POST" : "GET", body, headers: { cookie, accept: "text/html" }, redirect: "manual" });
      for (const set of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
        this.#cookies.set(name, value);
      }
      const next = answer.headers.get("location");
      if (!next) {
        const text = await answer.text();
        assert.equal(answer.status, 200, `${url}: ${answer.status} ${text}`);
        return { url, html: parse(text) };
      }
      [url, body] = [new URL(next, url), undefined];
      if (url.origin !== new URL(this.#base).origin) return { away: url };
    }
    throw new Error(`${address} redirects without end`);
  }

  /** Sends the form whose action begins so: every input as a browser would, with changes. */
  #submit({ url, html }, action, { button = {}, unticked = [] } = {}) {
    const form = html.querySelectorAll("form").find((form) => form.getAttribute("action")?.startsWith(action));
    assert.ok(form, `no form to ${action} on ${url}`);
    const body = new URLSearchParams();
    for (const field of form.querySelectorAll("input[name], select[name], textarea[name]")) {
      const value = valueOf(field);
      const struck = field.getAttribute("type") === "checkbox" && unticked.includes(value);
      if (value !== undefined && !struck) body.append(field.getAttribute("name"), value);
    }
    for (const [name, value] of Object.entries(button)) body.append(name, value);
    return this.#go(new URL(form.getAttribute("action"), url), body);
  }

  /** Signs in to a service that asks who the person is, ticks what it asked, and says yes; where it leads. */
  async signIn(address, persona) {
    let page = await this.#go(address);
    if (page.html.querySelector('form[action^="/sign-in/persona"]')) page = await this.#submit(page, "/sign-in/persona", { button: { persona } });
    if (page.away) return page.away;
    const claims = page.html.querySelectorAll('input[name="claim"]').map((box) => box.getAttribute("value"));
    for (const box of page.html.querySelectorAll('input[name="claim"]')) box.setAttribute("checked", "");
    const { away } = await this.#submit(page, "/my/services/decide/", { button: { action: "allow" } });
    assert.ok(away, "the yes leads back");
    return Object.assign(away, { claims });
  }

  /** Signs in, chooses the first company, strikes a field, allows; where the browser is sent at last. */
  async sayYes(address, persona, struck) {
    let page = await this.#go(address);
    page = await this.#submit(page, "/sign-in/persona", { button: { persona } });
    const choice = page.html.querySelectorAll("a").map((link) => link.getAttribute("href")).find((href) => href?.includes("?for="));
    if (choice) page = await this.#go(choice);
    const box = page.html.querySelector(`input[value="${struck}"]`);
    assert.ok(box, `${struck} cannot be struck out`);
    const { away } = await this.#submit(page, "/consent/", { button: { action: "allow" }, unticked: [struck] });
    assert.ok(away, "the yes leads back to the consumer");
    return away;
  }
}
