// Tells the server the browser's time zone: the next page of the desk shows and takes moments in it.
const { path, name } = document.querySelector("script[data-time-zone]").dataset;
const secure = location.protocol === "https:" ? "; secure" : "";
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
if (timeZone) document.cookie = `${name}=${timeZone}; path=${path}; max-age=31536000; samesite=lax${secure}`;
