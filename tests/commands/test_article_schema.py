"""`article_schema` prints a JSON Schema that says of every file what the import says of it."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

from django.core.management import call_command

from learn.files.document import Seo
from learn.files.frontmatter import read_front_matter
from tests.conftest import FIXTURES
from tests.files.sample import SAMPLE

CHECKS = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "object": dict,
}


def printed_schema() -> dict[str, Any]:
    out = StringIO()
    call_command("article_schema", stdout=out)
    schema: dict[str, Any] = json.loads(out.getvalue())
    return schema


def complaints(value: Any, schema: dict[str, Any], root: dict[str, Any], path: str = "") -> list[str]:
    """What is wrong with `value`, as far as our schema goes: the keywords it uses, and no others."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        found = [complaints(value, option, root, path) for option in schema["anyOf"]]
        return min(found, key=len)
    kind = CHECKS[schema["type"]]
    if not isinstance(value, kind) or (isinstance(value, bool) and schema["type"] != "boolean"):
        return [f"{path} is no {schema['type']}"]
    if isinstance(value, str):
        return (
            [path]
            if len(value) > schema.get("maxLength", 10**9) or not re.search(schema.get("pattern", ""), value)
            else []
        )
    if isinstance(value, int) and not schema.get("exclusiveMinimum", value - 1) < value < schema.get(
        "exclusiveMaximum", value + 1
    ):
        return [path]
    if not isinstance(value, dict):
        return []
    found = [f"{path}.{key} is missing" for key in schema.get("required", ()) if key not in value]
    for key, item in value.items():
        inner = schema["properties"].get(key)
        for pattern, option in schema.get("patternProperties", {}).items():
            inner = option if re.search(pattern, key) else inner
        found += complaints(item, inner, root, f"{path}.{key}") if inner else []
    return found


def test_it_is_json_schema_2020_12_for_an_object_that_may_have_more_keys() -> None:
    schema = printed_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["type"] == "object"
    assert schema["required"] == ["id", "date", "question", "answer", "url"]
    assert schema["additionalProperties"] is True
    assert {name: part["additionalProperties"] for name, part in schema["$defs"].items()} == {
        "RelatedArticle": True,
        "Seo": True,
    }


def test_it_knows_every_key_of_a_file_in_the_order_of_the_files_and_explains_it() -> None:
    schema = printed_schema()
    keys = [key for key in read_front_matter(SAMPLE.encode()).values if not key.startswith("related")]
    assert [key for key in schema["properties"] if key != "no_index"] == keys
    for key, part in (schema["properties"] | {"seo": schema["$defs"]["Seo"]}).items():
        assert part["description"], key
    assert "At most 500 characters." in schema["properties"]["question"]["description"]
    assert set(schema["$defs"]["Seo"]["properties"]) == set(Seo.model_fields)
    assert set(schema["$defs"]["RelatedArticle"]["properties"]) == {"id", "title", "subject", "url"}


def test_every_example_fits_its_field() -> None:
    schema = printed_schema()
    for part in (schema, *schema["$defs"].values()):
        for key, field in part["properties"].items():
            for example in field.get("examples", ()):
                assert complaints(example, field, schema, key) == []


def test_the_fixtures_fit_it() -> None:
    schema = printed_schema()
    for path in sorted((FIXTURES / "articles").rglob("*.md")):
        assert complaints(read_front_matter(path.read_bytes()).values, schema, schema) == [], path


def test_what_the_import_refuses_does_not_fit_it() -> None:
    schema = printed_schema()
    values = read_front_matter(SAMPLE.encode()).values
    for wrong in (
        {"id": "209001"}, {"id": True}, {"id": 10**18}, {"title": 1984}, {"title": " "}, {"title": "a\nb"},
        {"title": "w" * 501}, {"question": ""}, {"author": "\0"}, {"url": "/learn/Physics/questions/why"},
        {"url": "/learn/physics/questions/why/"}, {"score": "high"}, {"no_index": "yes"}, {"seo": "a"},
        {"seo": {"title": 1}}, {"related_article7": {"id": 1}}, {"related_article1": {"url": "what is it"}},
    ):  # fmt: skip
        assert complaints(values | wrong, schema, schema), wrong
    for missing in ("id", "date", "question", "answer", "url"):
        assert complaints({key: value for key, value in values.items() if key != missing}, schema, schema), (
            missing
        )
