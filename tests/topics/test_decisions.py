"""What editors decide about topics stays, whatever is imported, and is done in the admin by who may."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from learn.importing import import_articles
from learn.models import Article, ArticleTopic, Topic, TopicName
from learn.topics import LEAST, decisions
from learn.topics.placing import place_articles
from tests.admin.conftest import logged_in, make_user
from tests.admin.forms import fields
from tests.factories import article_file, make_article

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def many(amount: int, word: str, **values: object) -> list[Article]:
    return [make_article(keywords=word, description=f"About {word}.", **values) for _ in range(amount)]


def leads_to(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 301, path
    return str(response.headers["Location"])


def topic(name: str) -> Topic:
    return Topic.objects.get(name=name)


def test_a_new_address_is_led_to_from_the_old_one(client: Client) -> None:
    many(LEAST, "fog")
    place_articles()
    fog = topic("fog")
    fog.slug, fog.title = "mist-and-fog", "Mist and fog"
    decisions.save(fog)
    assert leads_to(client, "/learn/physics/topics/fog") == "/learn/physics/topics/mist-and-fog"
    assert "Mist and fog" in client.get("/learn/physics/topics/mist-and-fog").text
    fog.slug = "fog"
    decisions.save(fog)
    assert leads_to(client, "/learn/physics/topics/mist-and-fog") == "/learn/physics/topics/fog"
    assert client.get("/learn/physics/topics/fog").status_code == 200


def test_a_merged_topic_leads_to_the_other_now_and_later(client: Client) -> None:
    many(LEAST, "mist")
    many(LEAST, "fog")
    place_articles()
    assert decisions.merge(topic("mist"), topic("fog")) == LEAST
    assert leads_to(client, "/learn/physics/topics/mist") == "/learn/physics/topics/fog"
    assert not Topic.objects.filter(name="mist").exists()
    assert topic("fog").articles == 2 * LEAST
    many(1, "mists")
    place_articles()
    assert topic("fog").articles == 2 * LEAST + 1
    assert topic("fog").heading == "Fog"


def test_merging_back_ends_in_no_circle(client: Client) -> None:
    many(LEAST, "mist")
    many(LEAST, "fog")
    place_articles()
    decisions.merge(topic("mist"), topic("fog"))
    decisions.delete_name(TopicName.objects.get(name="mist"))
    assert topic("mist").articles == LEAST
    decisions.merge(topic("fog"), topic("mist"))
    assert topic("mist").articles == 2 * LEAST
    assert leads_to(client, "/learn/physics/topics/fog") == "/learn/physics/topics/mist"


def test_a_synonym_moves_articles_and_gives_them_back() -> None:
    many(LEAST, "mist")
    place_articles()
    synonym = TopicName(name="mist", means="haze")
    decisions.save_name(synonym)
    assert topic("haze").articles == LEAST
    decisions.delete_name(synonym)
    assert topic("mist").articles == LEAST
    assert not ArticleTopic.objects.filter(topic__name="haze").exists()


def test_hidden_and_pinned(client: Client) -> None:
    many(LEAST, "fog")
    many(1, "dew")
    place_articles()
    fog, dew = topic("fog"), topic("dew")
    fog.is_hidden, dew.is_pinned = True, True
    decisions.save(fog)
    decisions.save(dew)
    assert client.get("/learn/physics/topics/fog").status_code == 404
    assert "topics/fog" not in client.get(Article.objects.earliest("pk").get_absolute_url()).text
    assert client.get("/learn/physics/topics/dew").status_code == 200


def test_decisions_outlive_an_import(tmp_path: Path) -> None:
    for number in range(LEAST):
        article_file(
            tmp_path,
            f"/learn/physics/questions/fog-{number}",
            seo={"title": "x", "page_description": "About fog.", "page_keywords": "fog"},
        )
    import_articles([str(tmp_path)])
    fog = topic("fog")
    fog.title, fog.description, fog.slug = "Fog and mist", "Water in the air.", "fogs"
    decisions.save(fog)
    article_file(
        tmp_path,
        "/learn/physics/questions/fog-0",
        seo={"title": "x", "page_description": "Fog, changed.", "page_keywords": "fog, dew"},
    )
    import_articles([str(tmp_path)])
    fog.refresh_from_db()
    assert (fog.heading, fog.description, fog.slug) == ("Fog and mist", "Water in the air.", "fogs")
    Article.objects.all().delete()
    place_articles()
    assert topic("fog").title == "Fog and mist"


# --- In the admin ---


def change(client: Client, one: Topic, **values: str) -> None:
    url = reverse("admin:learn_topic_change", args=[one.pk])
    response = client.post(url, {**fields(client.get(url), "topic_form"), **values})
    assert response.status_code == 302, response.text


def test_publishers_merge_and_hide_editors_write(client: Client) -> None:
    many(LEAST, "mist")
    many(LEAST, "fog")
    place_articles()
    editor, publisher = logged_in(make_user("ada", "Editor")), logged_in(make_user("max", "Publisher"))
    mist = topic("mist")
    change(editor, mist, title="Thin fog", merge_into="fog", is_hidden="on", slug="thin-fog")
    mist.refresh_from_db()
    assert (mist.title, mist.slug, mist.is_hidden) == ("Thin fog", "mist", False)
    change(publisher, mist, merge_into="/learn/physics/topics/fog")
    assert topic("fog").articles == 2 * LEAST
    page = publisher.get(reverse("admin:learn_topic_changelist"))
    assert "/learn/physics/topics/fog" in page.text


def test_the_admin_says_what_cannot_be_merged(client: Client) -> None:
    many(LEAST, "fog")
    place_articles()
    publisher = logged_in(make_user("max", "Publisher"))
    url = reverse("admin:learn_topic_change", args=[topic("fog").pk])
    form = fields(publisher.get(url), "topic_form")
    for asked, said in (("nowhere", "No topic has this name"), ("fog", "This is the topic itself")):
        assert said in publisher.post(url, {**form, "merge_into": asked}).text
    add = reverse("admin:learn_topicname_add")
    page = publisher.post(add, {"name": "…", "means": "fog"})
    assert "This names no topic" in page.text
    publisher.post(add, {"name": "Brumes", "means": "fog"})
    assert TopicName.objects.get(name="brume").means == "fog"
