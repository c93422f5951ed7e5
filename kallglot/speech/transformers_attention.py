"""The attention of a layer of transformers, by its weights and without what it costs to call it.

A small model spends most of its time between two multiplications.  Here what can be multiplied at
once is, and the caches of many rows are plain tensors, from which rows that are done with can go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.nn import functional

__all__ = ["Attention", "Cache", "joined"]

_Together: TypeAlias = Callable[[torch.Tensor], Sequence[torch.Tensor]]


def joined(*parts: Any) -> _Together:
    """What several projections make of one input, by one multiplication where that can be.

    The projections share the memory of the one afterwards.
    """
    if any(type(part) is not nn.Linear for part in parts):  # quantised, for example
        return lambda given: [part(given) for part in parts]
    sizes = [part.out_features for part in parts]
    weight = torch.cat([part.weight.detach() for part in parts])
    bias = torch.cat(
        [
            weight.new_zeros(part.out_features) if part.bias is None else part.bias.detach()
            for part in parts
        ]
    )
    for part, own in zip(parts, torch.split(weight, sizes), strict=True):
        part.weight = nn.Parameter(own, requires_grad=False)
    return lambda given: torch.split(functional.linear(given, weight, bias), sizes, -1)


class Cache:
    """Keys and values, each rows by heads by places by width of a head."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        self.keys = keys
        self.values = values

    def keep(self, rows: torch.Tensor) -> None:
        self.keys, self.values = self.keys[rows], self.values[rows]


class Attention:
    """One attention module: to what is in the rows themselves, or to a memory."""

    def __init__(self, module: Any, *, is_to_memory: bool = False) -> None:
        self.heads: int = module.num_heads
        self.size: int = module.head_dim
        self.scale: float = module.scaling
        self.device: torch.device = next(
            iter(module.parameters()), torch.empty(0)
        ).device  # quantised modules have no parameters, and are on the CPU
        self.out = module.out_proj
        if is_to_memory:
            self.ask = module.q_proj
            self.remember = joined(module.k_proj, module.v_proj)
        else:
            self.project = joined(module.q_proj, module.k_proj, module.v_proj)

    def split(self, states: torch.Tensor) -> torch.Tensor:
        """Rows by places by width, as rows by heads by places by width of a head."""
        return states.view(*states.shape[:2], self.heads, self.size).transpose(1, 2)

    def room(self, rows: int, places: int, like: torch.Tensor) -> Cache:
        """A cache with nothing in it yet."""
        shape = (rows, self.heads, places, self.size)
        return Cache(like.new_empty(shape), like.new_empty(shape))

    def go_on(
        self, states: torch.Tensor, cache: Cache, at: int, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """Attend to the cache and to the states, which are put into it from the place `at` on."""
        query, key, value = map(self.split, self.project(states))
        end = at + states.shape[1]
        cache.keys[:, :, at:end] = key
        cache.values[:, :, at:end] = value
        return self.look(query, cache.keys[:, :, :end], cache.values[:, :, :end], mask)

    def look(
        self,
        query: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        seen = functional.scaled_dot_product_attention(
            query, keys, values, attn_mask=mask, scale=self.scale
        )
        rows, _, places, _ = seen.shape
        out: torch.Tensor = self.out(seen.transpose(1, 2).reshape(rows, places, -1))
        return out
