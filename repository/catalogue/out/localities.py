"""/localities.geojson: where the maps lie that everybody may see (GeoJSON, RFC 7946)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from datasette import Response

from repository.catalogue.addresses import origin
from repository.catalogue.presentation import NAME
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

_PLACED = """
select uuid, called, year, institution, type, coordinates, west, south, east, north
from volume where west is not null order by uuid
"""


async def localities(datasette: Datasette, request: Request) -> Response:
    """A feature for every volume whose record says where it lies."""
    rows = (await datasette.get_database(NAME).execute(_PLACED)).rows
    features = [feature(dict(row), origin(datasette, request)) for row in rows]
    answer = Response.json({"type": "FeatureCollection", "features": features})
    answer.content_type = "application/geo+json"
    return answer


def feature(row: Mapping[str, Any], base: str) -> dict[str, Any]:
    """The feature of a volume's row: a box, counter-clockwise (RFC 7946, 3.1.6), or a point."""
    west, south, east, north = (row[edge] for edge in ("west", "south", "east", "north"))
    around = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    area = {"type": "Polygon", "coordinates": [around]}
    point = {"type": "Point", "coordinates": [west, south]}
    told = {name: row[name] for name in ("year", "institution", "type", "coordinates")}
    return {
        "type": "Feature",
        "id": row["uuid"],
        "bbox": [west, south, east, north],
        "geometry": area if west < east and south < north else point,
        "properties": {"title": row["called"], "url": f"{base}/volume/{row['uuid']}"} | told,
    }


ROUTES = (Route("localities", r"^/localities\.geojson$", localities, media="application/geo+json", shared=True),)
