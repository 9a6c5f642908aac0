"""Modules of a base found by what they do, so that no architecture's names are typed in."""

from torch import nn

from tasks.model.encoder import depth_of_parameters, layer_stack, linear_names, widths


def norm_names(encoder: nn.Module, layers: int = 0) -> list[str]:
    """The full names of the normalisations in the top `layers` layers and after them; 0: of all in the base.

    A normalisation is a module without children whose class is called so: LayerNorm, RMSNorm and the bases' own.
    """
    depths = depth_of_parameters(encoder)
    lowest = len(layer_stack(encoder)) - layers if layers else -1
    return [
        name
        for name, module in encoder.named_modules()
        if "norm" in type(module).__name__.lower()
        and not list(module.children())
        and any(depths[f"{name}.{own}"] > lowest for own, _ in module.named_parameters())
    ]


def key_and_value_names(encoder: nn.Module) -> list[str]:
    """The full names of the linear maps to keys and to values; none where one map makes both (ModernBERT).

    They are siblings of a map to queries: three maps of one attention whose names begin with q, k and v.
    """
    attention: dict[str, dict[str, str]] = {}
    for name in linear_names(encoder, attention_only=True):
        parent, _, own = name.rpartition(".")
        attention.setdefault(parent, {}).setdefault(own[0].lower(), name)
    siblings = [each for each in attention.values() if {"q", "k", "v"} <= each.keys()]
    return [name for each in siblings for name in (each["k"], each["v"])]


def attention_out_names(encoder: nn.Module) -> list[str]:
    """The full names of the linear maps that end each layer's attention: its last one to the hidden width."""
    width = _width(encoder)
    names = linear_names(encoder, attention_only=True)
    return _last_in_each_layer(encoder, [name for name in names if widths(encoder.get_submodule(name))[1] == width])


def feed_forward_out_names(encoder: nn.Module) -> list[str]:
    """The full names of the linear maps that end each layer's feed-forward part: from another width to the hidden."""
    width = _width(encoder)
    maps = [(name, *widths(encoder.get_submodule(name))) for name in linear_names(encoder, attention_only=False)]
    return _last_in_each_layer(encoder, [name for name, inner, outer in maps if outer == width != inner])


def _last_in_each_layer(encoder: nn.Module, names: list[str]) -> list[str]:
    layer_of = {id(module): number for number, layer in enumerate(layer_stack(encoder)) for module in layer.modules()}
    last = {layer_of[id(encoder.get_submodule(name))]: name for name in names}
    return [last[number] for number in sorted(last)]


def _width(encoder: nn.Module) -> int:
    return int(encoder.config.hidden_size)  # type: ignore[union-attr,arg-type]
