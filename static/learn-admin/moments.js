// Moments are written in UTC. Beside each stands what that is where the editor is; and a page whose moment is ahead is
// scheduled, not published: its buttons say so.
const publishAt = document.getElementById("id_publish_at");
const publishing = [...document.querySelectorAll(".admin-submit [type=submit]")].filter(({ value }) => /^(Publish|Schedule)/.test(value));

function momentOf(field) {
  const moment = field.value ? new Date(`${field.value}Z`) : null;
  return moment && !Number.isNaN(moment.valueOf()) ? moment : null;
}

function tell(field, output) {
  const moment = momentOf(field);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  output.textContent = moment
    ? `${moment.toLocaleString([], { dateStyle: "medium", timeStyle: "short" })} where you are (${zone})`
    : "";
  if (field !== publishAt) return;
  const verb = moment > Date.now() ? "Schedule" : "Publish";
  for (const button of publishing) button.value = button.value.replace(/^(Publish|Schedule)/, verb);
}

for (const field of document.querySelectorAll("[data-moment], #id_publish_at, #id_expires")) {
  if (field.type !== "datetime-local") continue;
  const output = field.parentElement.querySelector("output") ?? document.createElement("output");
  if (!output.isConnected) {
    output.className = "help";
    field.after(" ", output);
  }
  field.addEventListener("input", () => tell(field, output));
  tell(field, output);
}
