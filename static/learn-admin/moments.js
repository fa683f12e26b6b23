// Moments are written in UTC. Beside each stands what that is where the editor is; and a page whose moment is ahead is
// scheduled, not published: its button says so.
const publishAt = document.getElementById("id_publish_at");
const publish = document.querySelector(".admin-submit [name=_publish]");

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
  if (field === publishAt && publish) publish.value = moment && moment > Date.now() ? "Schedule" : "Publish";
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
