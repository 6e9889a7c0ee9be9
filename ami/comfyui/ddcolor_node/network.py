"""The function of upstream's network in fewer bytes, in parts that each compute in a type of their own.

Upstream multiplies 100 queries with 256 features of each of the 512 x 512 pixels, then projects the 100 values to a
and b. Both steps are linear, and so is the blur before them: the queries are projected first, features become a and b
before they are shuffled to full size, and the blur runs on two planes. Norms of channels use the fused kernel, which
adds up in float32 in any type; upstream's own squares overflow float16 where a value is 256 from the mean. Position
encodings are constants.
"""

from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval


class Part(nn.Module):
    """Computes in one type, to which it casts its inputs. Weights are cast once, by `cast`."""

    def __init__(self, **modules: nn.Module) -> None:
        super().__init__()
        self.dtype = torch.float32
        for name, module in modules.items():
            self.add_module(name, module)

    def cast(self, dtype: torch.dtype) -> None:
        """Weights in this type, in the order in which convolutions read them."""
        self.dtype = dtype
        self.to(dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.compute(*(value.to(self.dtype) for value in inputs))

    def compute(self, *inputs: Tensor) -> Tensor:
        raise NotImplementedError


class _Downsample(Part):
    def compute(self, x: Tensor) -> Tensor:  # type: ignore[override]
        for layer in self.get_submodule("layers").children():
            x = layer(x) if isinstance(layer, nn.Conv2d) else _normed(layer, x)
        return x


class _Block(Part):
    def compute(self, x: Tensor) -> Tensor:  # type: ignore[override]
        out: Tensor = self.get_submodule("block")(x)
        return out


class _Norm(Part):
    def compute(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return _normed(self.get_submodule("norm"), x)


class _Decode(Part):
    def compute(self, x: Tensor, skipped: Tensor) -> Tensor:  # type: ignore[override]
        block: Any = self.get_submodule("block")
        joined = torch.cat([block.shuf(x), block.bn(skipped)], dim=1)
        out: Tensor = block.conv(functional.relu(joined))
        return out


class _Queries(Part):
    """From features of the three sizes, and the positions in them, to embedded colours (n, 100, 256)."""

    def compute(self, *sizes: Tensor) -> Tensor:
        d: Any = self.get_submodule("colours")
        features, positions = sizes[: d.num_feature_levels], sizes[d.num_feature_levels :]
        memory, keys = [], []
        for index, (feature, position) in enumerate(zip(features, positions, strict=True)):
            tokens = d.input_proj[index](feature).flatten(2).permute(2, 0, 1) + d.level_embed.weight[index]
            memory.append(tokens)
            keys.append(tokens + position)
        where = d.query_embed.weight[:, None]
        out = d.query_feat.weight[:, None].expand(-1, len(features[0]), -1)
        for index in range(d.num_layers):
            level = index % d.num_feature_levels
            cross = d.transformer_cross_attention_layers[index]
            found = cross.multihead_attn(out + where, keys[level], memory[level], need_weights=False)[0]
            out = cross.norm(out + found)
            own = d.transformer_self_attention_layers[index]
            out = own.norm(out + own.self_attn(out + where, out + where, out, need_weights=False)[0])
            out = d.transformer_ffn_layers[index](out)
        embedded: Tensor = d.color_embed(d.decoder_norm(out).transpose(0, 1))
        return embedded


class _Paint(Part):
    """From features and projected queries (n, 2, 256) to a and b in full size, float32."""

    def compute(self, x: Tensor, queries: Tensor) -> Tensor:  # type: ignore[override]
        count, _, height, width = x.shape
        wide = functional.relu(self.get_submodule("wide")(x.permute(0, 2, 3, 1)), inplace=True)
        planes = _multiplied(wide.reshape(count, height * width * 16, -1), queries.transpose(1, 2))
        full = planes.view(count, height, width, 4, 4, 2).permute(0, 5, 1, 3, 2, 4)
        full = full.reshape(count, 2, 4 * height, 4 * width)
        return functional.avg_pool2d(functional.pad(full, (1, 0, 1, 0), mode="replicate"), 2, stride=1)


class Network(nn.Module):
    """Takes over upstream's modules, which cannot be used any more. Computes in float32 until it is cast."""

    def __init__(self, upstream: nn.Module) -> None:
        super().__init__()
        arch: Any = upstream.get_submodule("encoder.arch")
        decoder: Any = upstream.get_submodule("decoder")
        for block in decoder.layers:
            block.hook = None
            block.shuf.conv = fuse_conv_bn_eval(*block.shuf.conv)
        norms = [getattr(arch, f"norm{index}") for index in range(4)]
        for norm in norms:
            norm._forward_hooks.clear()
        self.downsample = nn.ModuleList(_Downsample(layers=layers) for layers in arch.downsample_layers)
        self.stages = nn.ModuleList(nn.ModuleList(_Block(block=block) for block in stage) for stage in arch.stages)
        self.norms = nn.ModuleList(_Norm(norm=norm) for norm in norms)
        self.decode = nn.ModuleList(_Decode(block=block) for block in decoder.layers)
        self.queries = _Queries(colours=decoder.color_decoder)
        self.paint = _Paint(wide=_widened(decoder.last_shuf.conv[0]))
        # Small, and always in float32: rounding of a and b to bfloat16 would be visible (steps of 0.5 at 64).
        last: Any = upstream.get_submodule("refine_net.0.0")
        self.last_weight, self.last_bias = last.weight.detach().float().flatten(1), last.bias.detach().float()
        self.mean, self.std = upstream.get_buffer("mean"), upstream.get_buffer("std")
        self._encoding = decoder.color_decoder.pe_layer
        self._positions: dict[tuple[int, int], Tensor] = {}
        self.cast(torch.float32)

    def parts(self) -> dict[str, Part]:
        """By name, in the order of computation."""
        return {name: module for name, module in self.named_modules() if isinstance(module, Part)}

    def cast(self, dtype: torch.dtype, exact: Collection[str] = ()) -> None:
        """All parts to a type, but those named in `exact` to float32."""
        self._positions.clear()
        for name, part in self.parts().items():
            part.cast(torch.float32 if name in exact else dtype)

    def forward(self, grey: Tensor) -> Tensor:
        """Grey RGB of 0 to 1 (n, 3, size, size) to a and b (n, 2, size, size), float32."""
        seen = (grey - self.mean) / self.std
        x, scales = seen.contiguous(memory_format=torch.channels_last), []
        for downsample, stage, norm in zip(self.downsample, self.stages, self.norms, strict=True):
            x = downsample(x)
            for block in stage.children():
                x = block(x)
            scales.append(norm(x))
        x, sizes = scales[3], []
        for decode, skipped in zip(self.decode, scales[2::-1], strict=True):
            x = decode(x, skipped)
            sizes.append(x)
        embedded = self.queries(*sizes, *(self._position(features) for features in sizes))
        projected = self.last_weight[:, :-3] @ embedded.float()
        beside = torch.einsum("oc,bchw->bohw", self.last_weight[:, -3:], seen)
        ab: Tensor = self.paint(x, projected) + beside + self.last_bias[:, None, None]
        return ab

    def _position(self, features: Tensor) -> Tensor:
        size = (features.shape[2], features.shape[3])
        if size not in self._positions:
            encoded = self._encoding(features[:1].float()).flatten(2).permute(2, 0, 1)
            self._positions[size] = encoded.to(self.queries.dtype)
        return self._positions[size]


def _widened(conv: nn.Conv2d) -> nn.Linear:
    """Upstream's channel is feature * 16 + place in the 4 x 4 block; here it is place * 256 + feature."""
    features = conv.weight.shape[0] // 16
    with torch.device("meta"):
        wide = nn.Linear(conv.weight.shape[1], 16 * features)
    weight = conv.weight.detach().view(features, 16, -1).transpose(0, 1).reshape(16 * features, -1)
    wide.weight = nn.Parameter(weight.clone(), requires_grad=False)
    assert conv.bias is not None
    wide.bias = nn.Parameter(conv.bias.detach().view(features, 16).T.reshape(-1).clone(), requires_grad=False)
    return wide


def _normed(norm: Any, x: Tensor) -> Tensor:
    out = functional.layer_norm(x.permute(0, 2, 3, 1), norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    return out.permute(0, 3, 1, 2)


def _multiplied(one: Tensor, other: Tensor) -> Tensor:
    """A product of batches in float32. On a GPU the factors stay in their type; sums are float32 there anyway."""
    if one.dtype is torch.float32 or not one.is_cuda:
        return one.float() @ other.float()
    return torch.bmm(one, other, out_dtype=torch.float32)
