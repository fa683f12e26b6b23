"""The public URLs. No trailing slashes; learn.middleware.redirects redirects what is nearly right.

`subject_slug` and `slug` always name a subject and an article: the middleware asks by these names whether an
address leads to a page before it sends anybody there.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from learn.views import (
    citations,
    decks,
    json_pages,
    library,
    machines,
    media,
    previews,
    reading,
    reports,
    search,
    site,
    topics,
)

# /learn: fixed addresses first; RESERVED_SUBJECT_SLUGS keeps a subject from taking one of them
library_urls = [
    path("", library.home, name="home"),
    path("learn", library.library, name="library"),
    path("learn/saved", reading.saved, name="saved"),
    path("learn/practise", reading.practise, name="practise"),
    path("learn/sw.js", reading.service_worker, name="service-worker"),
    path("learn/search", search.results, name="search"),
    path("learn/search/suggest", search.suggest, name="suggest"),
    path("learn/search/opened", search.opened, name="opened"),
    path("learn/topics", topics.library_topics, name="topics"),
    path("learn/topics/<slug:topic_slug>", topics.topic, name="topic"),
    path("learn/topics/<slug:topic_slug>/practise", reading.practise_topic, name="practise-topic"),
    path("preview/<str:token>", previews.shared, name="preview"),
]
# What browsers ask of a site as a whole
site_urls = [
    path("media/<str:name>", media.picture_file, name="media"),
    path("site.webmanifest", site.manifest, name="manifest"),
    path("favicon.ico", site.favicon, name="favicon"),
]
# What programs ask for, as their conventions name it
machine_urls = [
    path("robots.txt", machines.robots, name="robots"),
    path("llms.txt", machines.llms, name="llms"),
    path("sitemap.xml", machines.sitemap_index, name="sitemap"),
    path("sitemap.library.xml", machines.sitemap_library, name="sitemap-library"),
    path("sitemap-<slug:subject_slug>.xml", machines.sitemap_subject, name="sitemap-subject"),
    path(
        "sitemap-<slug:subject_slug>.<int:number>.xml", machines.sitemap_subject, name="sitemap-subject-more"
    ),
    path("healthz", machines.healthz, name="healthz"),
    path("readyz", machines.readyz, name="readyz"),
    path(".well-known/security.txt", machines.security_txt, name="security"),
    path("<slug:key>.txt", machines.indexnow_key, name="indexnow"),
    path("learn/feed.atom", machines.library_feed, name="feed"),
    path("learn/<slug:subject_slug>/feed.atom", machines.subject_feed, name="subject-feed"),
    path("learn.json", json_pages.library_json, name="library-json"),
    path("learn/schema.json", json_pages.json_schema, name="json-schema"),
    path("learn/topics.json", json_pages.topics_json, name="topics-json"),
    path("learn/topics/<slug:topic_slug>.json", json_pages.topic_json, name="topic-json"),
    path("learn/<slug:subject_slug>/topics.json", json_pages.topics_json, name="subject-topics-json"),
    path(
        "learn/<slug:subject_slug>/topics/<slug:topic_slug>.json",
        json_pages.topic_json,
        name="subject-topic-json",
    ),
    path("learn/<slug:subject_slug>.json", json_pages.subject_json, name="subject-json"),
    path(
        "learn/<slug:subject_slug>/questions/<slug:slug>.json", json_pages.article_json, name="article-json"
    ),
    path("learn/topics/<slug:topic_slug>.apkg", decks.topic_apkg, name="topic-apkg"),
    path("learn/topics/<slug:topic_slug>.csv", decks.topic_csv, name="topic-csv"),
    path(
        "learn/<slug:subject_slug>/topics/<slug:topic_slug>.apkg",
        decks.topic_apkg,
        name="subject-topic-apkg",
    ),
    path("learn/<slug:subject_slug>/topics/<slug:topic_slug>.csv", decks.topic_csv, name="subject-topic-csv"),
    path("learn/<slug:subject_slug>.apkg", decks.subject_apkg, name="subject-apkg"),
    path("learn/<slug:subject_slug>.csv", decks.subject_csv, name="subject-csv"),
    path("learn/<slug:subject_slug>.md", machines.subject_markdown, name="subject-markdown"),
    path("learn/topics/<slug:topic_slug>.md", topics.topic_markdown, name="topic-markdown"),
    path("learn/topics/<slug:topic_slug>/feed.atom", topics.topic_feed, name="topic-feed"),
    path("learn/<slug:subject_slug>/topics.md", topics.topics_markdown, name="subject-topics-markdown"),
    path(
        "learn/<slug:subject_slug>/topics/<slug:topic_slug>.md",
        topics.topic_markdown,
        name="subject-topic-markdown",
    ),
    path(
        "learn/<slug:subject_slug>/topics/<slug:topic_slug>/feed.atom",
        topics.topic_feed,
        name="subject-topic-feed",
    ),
    path(
        "learn/<slug:subject_slug>/questions/<slug:slug>.md",
        machines.article_markdown,
        name="article-markdown",
    ),
    path("sitemap.topics.xml", topics.sitemap, name="sitemap-topics"),
    path("sitemap.topics.<int:number>.xml", topics.sitemap, name="sitemap-topics-more"),
    path("learn/<slug:subject_slug>/questions/<slug:slug>.bib", citations.bibtex, name="article-bibtex"),
    path("learn/<slug:subject_slug>/questions/<slug:slug>.ris", citations.ris, name="article-ris"),
    # A picture's address is that of its page, and a hash of what stands on it
    path("og/learn/<slug:key>.png", machines.picture, name="library-picture"),
    path("og/learn/topics/<slug:key>.png", topics.picture, name="topics-picture"),
    path("og/learn/<slug:subject_slug>/topics/<slug:key>.png", topics.picture, name="subject-topics-picture"),
    path("og/learn/topics/<slug:topic_slug>/<slug:key>.png", topics.picture, name="topic-picture"),
    path(
        "og/learn/<slug:subject_slug>/topics/<slug:topic_slug>/<slug:key>.png",
        topics.picture,
        name="subject-topic-picture",
    ),
    path("og/learn/<slug:subject_slug>/<slug:key>.png", machines.picture, name="subject-picture"),
    path(
        "og/learn/<slug:subject_slug>/questions/<slug:slug>/<slug:key>.png",
        machines.picture,
        name="article-picture",
    ),
]
# /learn/<subject>
subject_urls = [
    path("learn/<slug:subject_slug>", library.subject, name="subject"),
    path("learn/<slug:subject_slug>/topics", topics.subject_topics, name="subject-topics"),
    path("learn/<slug:subject_slug>/topics/<slug:topic_slug>", topics.topic, name="subject-topic"),
    path(
        "learn/<slug:subject_slug>/topics/<slug:topic_slug>/practise",
        reading.practise_topic,
        name="practise-subject-topic",
    ),
    path("learn/<slug:subject_slug>/practise", reading.practise_subject, name="practise-subject"),
    path("learn/<slug:subject_slug>/questions/<slug:slug>", library.article, name="article"),
    path("learn/<slug:subject_slug>/questions/<slug:slug>/cite", citations.cite, name="cite"),
    path("learn/<slug:subject_slug>/questions/<slug:slug>/report", reports.report, name="report"),
    path("learn/<slug:subject_slug>/questions/<slug:slug>/helpful", reports.helpful, name="helpful"),
]

app_name = "learn"
urlpatterns = [*library_urls, *site_urls, *machine_urls, *subject_urls]
for pattern in urlpatterns:
    login_not_required(
        pattern.callback
    )  # everybody may read, also where a project adds LoginRequiredMiddleware
