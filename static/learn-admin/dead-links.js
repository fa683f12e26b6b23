// In the queue of dead links: a number takes the candidate, and the next link follows.
const queue = [...document.querySelectorAll("[data-dead-link]")];

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-3]$/.test(event.key)) return;
  const focused = document.activeElement;
  if (focused?.matches("input[type=number], input[type=text], textarea")) return;
  const at = Math.max(0, queue.findIndex((one) => one.contains(focused)));
  const choice = queue[at]?.querySelectorAll("input[type=radio]")[Number(event.key)];
  if (!choice) return;
  event.preventDefault();
  choice.checked = true;
  const next = queue[at + 1]?.querySelector("input[type=radio]") ?? document.querySelector(".admin-dead-links .default");
  next.focus();
});
