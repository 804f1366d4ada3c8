"""`kdr catalogue`: build and serve."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from metadata.finding import Finding
from metadata.wording import wording
from workflows.cli.speech import home, out, say, tell

app = typer.Typer(help=say("help.catalogue"), no_args_is_help=True)


def add_to(main: typer.Typer) -> None:
    """Add the commands to `main`."""
    main.add_typer(app, name="catalogue")


@app.command("build", help=say("help.catalogue.build"))
def build_catalogue(*, anew: Annotated[bool, typer.Option("--anew", help=say("help.catalogue.anew"))] = False) -> None:
    """Build the catalogue from store and journal."""
    from workflows.cataloguing import catalogue

    where = home()
    built = catalogue(where, anew=anew)
    out().print(say("catalogue.built", path=where.catalogue, volumes=built.volumes, pages=built.pages))


def _say(key: str, **facts: object) -> str:
    return wording("workflows", "catalogue_images.toml").say(key, None, **facts)


@app.command("images", help=_say("help"))
def prepare(*, rebuild: Annotated[bool, typer.Option("--rebuild", help=_say("help.rebuild"))] = False) -> None:
    """Make readers' images beforehand; exit code 1 when one could not be made."""
    from repository.catalogue.database import usable
    from workflows.catalogue_images import prepare_images
    from workflows.progress import counted

    where, console = home(), out()
    if not (where.catalogue.is_file() and usable(where.catalogue)):
        build_catalogue()
    with counted(_say("images")) as progress:
        done = prepare_images(where, lambda found: tell(found, console), progress, rebuild=rebuild)
    console.print(_say("prepared", made=done.made, there=done.there, failed=done.failed))
    if done.left:
        console.print(_say("left", left=done.left, gigabytes=f"{where.settings.catalogue.image_cache_gb:g}"))
    sys.exit(1 if done.failed else 0)


@app.command("serve", help=say("help.catalogue.serve"))
def serve_catalogue(
    port: Annotated[int, typer.Option(min=1, max=65535, help=say("help.catalogue.port"))] = 8001,
    host: Annotated[str, typer.Option(help=say("help.catalogue.host"))] = "127.0.0.1",
) -> None:
    """Serve the catalogue."""
    from repository.catalogue.database import usable
    from repository.catalogue.serve import serve
    from workflows.cataloguing import Refreshing, Watching, house

    where, console = home(), out()
    if not (where.catalogue.is_file() and usable(where.catalogue)):
        build_catalogue()
    console.print(say("catalogue.serving", host=host, port=port))

    def told(found: Finding) -> None:
        tell(found, console)

    serve(house(where), host, port, Refreshing(where, told), Watching(where, told))
