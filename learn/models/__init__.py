"""The models: subjects, articles, the links between them, redirects and import runs.

The URL of an article is its identity: `(subject, slug)` is unique. The `id` of the files is not: the same question
is filed under several subjects with one id.
"""

from __future__ import annotations

from .articles import Article, DescriptionStart, Revision
from .derived import MostLinked, SearchWord, SimilarQuestions, SiteState, SubjectCount, SubjectToRelate
from .imports import ImportConflict, ImportRun, Upload
from .links import MissingPage, Redirect, RelatedLink
from .revisions import RevisionDetails, Revisions
from .subjects import Subject, validate_slug, validate_subject_slug

__all__ = [
    "Article",
    "DescriptionStart",
    "ImportConflict",
    "ImportRun",
    "MissingPage",
    "MostLinked",
    "Redirect",
    "RelatedLink",
    "Revision",
    "RevisionDetails",
    "Revisions",
    "SearchWord",
    "SimilarQuestions",
    "SiteState",
    "Subject",
    "SubjectCount",
    "SubjectToRelate",
    "Upload",
    "validate_slug",
    "validate_subject_slug",
]
