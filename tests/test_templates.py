from __future__ import annotations

from pathlib import Path

import pytest
from django.template import Context, Engine, Template
from django.template.base import TextNode
from django.template.engine import Engine as TemplateEngine
from django.template.loader import get_template
from pytest_django.fixtures import Settings

PAGES = {
    "icon.html": "{# a comment #}<svg></svg>",
    "form.html": "<form id={{ id }} action={% url 'learn:search' %}>{% if large %}L{% endif %}"
    "{{ value|default:'-' }}</form>",
    "looks.html": "{{ title }}",
    "base.html": "{% load static %}<link href={% static 'a.css' %}><a href={% url 'learn:library' %}>"
    "{% include 'icon.html' %}</a>{% include 'form.html' with id='q' only %}{% block body %}{% endblock %}"
    "{% url 'learn:feed' %}",
    "page.html": "{% extends 'base.html' %}{% load static %}{% block body %}<h1>{{ title }}</h1>"
    "{% if title %}{% static 'b.js' %}{% else %}{% url 'learn:feed' %}{% endif %}"
    "{% for one in many %}{% include 'looks.html' with title=one only %}{% include 'icon.html' %}{% endfor %}"
    "{% include 'looks.html' %}{% include 'looks.html' with title='fixed' only %}{% endblock %}",
    "admin_page.html": "{% url 'admin:index' %}{% include name %}{% include 'form.html' with id=title only %}",
}  # fmt: skip


def engine(loader: str) -> TemplateEngine:
    return Engine(
        loaders=[(loader, [("django.template.loaders.locmem.Loader", PAGES)])],
        libraries={"static": "django.templatetags.static"},
    )


@pytest.fixture
def folding() -> TemplateEngine:
    return engine("quicktakes.templates.Loader")


def nodes(template: Template) -> list[str]:
    return [type(node).__name__ for node in template.nodelist]


@pytest.mark.parametrize("name", ["page.html", "admin_page.html", "base.html"])
@pytest.mark.parametrize("title", ["A <title>", ""])
def test_gives_what_django_gives(folding: TemplateEngine, name: str, title: str) -> None:
    values = {"title": title, "many": ["x", "y"], "name": "icon.html"}
    expected = engine("django.template.loaders.cached.Loader").get_template(name).render(Context(values))
    for _ in range(2):
        assert folding.get_template(name).render(Context(values)) == expected


def test_what_is_the_same_on_every_page_is_text(folding: TemplateEngine) -> None:
    base = folding.get_template("base.html")
    assert nodes(base) == ["TextNode", "BlockNode", "TextNode"]
    assert base.nodelist[0].s == (
        "<link href=/static/a.css><a href=/learn><svg></svg></a><form id=q action=/learn/search>-</form>"
    )


def test_what_may_differ_is_left(folding: TemplateEngine) -> None:
    assert nodes(folding.get_template("admin_page.html")) == ["URLNode", "IncludeNode", "IncludeNode"]
    assert nodes(folding.get_template("looks.html")) == ["VariableNode"]


def test_the_site_uses_it(settings: Settings) -> None:
    template = get_template("base.html").template
    assert isinstance(template.nodelist[0], TextNode)
    assert "/static/css/site.css" in template.nodelist[0].s
    assert Path(template.origin.name).is_relative_to(settings.BASE_DIR)
