"""The models: subjects, articles, the links between them, redirects and import runs.

The URL of an article is its identity: `(subject, slug)` is unique. The `id` of the files is not: the same question
is filed under several subjects with one id.
"""

from __future__ import annotations

from .article_indexes import DescriptionStart
from .articles import Article, Revision
from .bases import DeletedArticle, ExportedFile, FileSource, ImportedFile
from .change_sets import ChangeItem, ChangeSet
from .deletions import forget_deletion, leave_gone_redirect, record_deletion
from .derived import (
    ArticleToRelate,
    ArticleVector,
    CanonicalChoice,
    DifferentQuestions,
    DuplicateGroup,
    DuplicateMember,
    MostLinked,
    SearchWord,
    SimilarityBasis,
    SimilarQuestions,
    SiteState,
    SubjectCount,
)
from .feedback import (
    QUOTE_MAX_LENGTH,
    REPORT_MAX_LENGTH,
    FeedbackUse,
    HelpfulCount,
    MostRead,
    ReadCount,
    ReadLog,
    Report,
)
from .imports import ImportConflict, ImportRun, Upload
from .links import MissingPage, Redirect, RelatedLink
from .pictures import Picture, PictureName, PictureUse
from .reviews import Comment, Presence, Review
from .revisions import RevisionDetails, Revisions
from .searching import SEARCHED_MAX_LENGTH, SearchLogEntry, SearchPin, SearchSynonym
from .subjects import Subject, validate_slug, validate_subject_slug
from .syncing import SyncDelivery, SyncedBranch, SyncRun
from .topics import ArticleTopic, ArticleToPlace, Topic, TopicCount, TopicName, TopicSlug
from .words import AnswerLink, AnswerWords
from .workers import Worker
from .working_copies import PreviewLink, WorkingCopy

__all__ = [
    "QUOTE_MAX_LENGTH",
    "REPORT_MAX_LENGTH",
    "SEARCHED_MAX_LENGTH",
    "AnswerLink",
    "AnswerWords",
    "Article",
    "ArticleToPlace",
    "ArticleToRelate",
    "ArticleTopic",
    "ArticleVector",
    "CanonicalChoice",
    "ChangeItem",
    "ChangeSet",
    "Comment",
    "DeletedArticle",
    "DescriptionStart",
    "DifferentQuestions",
    "DuplicateGroup",
    "DuplicateMember",
    "ExportedFile",
    "FeedbackUse",
    "FileSource",
    "HelpfulCount",
    "ImportConflict",
    "ImportRun",
    "ImportedFile",
    "MissingPage",
    "MostLinked",
    "MostRead",
    "Picture",
    "PictureName",
    "PictureUse",
    "Presence",
    "PreviewLink",
    "ReadCount",
    "ReadLog",
    "Redirect",
    "RelatedLink",
    "Report",
    "Review",
    "Revision",
    "RevisionDetails",
    "Revisions",
    "SearchLogEntry",
    "SearchPin",
    "SearchSynonym",
    "SearchWord",
    "SimilarQuestions",
    "SimilarityBasis",
    "SiteState",
    "Subject",
    "SubjectCount",
    "SyncDelivery",
    "SyncRun",
    "SyncedBranch",
    "Topic",
    "TopicCount",
    "TopicName",
    "TopicSlug",
    "Upload",
    "Worker",
    "WorkingCopy",
    "forget_deletion",
    "leave_gone_redirect",
    "record_deletion",
    "validate_slug",
    "validate_subject_slug",
]
