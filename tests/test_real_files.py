"""What holds of our own library (tests/test_library.py) holds of the real files (CORPUS_DIR), too."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from learn.importing import import_articles
from tests import test_library as of_a_library


@pytest.mark.slow
@pytest.mark.django_db
def test_a_library_of_the_real_files(corpus: Path, tmp_path: Path) -> None:
    """One test, as two may run in two processes, and each would import them."""
    library = of_a_library.Library(corpus, import_articles([str(corpus)]))
    of_a_library.test_every_file_is_imported_and_comes_out_as_it_went_in(library, tmp_path)
    of_a_library.test_pages_answer(library)
    of_a_library.test_sitemaps_hold_the_indexable_pages_and_nothing_else(library)
    if connection.vendor == "sqlite":  # heads and lists are the same on the other one
        of_a_library.test_titles_and_descriptions_are_unique(library)
        of_a_library.test_every_graph_is_valid(library)
        of_a_library.test_every_canonical_is_indexable_and_its_own(library)
        of_a_library.test_no_article_is_further_than_four_clicks_from_the_library(library)
