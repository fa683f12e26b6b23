"""When articles expire, by what their files said before that was honoured. Apart, so that migrations can be squashed."""

from learn.files import lifecycle


def read_files(apps, _schema_editor):
    """Take the moment over: an export would take the key out of the file otherwise."""
    articles = apps.get_model("learn", "Article").objects
    for pk, extra in articles.filter(extra__has_key="expires").values_list("pk", "extra"):
        articles.filter(pk=pk).update(expires=lifecycle.moment(extra["expires"]))
