"""Trainings that differ in some settings: what soup and ensemble are made of."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import core_schema

from tasks.errors import SettingsError
from tasks.finetune.post.base import Post
from tasks.settings import as_dict, settings

if TYPE_CHECKING:
    from tasks.finetune.settings import FinetuneSettings

SHARED = ("post", "val_fold", "calibrate", "precision")
"""Settings that members have in common: they are scored on one val side, in one precision, and calibrated as one."""

MOST = 100


def _checked(patch: dict[str, Any]) -> dict[str, Any]:
    """A patch as given, if finetune has such keys and values. Raises what pydantic would say of finetune itself."""
    from tasks.finetune.settings import FinetuneSettings

    TypeAdapter(FinetuneSettings).validate_python(patch)
    shared = [key for key in SHARED if key in patch]
    if shared:
        raise ValueError(f"{', '.join(shared)} cannot differ between members; set it in finetune itself")
    return patch


class _SchemaOfFinetune:
    """To an editor a patch is what finetune is; that holds this very class, hence by reference."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        from tasks.finetune.settings import FinetuneSettings

        reference: str = FinetuneSettings.__pydantic_core_schema__["ref"]  # type: ignore[attr-defined]
        return handler(core_schema.definition_reference_schema(reference))


Patch = Annotated[dict[str, Any], AfterValidator(_checked), _SchemaOfFinetune]
"""Some keys of finetune with the values that they have for one member."""


def _several(members: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    if not 2 <= len(members) <= MOST:
        raise ValueError(f"give 2 to {MOST} members, {{}} for one with finetune's own settings")
    return members


@settings
class Members(Post):
    """What is trained once for each patch."""

    members: Annotated[tuple[Patch, ...], AfterValidator(_several), Field(json_schema_extra={"minItems": 2})]
    """Settings in which each training differs from finetune, e.g. [{seed: 1}, {seed: 2}, {learning_rate: 1.0e-4}]."""

    def trainings(self, finetune: "FinetuneSettings") -> list["FinetuneSettings"]:
        from tasks.finetune.settings import FinetuneSettings

        plain = as_dict(finetune) | {"post": {"kind": "none"}}
        found: list[FinetuneSettings] = []
        for number, patch in enumerate(self.members):
            try:
                found.append(TypeAdapter(FinetuneSettings).validate_python(_inherited(plain, patch) | patch))
            except ValidationError as error:
                raise SettingsError(f"finetune.post.members.{number}: {error.errors()[0]['msg']}.") from None
        _refuse_repeats(found)
        return found


def _inherited(plain: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """What a member has from finetune itself: all of it; for a head without a loop, what such a head reads."""
    from tasks.finetune.plan import USED_WITHOUT_LOOP

    kind = (plain | patch)["strategy"]["kind"]
    if kind != "feature_extraction":
        return plain
    return {key: value for key, value in plain.items() if key in USED_WITHOUT_LOOP}


def _refuse_repeats(trainings: "list[FinetuneSettings]") -> None:
    seen: list[dict[str, Any]] = []
    for number, each in enumerate(trainings):
        decides = _what_decides(each)
        if decides in seen:
            raise SettingsError(
                f"finetune.post.members.{number}: trains the very same as members.{seen.index(decides)}, so it adds "
                f"nothing. Give it a setting that changes what {each.strategy.kind} learns."
            )
        seen.append(decides)


def _what_decides(training: "FinetuneSettings") -> dict[str, Any]:
    """The settings that a training's result depends on."""
    from tasks.finetune.fingerprint import WITHOUT_EFFECT
    from tasks.finetune.plan import USED_WITHOUT_LOOP

    values = as_dict(training)
    if training.strategy.kind == "feature_extraction":  # its loss has one minimum, whatever the seed
        return {key: values[key] for key in sorted(USED_WITHOUT_LOOP - {"seed"})}
    return {key: value for key, value in values.items() if key not in WITHOUT_EFFECT}
