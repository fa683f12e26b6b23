"""Abbreviations and second names that the table of synonyms begins with; editors go on from there."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from .names import name_of

STARTER = """
    ai = artificial intelligence; ml = machine learning; nlp = natural language processing; iot = internet of things
    vr = virtual reality; ux = user experience; hci = human computer interaction; oop = object oriented programming
    swot = swot analysis; seo = search engine optimization; csr = corporate social responsibility
    roi = return on investment; gdp = gross domestic product; cbt = cognitive behavioral therapy
    ptsd = post traumatic stress disorder; attention deficit hyperactivity disorder = adhd
    ocd = obsessive compulsive disorder; autism = autism spectrum disorder; asd = autism spectrum disorder
    magnetic resonance imaging = mri; ecg = electrocardiogram; ekg = electrocardiogram
    copd = chronic obstructive pulmonary disease; ibs = irritable bowel syndrome
    gastroesophageal reflux disease = gerd; deoxyribonucleic acid = dna; ribonucleic acid = rna
    adenosine triphosphate = atp; polymerase chain reaction = pcr; emf = electromotive force
    ww1 = world war i; wwi = world war i; first world war = world war i; ww2 = world war ii; wwii = world war ii
    second world war = world war ii; usa = united states; united states of america = united states
    us supreme court = supreme court; united states supreme court = supreme court; uk = united kingdom
    eu = european union; ussr = soviet union; examination = exam; advertisement = advertising; maths = mathematics
    theatre arts = theater arts; newton second law of motion = newton second law; newton law of motion = newton law
    law of supply and demand = supply and demand; covid = covid 19; covid 19 pandemic = covid 19
"""


def starter() -> list[tuple[str, str]]:
    """The pairs of STARTER as names."""
    pairs = (pair.split(" = ") for line in STARTER.splitlines() for pair in line.strip().split("; ") if pair)
    named = ((name_of(name), name_of(means)) for name, means in pairs)
    return [(name, means) for name, means in dict(named).items() if name != means]


def add_starter_set(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Put the starter set into the table: an operation of a migration."""
    rows_of = apps.get_model("learn", "TopicName").objects.using(schema_editor.connection.alias)
    rows_of.bulk_create(rows_of.model(name=name, means=means) for name, means in starter())
