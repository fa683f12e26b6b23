// Shows how far an upload or a change set is, and the finished page when it is done.
const box = document.querySelector("[data-progress]");

if (box) {
  const bar = box.querySelector("progress");
  const status = box.querySelector("[data-status]");
  let wait = 500; // milliseconds; longer and longer, so that a forgotten tab costs little

  async function look() {
    try {
      const response = await fetch(box.dataset.progress);
      if (!response.ok) throw new Error(`status ${response.status}`);
      const { state, done, total } = await response.json();
      if (state !== box.dataset.state) {
        location.reload();
        return;
      }
      if (total) {
        bar.max = total;
        bar.value = done;
        status.textContent = `${done.toLocaleString()} of ${total.toLocaleString()} ${box.dataset.things || "files"}`;
      }
    } catch {
      status.textContent = "The server does not answer. Looking again …";
    }
    wait = Math.min(wait * 1.2, 5000);
    setTimeout(look, wait);
  }

  setTimeout(look, wait);
}
