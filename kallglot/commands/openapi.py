"""`kallglot openapi`: the reference of the API for programs, written without a server."""

from __future__ import annotations

import sys

import click
import msgspec

from kallglot.api.app import ENDPOINTS
from kallglot.api.reference import Reference
from kallglot.commands.terminal import examples

__all__ = ["command"]


@click.command(
    "openapi",
    epilog=examples("kallglot openapi > openapi.json", "kallglot openapi --stream > asyncapi.json"),
)
@click.option("--stream", "is_stream", is_flag=True, help="The protocol of the stream instead.")
@click.option(
    "--url",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="Where the server can be reached.",
)
def command(*, is_stream: bool, url: str) -> None:
    """Write the reference of the API as OpenAPI 3.1, or of the stream as AsyncAPI 3.0."""
    reference = Reference(ENDPOINTS, url.rstrip("/"))
    document = reference.asyncapi if is_stream else reference.openapi
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
