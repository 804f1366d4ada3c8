"""/dcat.jsonld, .ttl, .xml: what data are given out, for catalogues of open data (DCAT-AP 3.0; DCAT-AP-CZ, 2024).

Which terms of use hold is said by the settings; of copyright in the data themselves and of persons named in them it is
said here, as DCAT-AP-CZ wants it of every distribution.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasette import Response
from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, XSD

from metadata.wording import Tongue
from repository.catalogue.addresses import contact, host_of, origin
from repository.catalogue.house import Config, house_of
from repository.catalogue.presentation import NAME, Speech
from repository.catalogue.routes import Route

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

MEDIA = {
    "jsonld": ("json-ld", "application/ld+json"),
    "ttl": ("turtle", "text/turtle; charset=utf-8"),
    "xml": ("pretty-xml", "application/rdf+xml"),
}
"""Ending -> format of rdflib, type of the answer."""

_VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
_TERMS = Namespace("https://data.gov.cz/slovník/podmínky-užití/")
_EU = "http://publications.europa.eu/resource/authority/"
_IANA = "http://www.iana.org/assignments/media-types/"
_CULTURE = URIRef(_EU + "data-theme/EDUC")  # "Education, culture and sport"
# DCAT-AP-CZ: rows are facts, in a database that is nobody's work; what they tell of persons are authors' names.
_SPECIFIED = {
    "autorské-dílo": "neobsahuje-autorská-díla",
    "databáze-jako-autorské-dílo": "není-autorskoprávně-chráněnou-databází",
    "databáze-chráněná-zvláštními-právy": "není-chráněna-zvláštním-právem-pořizovatele-databáze",
}
_CONDITIONS = "https://data.gov.cz/podmínky-užití/"


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a data set: path, name in the EU's list of file types and in IANA's of media types (empty: none)."""

    path: str
    type: str
    media: str


def _tables(table: str) -> tuple[_File, ...]:
    return (
        _File(f"/export/{table}.csv", "CSV", "text/csv"),
        _File(f"/export/{table}.json", "JSON", "application/json"),
        _File(f"/export/{table}.ndjson", "", ""),
    )


_SETS = {
    "volumes": _tables("volume"),
    "pages": _tables("page"),
    "names": _tables("name"),
    "localities": (_File("/localities.geojson", "GEOJSON", "application/geo+json"),),
}
_PERSONAL = ("volumes", "names")
_SERVICES = {
    "oai": ("/oai", "http://www.openarchives.org/OAI/2.0/"),
    "iiif": ("/iiif/collection", "http://iiif.io/api/presentation/3/"),
}


async def dcat(datasette: Datasette, request: Request) -> Response:
    """The description in the format that the address ends in."""
    row = (await datasette.get_database(NAME).execute("select max(stored) as changed from volume")).first()
    graph = described(origin(datasette, request), house_of(datasette).config, row["changed"] or "")
    form, media = MEDIA[request.url_vars["format"]]
    return Response(await asyncio.to_thread(graph.serialize, format=form), content_type=media)


def described(base: str, config: Config, changed: str) -> Graph:
    """The catalogue at `base`, whose data were `changed` at that moment (ISO 8601; empty: not known)."""
    graph = Graph()
    for prefix, space in (("dcat", DCAT), ("dct", DCTERMS), ("foaf", FOAF), ("vcard", _VCARD), ("pu", _TERMS)):
        graph.bind(prefix, space)
    catalogue, publisher = URIRef(f"{base}/dcat"), URIRef(f"{base}/dcat#publisher")
    for rdf_type in (FOAF.Agent, FOAF.Organization):
        graph.add((publisher, RDF.type, rdf_type))
    graph.add((publisher, FOAF.name, Literal(config.publisher or host_of(base), "cs")))
    graph.add((catalogue, RDF.type, DCAT.Catalog))
    _say(graph, catalogue, "catalogue")
    graph.add((catalogue, DCTERMS.publisher, publisher))
    graph.add((catalogue, FOAF.homepage, URIRef(f"{base}/")))
    for language in ("CES", "ENG"):
        graph.add((catalogue, DCTERMS.language, URIRef(f"{_EU}language/{language}")))
    for name in _SETS:
        dataset = _dataset(graph, base, name, config)
        graph.add((catalogue, DCAT.dataset, dataset))
        graph.add((dataset, DCTERMS.publisher, publisher))
        if changed:
            graph.add((dataset, DCTERMS.modified, Literal(changed, datatype=XSD.dateTime)))
    for name, (path, standard) in _SERVICES.items():
        service = URIRef(f"{base}/dcat#{name}")
        graph.add((catalogue, DCAT.service, service))
        graph.add((service, RDF.type, DCAT.DataService))
        _say(graph, service, name)
        graph.add((service, DCAT.endpointURL, URIRef(base + path)))
        graph.add((service, DCTERMS.conformsTo, URIRef(standard)))
        graph.add((service, DCAT.servesDataset, URIRef(f"{base}/dcat#volumes")))
    return graph


def _dataset(graph: Graph, base: str, name: str, config: Config) -> URIRef:
    dataset, who = URIRef(f"{base}/dcat#{name}"), BNode()
    graph.add((dataset, RDF.type, DCAT.Dataset))
    _say(graph, dataset, name)
    graph.add((dataset, DCAT.theme, _CULTURE))
    graph.add((dataset, DCTERMS.accrualPeriodicity, URIRef(f"{_EU}frequency/IRREG")))
    graph.add((dataset, DCTERMS.spatial, URIRef(f"{_EU}country/CZE")))
    for tongue in Tongue:
        for word in Speech(tongue).say(f"out.dcat.{name}.words").split(", "):
            graph.add((dataset, DCAT.keyword, Literal(word, tongue.value)))
    graph.add((dataset, DCAT.contactPoint, who))
    graph.add((who, RDF.type, _VCARD.Organization))
    graph.add((who, _VCARD.fn, Literal(config.publisher or host_of(base), "cs")))
    graph.add((who, _VCARD.hasEmail, URIRef(f"mailto:{contact(config.contact, base)}")))
    for file in _SETS[name]:
        graph.add((dataset, DCAT.distribution, _distribution(graph, base, file, config, personal=name in _PERSONAL)))
    return dataset


def _distribution(graph: Graph, base: str, file: _File, config: Config, *, personal: bool) -> URIRef:
    given, terms = URIRef(f"{base}/dcat#{file.path.strip('/').replace('/', '-')}"), BNode()
    graph.add((given, RDF.type, DCAT.Distribution))
    for way in (DCAT.accessURL, DCAT.downloadURL):
        graph.add((given, way, URIRef(base + file.path)))
    if file.type:
        graph.add((given, DCTERMS["format"], URIRef(f"{_EU}file-type/{file.type}")))
        graph.add((given, DCAT.mediaType, URIRef(_IANA + file.media)))
    if config.data_licence:
        graph.add((given, DCTERMS.license, URIRef(config.data_licence)))
    graph.add((given, _TERMS.specifikace, terms))
    graph.add((terms, RDF.type, _TERMS.Specifikace))
    persons = "obsahuje-osobní-údaje" if personal else "neobsahuje-osobní-údaje"
    for about, said in (_SPECIFIED | {"osobní-údaje": persons}).items():
        graph.add((terms, _TERMS[about], URIRef(f"{_CONDITIONS}{said}/")))
    return given


def _say(graph: Graph, node: URIRef, name: str) -> None:
    for tongue in Tongue:
        speech = Speech(tongue)
        graph.add((node, DCTERMS.title, Literal(speech.say(f"out.dcat.{name}.title"), tongue.value)))
        graph.add((node, DCTERMS.description, Literal(speech.say(f"out.dcat.{name}.about"), tongue.value)))


ROUTES = (Route("dcat", r"^/dcat\.(?P<format>jsonld|ttl|xml)$", dcat, media="application/ld+json", shared=True),)
