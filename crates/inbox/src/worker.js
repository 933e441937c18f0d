// Shows that there is a message; what it says is read after signing in.
self.addEventListener("push", (event) => {
  const told = event.data?.json() ?? {};
  event.waitUntil(
    self.registration.showNotification(told.title ?? "Praya", { body: told.body, lang: told.lang, tag: "inbox" }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/my/inbox"));
});
