"""Texts that say the same in nearly the same letters."""

from tasks.near_duplicates.normal_form import normal_forms
from tasks.near_duplicates.pairs import near_any, near_pairs
from tasks.near_duplicates.shingles import jaccard

__all__ = ["jaccard", "near_any", "near_pairs", "normal_forms"]
