"""The models on offer."""

from typing import Any

from flask_smorest import Blueprint

from api import auth
from api.v1.describing import may_answer
from api.v1.schemas import ModelListSchema
from shared.accounts.access import Scope
from shared.catalog import Catalog, Model

blueprint = Blueprint("models", __name__, url_prefix="/v1/models", description="What is on offer.")
auth.require_key(blueprint)


@blueprint.get("")
@auth.needs(Scope.READ)
@blueprint.response(200, ModelListSchema)
@may_answer(blueprint, (401, 503))
def list_models() -> dict[str, Any]:
    """List every model, its limits, and who makes it here at present."""
    catalog = auth.catalog()
    return {"data": [_shown(model, catalog) for model in catalog.models.values()]}


def _shown(model: Model, catalog: Catalog) -> dict[str, Any]:
    first = catalog.routes(model)[0] if catalog.is_available(model) else None
    return {
        "name": model.name,
        "title": model.title,
        "kind": model.kind,
        "operations": model.operations,
        "credits": model.credits,
        "credits_per_second": model.credits_per_second,
        "aliases": model.aliases,
        "styles": model.styles,
        "negative_prompt": model.negative_prompt,
        "takes": model.takes,
        "limits": model.limits,
        "defaults": model.defaults,
        "available": first is not None,
        "provider": first.provider if first else None,
        "is_fallback": first.is_fallback if first else False,
    }
