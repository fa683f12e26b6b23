"""The two groups of editors. In a module that can be imported by name, so that migrations can be squashed."""

from django.db import transaction

# What members of each group may do beside looking. A publisher may do all that an editor may.
EDITOR = {
    "article": ["add", "change"],
    "relatedlink": ["add", "change", "delete"],
    "subject": ["change"],
    "redirect": ["add", "change"],
    "missingpage": ["change"],
    "importconflict": ["change"],
    "searchsynonym": ["add", "change"],
    "searchpin": ["add", "change", "delete"],
    "duplicategroup": ["change"],
    "topic": ["change"],
    "report": ["change"],
    "picture": ["add", "change"],
}
PUBLISHER = {
    "article": ["delete", "publish", "import"],
    "subject": ["add", "delete"],
    "redirect": ["delete"],
    "missingpage": ["delete"],
    "importconflict": ["delete"],
    "searchsynonym": ["delete"],
    "canonicalchoice": ["delete"],
    "topicname": ["add", "change", "delete"],
    "upload": ["add"],
    "report": ["delete"],
    "deletedarticle": ["delete"],
    "picture": ["delete"],
}
SPOKEN = {
    "article": "article",
    "relatedlink": "related link",
    "subject": "subject",
    "redirect": "redirect",
    "missingpage": "missing page",
    "importconflict": "import conflict",
    "upload": "upload",
    "importrun": "import run",
    "revision": "historical article",
    "searchsynonym": "synonym",
    "searchpin": "pinned result",
    "searchlogentry": "search of visitors",
    "duplicategroup": "group of near-duplicates",
    "canonicalchoice": "chosen original",
    "topic": "topic",
    "topicname": "synonym of a topic",
    "report": "report",
    "helpfulcount": "helpful count",
    "readcount": "read count",
    "deletedarticle": "deleted article",
    "changeset": "change set",
    "picture": "picture",
    "picturename": "picture name",
}
# Models that came after the groups were made: what was taken from a group since is not given back with them.
OF_SEARCH = ("searchsynonym", "searchpin", "searchlogentry", "duplicategroup", "canonicalchoice")
OF_TOPICS = ("topic", "topicname")
OF_READERS = ("report", "helpfulcount")
OF_READS = ("readcount",)
OF_TRASH = ("deletedarticle",)
OF_CHANGE_SETS = ("changeset",)
OF_PICTURES = ("picture", "picturename")
NAMES = {
    "publish_article": "Can publish and unpublish articles",
    "import_article": "Can import files",
}


def make_groups(apps, _schema_editor, models=tuple(SPOKEN)):
    # Permissions are made after all migrations; a new database needs these now.
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")

    def permission(action, model):
        content_type, _ = ContentType.objects.get_or_create(app_label="learn", model=model)
        codename = f"{action}_{model}"
        name = NAMES.get(codename, f"Can {action} {SPOKEN[model]}")
        return Permission.objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )[0]

    editor, _ = Group.objects.get_or_create(name="Editor")
    publisher, _ = Group.objects.get_or_create(name="Publisher")
    for model in models:
        for group in (editor, publisher):
            group.permissions.add(permission("view", model))
        for action in EDITOR.get(model, ()):
            editor.permissions.add(permission(action, model))
            publisher.permissions.add(permission(action, model))
        for action in PUBLISHER.get(model, ()):
            publisher.permissions.add(permission(action, model))


def add_search(apps, schema_editor):
    """The rights of both groups on what editors tell the search, and what it tells them."""
    # A savepoint: `add` marks the transaction as broken where it fails, and SQLite's schema editor asks it once more.
    with transaction.atomic(using=schema_editor.connection.alias):
        make_groups(apps, schema_editor, OF_SEARCH)


def add_topics(apps, schema_editor):
    """The rights of both groups on topics."""
    with transaction.atomic(using=schema_editor.connection.alias):
        make_groups(apps, schema_editor, OF_TOPICS)


def add_readers(apps, schema_editor):
    """The rights of both groups on what readers tell."""
    with transaction.atomic(using=schema_editor.connection.alias):
        make_groups(apps, schema_editor, OF_READERS)


def add_reads(apps, schema_editor):
    """The right of both groups to see what is read."""
    with transaction.atomic(using=schema_editor.connection.alias):
        make_groups(apps, schema_editor, OF_READS)


def add_trash(apps, schema_editor):
    """The right of publishers to delete for good."""
    with transaction.atomic(using=schema_editor.connection.alias):
        make_groups(apps, schema_editor, OF_TRASH)


def add_change_sets(apps, schema_editor):
    """The right of both groups to see change sets; what each may do in one is that of the change itself."""
    with transaction.atomic(using=schema_editor.connection.alias):
        make_groups(apps, schema_editor, OF_CHANGE_SETS)


def add_pictures(apps, schema_editor):
    """The rights of both groups on pictures."""
    with transaction.atomic(using=schema_editor.connection.alias):
        make_groups(apps, schema_editor, OF_PICTURES)
