"""The addresses of this room: what leaves the catalogue for others' programs."""

from __future__ import annotations

from repository.catalogue.out import dcat, export, feed, health, localities, metrics, oai, sitemap

ROUTES = (
    *oai.ROUTES,
    *export.ROUTES,
    *dcat.ROUTES,
    *localities.ROUTES,
    *feed.ROUTES,
    *sitemap.ROUTES,
    *health.ROUTES,
    *metrics.ROUTES,
)
