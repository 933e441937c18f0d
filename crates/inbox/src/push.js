// Asks this browser to be told by push. Without it, or without JavaScript, everything else works the same.
const form = document.querySelector("form[data-push-key]");
const can = "serviceWorker" in navigator && "PushManager" in window && window.isSecureContext;

function device() {
  const brand = navigator.userAgentData?.brands?.at(-1)?.brand;
  const system = navigator.userAgentData?.platform ?? navigator.platform ?? "";
  return [brand, system].filter(Boolean).join(", ");
}

function base64url(buffer) {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

if (form && can) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.dataset.ready) return;
    event.preventDefault();
    try {
      const worker = await navigator.serviceWorker.register("/my/inbox/worker.js", { scope: "/my/inbox/" });
      const subscription = await worker.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: form.dataset.pushKey,
      });
      form.elements.endpoint.value = subscription.endpoint;
      form.elements.p256dh.value = base64url(subscription.getKey("p256dh"));
      form.elements.auth.value = base64url(subscription.getKey("auth"));
      form.elements.device.value = device();
      form.dataset.ready = "yes";
      form.submit();
    } catch {
      form.querySelector("[data-push-refused]").hidden = false;
    }
  });
}
