from __future__ import annotations
from django.http import HttpResponse


def overview(request, site):
    return HttpResponse()


def kind(request, key, site):
    return HttpResponse()
