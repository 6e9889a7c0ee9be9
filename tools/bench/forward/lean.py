"""The function of upstream's network in fewer bytes: channels_last, no hooks, and exact rewrites.

Upstream multiplies 100 queries with 256 features of each of the 512 x 512 pixels, then projects the 100 values to a and b. Both
steps are linear, and so is the blur before them: the queries are projected first, features become a and b before they are
shuffled to full size, and the blur runs on two planes. Norms of channels use the fused kernel, which adds up in float32 in any
type; upstream's own squares overflow float16 where a value is 256 from the mean. Position encodings are constants.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval


class Lean(nn.Module):
    """Takes over upstream's modules; the network that was given cannot be used any more."""

    def __init__(self, network: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype
        self.arch = network.get_submodule("encoder.arch")
        decoder = network.get_submodule("decoder")
        self.blocks = decoder.get_submodule("layers")
        self.colours = decoder.get_submodule("color_decoder")
        for block in self.blocks:
            block.hook = None
            conv, norm = block.shuf.conv
            block.shuf.conv = fuse_conv_bn_eval(conv, norm)
        for norm in (self.arch.norm0, self.arch.norm1, self.arch.norm2, self.arch.norm3):
            norm._forward_hooks.clear()
        self._tail(network, decoder.get_submodule("last_shuf.conv.0"))
        self.to(dtype=dtype, memory_format=torch.channels_last)
        # These stay in float32: they are small, and rounding of a and b to bfloat16 would be visible (steps of 0.5 at 64).
        last = network.get_submodule("refine_net.0.0")
        self.last_weight, self.last_bias = last.weight.detach().float().flatten(1), last.bias.detach().float()
        self.mean, self.std = network.get_buffer("mean"), network.get_buffer("std")
        self.positions: dict[tuple[int, int], Tensor] = {}

    def _tail(self, network: nn.Module, conv: nn.Module) -> None:
        # Upstream's channel is feature * 16 + place in the 4 x 4 block; here it is place * 256 + feature.
        features = conv.weight.shape[0] // 16
        weight = conv.weight.detach().view(features, 16, -1).transpose(0, 1)
        self.wide = nn.Linear(conv.weight.shape[1], 16 * features).requires_grad_(False)
        self.wide.weight.data = weight.reshape(16 * features, -1).clone()
        self.wide.bias.data = conv.bias.detach().view(features, 16).T.reshape(-1).clone()

    def forward(self, grey: Tensor) -> Tensor:
        seen = (grey - self.mean) / self.std
        scales = self._encoded(seen.to(self.dtype, memory_format=torch.channels_last))
        out, sizes = scales[3], []
        for block, skipped in zip(self.blocks, scales[2::-1], strict=True):
            joined = torch.cat([block.shuf(out), block.bn(skipped)], dim=1)
            out = block.conv(functional.relu(joined))
            sizes.append(out)
        queries = self.last_weight[:, :-3] @ self._queries(sizes).float()
        ab = self._painted(out, queries)
        beside = torch.einsum("oc,bchw->bohw", self.last_weight[:, -3:], seen)
        return ab + beside + self.last_bias[:, None, None]

    def _encoded(self, x: Tensor) -> list[Tensor]:
        scales = []
        for index in range(4):
            for layer in self.arch.downsample_layers[index]:
                x = layer(x) if isinstance(layer, nn.Conv2d) else _normed(layer, x)
            x = self.arch.stages[index](x)
            scales.append(_normed(getattr(self.arch, f"norm{index}"), x))
        return scales

    def _queries(self, sizes: list[Tensor]) -> Tensor:
        """Embedded colours, (n, 100, 256)."""
        d = self.colours
        memory, keys = [], []
        for index, features in enumerate(sizes):
            tokens = d.input_proj[index](features).flatten(2).permute(2, 0, 1) + d.level_embed.weight[index]
            memory.append(tokens)
            keys.append(tokens + self._position(features))
        where = d.query_embed.weight[:, None]
        out = d.query_feat.weight[:, None].expand(-1, len(sizes[0]), -1)
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

    def _position(self, features: Tensor) -> Tensor:
        size = (features.shape[2], features.shape[3])
        if size not in self.positions:
            encoded = self.colours.pe_layer(features[:1].float())
            self.positions[size] = encoded.flatten(2).permute(2, 0, 1).to(self.dtype)
        return self.positions[size]

    def _painted(self, out: Tensor, queries: Tensor) -> Tensor:
        """a and b in full size, float32."""
        count, _, height, width = out.shape
        wide = functional.relu(self.wide(out.permute(0, 2, 3, 1)), inplace=True)
        places = wide.reshape(count, height * width * 16, -1)
        planes = _multiplied(places, queries.transpose(1, 2))
        full = planes.view(count, height, width, 4, 4, 2).permute(0, 5, 1, 3, 2, 4)
        full = full.reshape(count, 2, 4 * height, 4 * width)
        return functional.avg_pool2d(functional.pad(full, (1, 0, 1, 0), mode="replicate"), 2, stride=1)


def _normed(norm: nn.Module, x: Tensor) -> Tensor:
    out = functional.layer_norm(x.permute(0, 2, 3, 1), norm.normalized_shape, norm.weight, norm.bias, norm.eps)
    return out.permute(0, 3, 1, 2)


def _multiplied(one: Tensor, other: Tensor) -> Tensor:
    """A product of batches in float32. On a GPU the factors stay in their type; sums are float32 there anyway."""
    if one.dtype is torch.float32 or not one.is_cuda:
        return one.float() @ other
    return torch.bmm(one, other.to(one.dtype), out_dtype=torch.float32)
