"""The addresses that Klarna calls: each holds its payment's secret, and nobody else knows it."""

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

from graph.http.addresses import Networks, address_of, is_among
from graph.http.answers import as_json, refused
from graph.http.bodies import body_of
from resolvers.background.callbacks import REPORTS, Report, receive
from resolvers.context import Services
from resolvers.errors import BadInput, NotFound

ROUTES = {name: f"/klarna/{name}/{{payment}}/{{secret}}" for name in REPORTS}
"""Where each kind of report is made; the paths are in the sessions that we open."""


def add_callbacks(
    app: web.Application, services: Services, networks: Networks, body_timeout: float
) -> None:
    """Have an application listen to Klarna, from these networks only if there are any."""
    for name, path in ROUTES.items():
        app.router.add_post(path, _handler(services, REPORTS[name], networks, body_timeout))


def _handler(
    services: Services, report: Report, networks: Networks, body_timeout: float
) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        """Take a report: 200 once it is written down, and 404 to whoever is not Klarna."""
        if networks and not _from(request, networks):
            return refused(NotFound("There is nothing here."), status=404)
        path = request.match_info
        try:
            body = orjson.loads(await body_of(request, body_timeout))
        except orjson.JSONDecodeError:
            body = None
        try:
            await receive(services, report, path["payment"], path["secret"], body)
        except NotFound as error:
            return refused(error, status=404)
        except BadInput as error:
            return refused(error, status=400)
        return as_json({})

    return handle


def _from(request: web.Request, networks: Networks) -> bool:
    address = address_of(request)
    return address is not None and is_among(address, networks)
