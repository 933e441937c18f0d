// Brings the components to life. Every page works without it.
import { initAll } from "./govuk-frontend.js";

initAll();

// Elements that make sense only with script: a print button, a copy button.
for (const element of document.querySelectorAll("[data-needs-script]")) {
  element.hidden = false;
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
