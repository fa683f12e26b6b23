// Tells the server that the form is open, and shows who else has it open or writes in it. Only while somebody works
// here: a form that is left alone must not keep its session alive.
const box = document.querySelector("[data-admin-form]");
const place = document.querySelector("[data-present]");
const EVERY = 20_000; // milliseconds
const IDLE = 5 * 60_000; // milliseconds without a touch: nobody is here

if (box?.dataset.article && place) {
  let touched = Date.now();
  let typed = false;
  let isTold = false;
  let sign = ""; // of what this page told last: on leaving it takes back no more than that
  const tabs = new BroadcastChannel(`desk:${box.dataset.article}`); // with the same article, in this browser

  const posted = (more) =>
    new URLSearchParams({
      article: box.dataset.article,
      csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]").value,
      ...more,
    });

  async function tell() {
    if (document.visibilityState === "hidden" || Date.now() - touched > IDLE) return;
    const isTyping = typed;
    typed = false;
    try {
      const response = await fetch(box.dataset.here, { method: "POST", body: posted(isTyping ? { typing: "1" } : {}) });
      if (response.redirected || !response.ok) return;
      const { others, sign: given } = await response.json();
      sign = given;
      const texts = others.map(({ name, since, typing }) => {
        const at = new Date(since).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
        return typing ? `${name} is writing here (since ${at})` : `${name} has this open since ${at}`;
      });
      const text = texts.length ? `${texts.join("; ")}. You see the same draft.` : "";
      if (place.textContent !== text) place.textContent = text;
      place.hidden = !text;
    } catch {
      // The next time will tell.
    }
  }

  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
    addEventListener(kind, () => (touched = Date.now()), { passive: true });
  }
  box.closest("form").addEventListener("input", () => {
    typed = true;
    if (!isTold) tell(); // the others know at once
    isTold = true;
  });
  addEventListener("pagehide", () => {
    navigator.sendBeacon(box.dataset.here, posted({ gone: sign }));
    tabs.postMessage("gone");
  });
  tabs.addEventListener("message", tell);
  addEventListener("visibilitychange", tell);
  setInterval(tell, EVERY);
  tell();
}
