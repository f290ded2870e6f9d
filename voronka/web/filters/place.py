"""Which page a dialog belongs to: sent along as path, type, funnel, stages and keep."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme

from voronka.pipelines.models import ItemType, Pipeline


@dataclass(frozen=True, slots=True)
class Place:
    """A page with a filter bar, as its dialogs know it."""

    path: str
    item_type: ItemType
    pipeline: Pipeline | None
    stages: bool
    keep: dict[str, list[str]]  # the page's other parameters

    @classmethod
    def read(cls, data: QueryDict) -> Place:
        """Read a place; 404 for one that is not of this house."""
        path = data.get("path", "")
        if not path.startswith("/") or not url_has_allowed_host_and_scheme(path, None):
            raise Http404
        item_type = get_object_or_404(ItemType, code=data.get("type", ""))
        funnel = data.get("funnel", "")
        pipeline = None
        if funnel:
            pk = int(funnel) if funnel.isdecimal() and len(funnel) < 19 else 0
            pipeline = get_object_or_404(Pipeline, pk=pk, item_type=item_type)
        keep = parse_qs(data.get("keep", ""), max_num_fields=100)
        return cls(path.split("?")[0], item_type, pipeline, data.get("stages") == "1", keep)

    @property
    def hidden(self) -> dict[str, str]:
        """The inputs that a dialog sends back."""
        found = {"path": self.path, "type": self.item_type.code, "keep": urlencode(self.keep, True)}
        if self.pipeline:
            found["funnel"] = str(self.pipeline.pk)
        if self.stages:
            found["stages"] = "1"
        return found
