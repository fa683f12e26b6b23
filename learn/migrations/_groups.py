"""The two groups of editors. In a module that can be imported by name, so that migrations can be squashed."""

# What members of each group may do beside looking. A publisher may do all that an editor may.
EDITOR = {
    "article": ["add", "change"],
    "relatedlink": ["add", "change", "delete"],
    "subject": ["change"],
    "redirect": ["add", "change"],
    "missingpage": ["change"],
    "importconflict": ["change"],
}
PUBLISHER = {
    "article": ["delete", "publish", "import"],
    "subject": ["add", "delete"],
    "redirect": ["delete"],
    "missingpage": ["delete"],
    "importconflict": ["delete"],
    "upload": ["add"],
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
}
NAMES = {
    "publish_article": "Can publish and unpublish articles",
    "import_article": "Can import files",
}


def make_groups(apps, _schema_editor):
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
    for model in SPOKEN:
        for group in (editor, publisher):
            group.permissions.add(permission("view", model))
    for model, actions in EDITOR.items():
        for action in actions:
            editor.permissions.add(permission(action, model))
            publisher.permissions.add(permission(action, model))
    for model, actions in PUBLISHER.items():
        for action in actions:
            publisher.permissions.add(permission(action, model))
