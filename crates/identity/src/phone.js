// The screen asks every two seconds whether the phone has answered, and goes on by itself; without this the
// person presses the button.
const form = document.querySelector("form[data-phone]");
const ask = async () => {
  try {
    const reply = await fetch("/sign-in/phone/state");
    if (reply.ok && (await reply.text()) !== "waiting") return form.submit();
  } catch {
    // The network went away for a moment.
  }
  setTimeout(ask, 2000);
};
if (form) setTimeout(ask, 2000);
