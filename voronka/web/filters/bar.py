"""What the filter bar shows: everyday chips, what else is set, and the saved views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from voronka.items.filters import CardFilter, Mark, marks
from voronka.items.models import SavedView
from voronka.items.saved_views import default_view, filter_of, views_of
from voronka.people.access import Scope
from voronka.people.models import User
from voronka.people.requests import SignedInRequest
from voronka.pipelines.models import ItemType, Pipeline
from voronka.web.filters.place import Place

_OF_VIEW = ("view", "sort", "group", "fold")  # parameters that the tab of all cards drops
ALL = "all"  # ?view=all: no view, not even the default one
FORGOTTEN = ("page", "after", "csrfmiddlewaretoken")  # what a change of the filter leaves behind
Query = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter of every day that a click puts on and takes off."""

    title: str
    url: str
    pressed: bool
    hint: str = ""


@dataclass(frozen=True, slots=True)
class SetMark:
    """Something else that is set, with the address without it."""

    mark: Mark
    url: str


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view over the list."""

    view: SavedView | None  # None: all cards
    title: str
    url: str
    current: bool
    changed: bool = False  # the filter, columns or sort are no longer what it keeps
    editable: bool = False


@dataclass
class FilterBar:
    """What templates/filters/_bar.html and _views.html draw; see the package."""

    user: User
    item_type: ItemType
    pipeline: Pipeline | None
    path: str
    asked: CardFilter
    view: SavedView | None = None
    views: list[SavedView] = field(default_factory=list)
    keep: dict[str, list[str]] = field(default_factory=dict)  # other parameters of the page
    region: str = ""
    stages: bool = True

    @classmethod
    def of(
        cls,
        request: SignedInRequest,
        item_type: ItemType,
        pipeline: Pipeline | None = None,
        *,
        region: str = "",
        stages: bool = True,
    ) -> FilterBar:
        """Read the filter of a page. One SQL query, for the views.

        Args:
            region: selector of what a chip changes; see the package.
            stages: whether the dialog asks for stage and state.
        """
        user = request.user
        asked = CardFilter.read(request.GET)
        views = views_of(user, item_type, pipeline)
        wanted = request.GET.get("view", "")
        view = next((v for v in views if str(v.pk) == wanted), None)
        if not wanted and not asked:
            view = default_view(views, user)
        if view and not asked and not asked.refused:
            asked = filter_of(view)
        names = CardFilter.params(request.GET)
        keep = {
            name: values
            for name, values in request.GET.lists()
            if name not in names and name not in FORGOTTEN and name != "view"
        }
        if view or wanted == ALL:
            keep["view"] = [str(view.pk) if view else ALL]
        return cls(
            user, item_type, pipeline, request.path, asked, view, views, keep, region, stages
        )

    def url(self, asked: CardFilter) -> str:
        """Return the address of the page with another filter."""
        keep = dict(self.keep)
        if self.view and not asked and filter_of(self.view):
            keep["view"] = [ALL]
        return address(self.path, asked, keep)

    @cached_property
    def hidden(self) -> list[tuple[str, str]]:
        """Everything but the text, for the form with the search field."""
        query = {**self.asked.without("q").query(), **self.keep}
        return [(name, value) for name, values in query.items() for value in values]

    @cached_property
    def own_only(self) -> bool:
        """Whether the person sees no cards of others here, so that "mine" says nothing."""
        pipeline = self.pipeline.code if self.pipeline else ""
        return self.user.access.scope("see", self.item_type.code, pipeline) <= Scope.OWN

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters of every day."""
        asked = self.asked
        chips = []
        if not self.own_only:
            mine = asked.with_(mine=not asked.mine)
            chips.append(Chip(_("Mine"), self.url(mine), asked.mine))
        overdue = asked.with_(overdue=not asked.overdue)
        hint = _("Stand in their stage longer than it allows")
        chips.append(Chip(_("Stalled"), self.url(overdue), asked.overdue, hint))
        for step, title in (
            ("none", pgettext("filter", "No next step")),
            ("overdue", _("Step overdue")),
            ("today", _("Step today")),
        ):
            pressed = asked.steps == (step,)
            other = asked.with_(steps=() if pressed else (step,))
            chips.append(Chip(title, self.url(other), pressed))
        return chips

    @cached_property
    def marks(self) -> list[SetMark]:
        """What else is set, piece by piece. A query for each kind of reference."""
        said = {"q", "mine", "overdue"} | ({"step"} if len(self.asked.steps) == 1 else set())
        if self.asked.steps == ("later",):
            said.discard("step")
        found = marks(self.asked, self.user, item_type=self.item_type)
        return [
            SetMark(mark, self.url(self.asked.without(mark.param)))
            for mark in found
            if mark.param not in said
        ]

    @cached_property
    def clear_url(self) -> str:
        """The address without any filter."""
        return self.url(CardFilter())

    @cached_property
    def written(self) -> list[tuple[str, str]]:
        """The filter as hidden inputs."""
        return [(n, v) for n, values in self.asked.query().items() for v in values]

    @cached_property
    def place(self) -> Place:
        """Where the dialogs belong to."""
        return Place(self.path, self.item_type, self.pipeline, self.stages, self.keep)

    @property
    def arranged(self) -> bool:
        """Whether columns, sort or groups were chosen on the page."""
        return any(name in self.keep for name in ("columns", "sort", "group"))

    @cached_property
    def dialog_url(self) -> str:
        """Where the dialog with all filters comes from."""
        query = {**self.place.hidden, **self.asked.query()}
        return f"{reverse('filters:dialog')}?{urlencode(query, doseq=True)}"

    @cached_property
    def save_url(self) -> str:
        """Where the dialog that saves a view comes from."""
        query = {**self.place.hidden, **self.asked.query()}
        return f"{reverse('filters:save_view')}?{urlencode(query, doseq=True)}"

    @cached_property
    def edit_url(self) -> str:
        """Where the dialog of the open view comes from."""
        url = reverse("filters:edit_view", args=[self.view.pk if self.view else 0])
        return f"{url}?{urlencode(self.place.hidden)}"

    @cached_property
    def tabs(self) -> list[Tab]:
        """All cards, then the saved views. No query."""
        sharing = self.user.access.has("share_views")
        bare = {name: values for name, values in self.keep.items() if name not in _OF_VIEW}
        has_default = default_view(self.views, self.user) is not None
        start = urlencode(bare | ({"view": [ALL]} if has_default else {}), True)
        first = f"{self.path}?{start}" if start else self.path
        tabs = [Tab(None, _("All"), first, self.view is None and not self.asked)]
        for view in self.views:
            current = view == self.view
            tabs.append(
                Tab(
                    view,
                    view.name,
                    f"{self.path}?view={view.pk}",
                    current,
                    changed=current and self._changed(view),
                    editable=sharing if view.shared else view.owner_id == self.user.pk,
                )
            )
        return tabs

    @property
    def tab(self) -> Tab | None:
        """The view that is open."""
        return next((tab for tab in self.tabs if tab.current and tab.view), None)

    def _changed(self, view: SavedView) -> bool:
        columns, sort = self.keep.get("columns"), self.keep.get("sort")
        group = self.keep.get("group")
        return (
            self.asked != filter_of(view)
            or (columns is not None and columns[0].split(",") != view.params.get("columns"))
            or (sort is not None and sort[0] != view.params.get("sort"))
            or (group is not None and group[0].strip("-") != view.params.get("group", ""))
        )


def address(path: str, asked: CardFilter, keep: Query) -> str:
    """Return the address of a page with a filter and its other parameters."""
    query = urlencode({**asked.query(), **keep}, doseq=True)
    return f"{path}?{query}" if query else path
