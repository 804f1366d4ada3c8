"""All pages of archivists and operators."""

from __future__ import annotations

from repository.catalogue.standing import capacity_page, safety_page, where_page, work_page

ROUTES = (*safety_page.ROUTES, *capacity_page.ROUTES, *work_page.ROUTES, *where_page.ROUTES)
