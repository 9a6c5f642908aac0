"""What was found to disagree → mended, all but requests, which the gates answer"""

from tasks.errors import DataError
from tasks.lineage.ledger import ledger_name, read_anchor, read_ledger
from tasks.paths import Paths
from tasks.promotion.champions import earlier_champions
from tasks.promotion.choice import aliases_by_name
from tasks.promotion.disagreements import Calm, Finish, Replace, RestoreAlias, State, Warn
from tasks.promotion.effect import CHAMPION, set_champion
from tasks.promotion.enter import enter
from tasks.promotion.marks import mark
from tasks.promotion.rollback import find_fit
from tasks.promotion.settled import deciding, settled_ledger
from tasks.tracking import Store

WARNING = "finetrace.warning"
"""Tag of the registered model: what is wrong with its ledger, or with its champion."""
BY = "finetrace reconcile"
_PAGE = 1_000


def read_state(store: Store, paths: Paths, name: str) -> State:
    """What the registry and the ledger say now."""
    aliases = aliases_by_name(store, name)
    return State(read_ledger(store, paths, name), aliases.get(CHAMPION), _versions(store, name), _warned(store, name))


def mend(store: Store, paths: Paths, name: str, action: Warn | Calm | Finish | RestoreAlias | Replace) -> str:
    """Do it; a line about what was done. Raises DataError if the champion is gone and no earlier one is sound."""
    if isinstance(action, Warn):
        warn(store, name, action.text)
        return f"the ledger of {name} was tampered with: {action.text}"
    if isinstance(action, Calm):
        store.client.delete_registered_model_tag(name, WARNING)
        return f"what {name} was warned of is mended"
    with deciding(paths):
        if isinstance(action, Finish):
            settled_ledger(store, paths, name)
            return f"a promotion of {name} that was cut off is finished"
        if isinstance(action, RestoreAlias):
            set_champion(store, name, settled_ledger(store, paths, name).chain.champion)
            return f"the alias champion of {name} was removed; it is at v{action.version} again"
        return _replace(store, paths, name, action.lost)


def warn(store: Store, name: str, text: str) -> None:
    """Say on the registered model's page what is wrong; on its ledger's, if it is the model that is gone."""
    is_there = read_anchor(store, name) is not None
    store.client.set_registered_model_tag(name if is_there else ledger_name(name), WARNING, text)


def _replace(store: Store, paths: Paths, name: str, lost: int) -> str:
    begun = settled_ledger(store, paths, name).chain
    asked = aliases_by_name(store, name).get(CHAMPION)
    try:
        fit = find_fit(store, paths, name, begun, earlier_champions(begun.entries))
    except DataError as error:
        raise DataError(f"the champion v{lost} of {name} was deleted, and {error}") from None
    number, reason = fit.verified.number, f"v{lost} was deleted from the registry"
    said = {"by": BY, "via": "reconciler", "reason": reason}
    enter(
        store,
        paths,
        name,
        begun=begun,
        now=begun,
        action="restore",
        version=number,
        becomes=number,
        evidence=fit.verified.evidence,
        **said,
    )
    if asked not in (None, number):
        mark(store, name, int(asked or 0), f"PUT BACK: {reason} before you asked, and v{number} restored; ask again")
    return f"the champion v{lost} of {name} was deleted: v{number} is the champion again"


def _versions(store: Store, name: str) -> set[int]:
    found: set[int] = set()
    token = None
    while True:
        page = store.client.search_model_versions(f"name = '{name}'", max_results=_PAGE, page_token=token)
        found |= {int(each.version) for each in page}
        token = page.token
        if not token:
            return found


def _warned(store: Store, name: str) -> str:
    from mlflow.exceptions import MlflowException

    for page in (name, ledger_name(name)):
        try:
            return str(store.client.get_registered_model(page).tags.get(WARNING, ""))
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
    return ""
