"""What Datasette asks before it does something; who sees which rows is not asked here but in `database`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from repository.catalogue.house import served
from repository.catalogue.rights.audience import current

if TYPE_CHECKING:
    from datasette.app import Datasette


def may_ask(datasette: Datasette, action: str) -> bool | None:
    """Whether whoever asks may put questions in SQL, as the setting `sql` has it; None where it is not about that."""
    house = served(datasette)
    if house is None or action != "execute-sql":
        return None
    return house.config.sql == "all" or (house.config.sql == "staff" and current().staff)
