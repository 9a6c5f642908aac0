"""How alike two sets of features of the same rows are"""

import torch
from torch import Tensor
from torch.nn import functional as F


def linear_cka(x: Tensor, y: Tensor) -> float:
    """How alike two sets of features are, 0 to 1, whatever turn or scale lies between them.

    Kornblith et al. 2019, arXiv 1905.00414, eq. 5, by the rows' products, which are fewer than the features'.
    x: (N, D1), y: (N, D2), the same N rows. 1 if neither set has any spread, 0 if one of them has none.
    Raises ValueError if N differs.
    """
    if len(x) != len(y):
        raise ValueError(f"{len(x)} rows against {len(y)}")
    first, second = _centred_products(x), _centred_products(y)
    spread, other = float((first * first).sum()), float((second * second).sum())
    if spread == 0 or other == 0:
        return float(spread == other)
    return min(1.0, float((first * second).sum()) / (spread * other) ** 0.5)


def mean_cosine(x: Tensor, y: Tensor) -> float:
    """The mean over rows of the cosine between a row of x and the same row of y, both (N, D)."""
    return float(F.cosine_similarity(x.double(), y.double(), dim=-1).mean())


def spread(x: Tensor) -> float:
    """One minus the mean cosine between different rows of x (N, D): 0 if all point the same way."""
    if len(x) < 2:
        return 0.0
    towards = F.normalize(x.double(), dim=-1)
    cosines = towards @ towards.T
    others = cosines.sum() - cosines.diagonal().sum()
    return 1.0 - float(others) / (len(x) * (len(x) - 1))


def _centred_products(x: Tensor) -> Tensor:
    centred = x.double() - x.double().mean(0)
    products: Tensor = torch.matmul(centred, centred.T)
    return products
