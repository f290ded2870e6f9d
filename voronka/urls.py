"""The only wiring of addresses: each page folder brings its own list."""

from django.urls import URLPattern, URLResolver, include, path

from voronka.api.app import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("voronka.web.health.urls")),
    path("", include("voronka.web.frame.urls")),
    path("", include("voronka.web.intake.urls")),
    path("my-day/", include("voronka.web.my_day.urls")),
    path("setup/webhooks/", include("voronka.web.webhooks.urls")),
    path("blueprint/", include("voronka.web.blueprint.urls")),
    path("setup/map/", include("voronka.web.funnel_map.urls")),
    path("products/", include("voronka.web.products.urls")),
    path("sources/", include("voronka.web.sources.urls")),
    path("company/", include("voronka.web.company.urls")),
    path("c/", include("voronka.web.chat.urls")),
    path("t/", include("voronka.web.tracking.urls")),
    path("welcome/", include("voronka.web.welcome.urls")),
    path("notifications/", include("voronka.web.notifications.urls")),
    path("account/", include("voronka.web.account.urls")),
    path("api/v1/", api.urls),
    path("fields/", include("voronka.web.fields.urls")),
    path("inbox/", include("voronka.web.inbox.urls")),
    path("setup/export/", include("voronka.web.exports.urls")),
    path("imports/", include("voronka.web.imports.urls")),
    path("report/", include("voronka.web.report.urls")),
    path("account/keys/", include("voronka.web.tokens.urls")),
    path("people/", include("voronka.web.people.urls")),
    path("audit/", include("voronka.web.audit.urls")),
    path("cards/", include("voronka.web.card.urls")),
    path("filters/", include("voronka.web.filters.urls")),
    path("board/", include("voronka.web.board.urls")),
    path("clients/", include("voronka.web.clients.urls")),
    path("verdicts/", include("voronka.web.verdicts.urls")),
    path("search/", include("voronka.web.search.urls")),
    path("setup/channels/hooks/", include("voronka.web.hooks.urls")),
    path("setup/channels/", include("voronka.web.channels.urls")),
    path("setup/funnels/", include("voronka.web.editor.urls")),
    path("setup/forms/", include("voronka.web.form_builder.urls")),
    path("demo/site/", include("voronka.web.demo_site.urls")),
    path("demo/mail/", include("voronka.web.demo_mail.urls")),
    path("setup/fields/", include("voronka.web.field_setup.urls")),
    path("setup/robots/", include("voronka.web.robots.urls")),
    path("setup/routing/", include("voronka.web.routing.urls")),
    path("setup/templates/", include("voronka.web.message_templates.urls")),
    path("setup/loss-reasons/", include("voronka.web.loss_reasons.urls")),
    path("setup/exclusions/", include("voronka.web.exclusions.urls")),
    path("setup/ledger/", include("voronka.web.ledger.urls")),
    path("list/", include("voronka.web.list.urls")),
    path("recycle/", include("voronka.web.recycle.urls")),
]
handler400 = "voronka.web.frame.views.bad_request"
handler403 = "voronka.web.frame.views.forbidden"
handler404 = "voronka.web.frame.views.not_found"
handler500 = "voronka.web.frame.views.broken"
