"""Changes by those who may not, and of what is not there."""

from typing import Any

import pytest

from tests import documents
from tests.gateway import Gateway

Json = dict[str, Any]


CHANGES = [
    (documents.UPDATE_PAYMENT, {"input": {}}),
    (documents.DELETE_PAYMENT, {}),
    (documents.UPDATE_GATEWAY, {"input": {}}),
    (documents.DELETE_GATEWAY, {}),
    (documents.UPDATE_METHOD, {"input": {}}),
    (documents.SWITCH_METHOD % "enablePaymentMethod", {}),
    (documents.SWITCH_METHOD % "disablePaymentMethod", {}),
    (documents.SWITCH_METHOD % "deletePaymentMethod", {}),
    (documents.SET_METHOD, {"method": "x"}),
    (documents.APPROVE, {}),
    (documents.CANCEL, {}),
]


@pytest.mark.parametrize(("document", "given"), CHANGES)
async def test_a_checkout_may_do_none_of_this(gateway: Gateway, document: str, given: Json) -> None:
    order_id = await gateway.put()

    error = await gateway.fails(document, token=gateway.token(order_id), id=order_id, **given)

    assert error["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(("document", "given"), CHANGES)
async def test_what_is_not_there_is_not_found(gateway: Gateway, document: str, given: Json) -> None:
    error = await gateway.fails(document, id="nothing", **given)

    assert error["extensions"]["code"] == "NOT_FOUND"
