"""What a form on a page would send if nobody touched it."""

from __future__ import annotations

from html.parser import HTMLParser


class FormFields(HTMLParser):
    """The values that the form with this id would send untouched, by name."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.values = form_id, dict[str, str]()
        self._is_inside = False
        self._textarea = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self._is_inside = values.get("id") == self.form_id
        name = values.get("name") or ""
        if not self._is_inside:
            return
        if tag == "input" and name and values.get("type") not in ("submit", "file"):
            is_box = values.get("type") in ("checkbox", "radio")
            if not is_box or "checked" in values:
                self.values[name] = values.get("value") or ("on" if is_box else "")
        elif tag == "textarea":
            self._textarea = name
            self.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in values:
            self.values[self._select] = values.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            is_first = not self.values[self._textarea]
            self.values[self._textarea] += data.removeprefix("\n") if is_first else data
