"""The file format, in one place: what a file says, field by field, with types, limits and examples.

`article_schema()` says the same as JSON Schema, so that an editor's tool validates while typing.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from . import limits
from .fields import DEFAULTS, FIELD_KEYS, FIELD_ORDER, RELATED_KEY, subject_label

# Rust's and JavaScript's regular expressions read these alike. In no text: control characters (but the tab and, where
# a text may have several lines, the newline) and the two code points that are no characters.
_LINE = r"[^\x00-\x08\x0a-\x1f\x7f-\x9f\uFFFE\uFFFF]"
_BLOCK = r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\uFFFE\uFFFF]"
# White space, then a character that is none: no two parts match the same, so that no engine has to try twice.
_VISIBLE = r"[^\s\x00-\x1f\x7f-\x9f\uFFFE\uFFFF]"
_VISIBLE_LINE = rf"[^\S\x00-\x08\x0a-\x1f\x7f-\x9f]*{_VISIBLE}{_LINE}*"
_VISIBLE_BLOCK = rf"[^\S\x00-\x08\x0b-\x1f\x7f-\x9f]*{_VISIBLE}{_BLOCK}*"
# Real slugs have runs of hyphens where the question has signs; so hyphens may also begin or end one.
URL_PATTERN = r"^/learn/[a-z0-9]+(?:-+[a-z0-9]+)*/questions/-*[a-z0-9][a-z0-9-]*$"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NOT_IN_EXTRA = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _line(max_length: int) -> StringConstraints:
    return StringConstraints(max_length=max_length, pattern=f"^{_LINE}*$")


def _visible_line(max_length: int) -> StringConstraints:
    return StringConstraints(max_length=max_length, pattern=f"^{_VISIBLE_LINE}$")


def _block(max_length: int) -> StringConstraints:
    return StringConstraints(max_length=max_length, pattern=f"^{_BLOCK}*$")


def _parse_date(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return dt.date.fromisoformat(value if _DATE.fullmatch(value) else "")
    except ValueError as error:
        raise PydanticCustomError("date", "not a day of the calendar") from error


def _check_url(url: str) -> str:
    _, _, subject, _, slug = url.split("/")
    if max(len(subject), len(slug)) > limits.SLUG_MAX_LENGTH:
        raise PydanticCustomError("long_slug", "slug too long")
    if subject in limits.RESERVED_SUBJECT_SLUGS:
        raise PydanticCustomError("reserved_slug", "the address of a page of the site")
    return url


def _check_extra(extra: dict[str, Any]) -> dict[str, Any]:
    """Refuse what JSON or the database cannot hold: YAML's escapes can write any character, Python any number."""
    for key, value in extra.items():
        is_nested = key == "seo" or RELATED_KEY.fullmatch(key)
        if (is_nested and not isinstance(value, dict)) or (key in FIELD_KEYS and not is_nested):
            raise PydanticCustomError("extra_known", "a known key among the unknown")
        if not _is_key(key) or not _is_json(value):
            raise PydanticCustomError("extra_value", "not JSON", {"key": key})
    if extra and len(json.dumps(extra)) > limits.EXTRA_MAX_LENGTH:
        raise PydanticCustomError("extra_too_long", "too long")
    return extra


def _is_key(key: object) -> bool:
    return isinstance(key, str) and len(key) <= limits.KEY_MAX_LENGTH and not _NOT_IN_EXTRA.search(key)


def _is_json(value: object) -> bool:
    if isinstance(value, str):
        return not _NOT_IN_EXTRA.search(value)
    if isinstance(value, dict):
        return all(_is_key(key) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, int):
        return abs(value) < limits.INTEGER_LIMIT
    return isinstance(value, float) and math.isfinite(value)


class _FileModel(BaseModel):
    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True
    )


class Seo(_FileModel):
    """What search engines are told."""

    title: Annotated[str, _line(limits.SEO_TITLE_MAX_LENGTH)] = Field(
        default="",
        description="Kept, but not shown: it is the same on every page of a subject.",
        examples=["QuickTakes | Physics"],
    )
    page_description: Annotated[str, _block(limits.DESCRIPTION_MAX_LENGTH)] = Field(
        default="",
        description="One or two sentences that tell what the answer says, shown in search results.",
        examples=["Air scatters blue light more than red, so blue reaches us from the whole sky."],
    )
    page_keywords: Annotated[str, _block(limits.KEYWORDS_MAX_LENGTH)] = Field(
        default="", description="Keywords, separated by commas.", examples=["sky, light, scattering"]
    )


class RelatedArticle(_FileModel):
    """Another article worth reading after this one. Its url decides where the link leads, not its id."""

    number: int = Field(ge=1, le=limits.RELATED_MAX_NUMBER, description="The N of related_articleN.")
    id: Annotated[int, Field(gt=-limits.INTEGER_LIMIT, lt=limits.INTEGER_LIMIT)] | None = Field(
        default=None, description="The id of the other article.", examples=[4312]
    )
    title: Annotated[str, _line(limits.TITLE_MAX_LENGTH)] = Field(
        default="", description="The question of the other article.", examples=["Why are sunsets red?"]
    )
    subject: Annotated[str, _line(limits.LABEL_MAX_LENGTH)] = Field(
        default="", description="The subject of the other article.", examples=["Physics"]
    )
    url: Annotated[str, StringConstraints(max_length=limits.URL_MAX_LENGTH, pattern=f"^{_VISIBLE}+$")] = (
        Field(
            description="The url of the other article.",
            examples=["/learn/physics/questions/why-are-sunsets-red"],
        )
    )


class ArticleDocument(_FileModel):
    """An article as its file says it, with the answer decoded.

    Keys that the format does not know are kept in `extra` (under the key of their mapping where they are nested in
    `seo` or a related article), how the file was laid out in `layout`; both can be stored as JSON.
    """

    schema_name: Annotated[str, _line(limits.SCHEMA_NAME_MAX_LENGTH)] = Field(
        default=DEFAULTS["_schema"],
        alias="_schema",
        description="The form that made the file.",
        examples=["default"],
    )
    id: int = Field(
        gt=-limits.INTEGER_LIMIT,
        lt=limits.INTEGER_LIMIT,
        description="A number of the question. Not unique: a question filed under two subjects has one id.",
        examples=[4291],
    )
    date: Annotated[dt.date, BeforeValidator(_parse_date)] = Field(
        description="The day it was posted, as year-month-day.", examples=["2025-02-08"]
    )
    question: Annotated[str, _visible_line(limits.TITLE_MAX_LENGTH)] = Field(
        description="The question, on one line. It heads the page.", examples=["Why is the sky blue?"]
    )
    title: Annotated[str, _visible_line(limits.TITLE_MAX_LENGTH)] = Field(
        default_factory=lambda known: str(known["question"]),
        description="The title in lists; the question, where it is not given.",
        examples=["Why is the sky blue?"],
    )
    article_title: Annotated[str, _visible_line(limits.TITLE_MAX_LENGTH)] = Field(
        default_factory=lambda known: str(known["title"]),
        description="The title of the article; the title, where it is not given.",
        examples=["Why is the sky blue?"],
    )
    date_format: Annotated[str, _line(limits.DATE_FORMAT_MAX_LENGTH)] = Field(
        default=DEFAULTS["date_format"],
        description="How the date is shown, in moment.js tokens.",
        examples=["MMM DD, YYYY"],
    )
    post_on_text: Annotated[str, _line(limits.POST_ON_TEXT_MAX_LENGTH)] = Field(
        default=DEFAULTS["post_on_text"], description="What stands before the date.", examples=["Posted on"]
    )
    seo: Seo = Field(default=Seo(), description="What search engines are told.")
    author: Annotated[str, _line(limits.LABEL_MAX_LENGTH)] = Field(
        default=DEFAULTS["author"], description="Who wrote the answer.", examples=["QuickTakes"]
    )
    no_index: bool = Field(
        default=False, description="True keeps the article out of lists and search engines.", examples=[True]
    )
    answer: Annotated[
        str,
        StringConstraints(max_length=limits.ANSWER_MAX_LENGTH, pattern=f"^{_VISIBLE_BLOCK}$"),
    ] = Field(
        description="The answer in Markdown: on one line below `>-` with `\\n` for every new line, or on lines of its "
        "own below `|-`, where it is taken as it stands.",
        examples=["Because air scatters blue light most.\\n\\n- Red light passes through."],
    )
    url: Annotated[
        str,
        StringConstraints(max_length=limits.URL_MAX_LENGTH, pattern=URL_PATTERN),
        AfterValidator(_check_url),
    ] = Field(
        description="The address of the page, /learn/<subject>/questions/<slug>: the article's identity.",
        examples=["/learn/physics/questions/why-is-the-sky-blue"],
    )
    subject: Annotated[str, _line(limits.LABEL_MAX_LENGTH)] = Field(
        default_factory=lambda known: subject_label(str(known["url"]).split("/")[2]),
        description="The name of the subject.",
        examples=["Physics"],
    )
    file_name: Annotated[str, _line(limits.FILE_NAME_MAX_LENGTH)] = Field(
        default_factory=lambda known: f"{str(known['url']).split('/')[4]}.md",
        description="The name of the file.",
        examples=["why-is-the-sky-blue.md"],
    )
    score: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        default=None, description="A mark for the answer; -1.0: none given.", examples=[-1.0]
    )
    related: tuple[RelatedArticle, ...] = Field(default=(), description="The related articles, by number.")
    body: Annotated[
        str, StringConstraints(max_length=limits.BODY_MAX_LENGTH, pattern=rf"^(?:{_BLOCK}|\r\n)*$")
    ] = Field(default="\n&nbsp;", description="What follows the front matter, as it stands.")
    extra: Annotated[dict[str, Any], AfterValidator(_check_extra)] = Field(
        default_factory=dict, description="Keys that the format does not know, and their values."
    )
    layout: dict[str, Any] | None = Field(
        default=None, description="How the file was laid out, where that is unusual (learn.files.layout)."
    )

    @property
    def subject_slug(self) -> str:
        """The subject as its URL names it."""
        return self.url.split("/")[2]

    @property
    def slug(self) -> str:
        """The last part of the URL."""
        return self.url.split("/")[4]


def article_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a file's front matter, keys in the order of the files."""
    schema = ArticleDocument.model_json_schema()
    related = schema["$defs"]["RelatedArticle"]
    del related["properties"]["number"]
    related["required"].remove("number")
    for definition in (schema, *schema["$defs"].values()):
        definition["additionalProperties"] = True  # unknown keys are kept
        for field in definition["properties"].values():
            if "maxLength" in field:
                field["description"] += f" At most {field['maxLength']:,} characters."
    fields = schema["properties"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Front matter of a QuickTakes Learn article",
        "description": "What stands between the two lines `---` of an article's Markdown file.",
        "properties": {key: fields[key] for key in FIELD_ORDER},
        "patternProperties": {f"^{RELATED_KEY.pattern}$": {"$ref": "#/$defs/RelatedArticle"}},
    }
