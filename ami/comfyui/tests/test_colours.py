"""Conversions, without a network."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from conftest import photo
from numpy.typing import NDArray
from torch import Tensor

from ddcolor_node import colours

# How far OpenCV is off after Lab to RGB and back: it interpolates in tables.
LAB = 0.3


def flat(a: float, b: float) -> colours.Floats:
    return np.full((32, 32, 2), (a, b), np.float32)


def constant(a: float, b: float) -> Callable[[Tensor], Tensor]:
    """A network that sees these a and b everywhere."""

    def chroma(grey: Tensor) -> Tensor:
        return torch.tensor([a, b], dtype=torch.float32).view(1, 2, 1, 1).expand(len(grey), 2, *grey.shape[2:])

    return chroma


def as_float(seed: int, height: int, width: int) -> colours.Floats:
    return (photo(seed, height, width) / 255).astype(np.float32)


def lab(rgb: colours.Floats) -> colours.Floats:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab), np.float32)


def saved(picture: colours.Floats) -> NDArray[np.uint8]:
    """What SaveImage of ComfyUI makes of it: it cuts off and does not round."""
    levels: NDArray[np.uint8] = np.clip(255.0 * picture, 0, 255).astype(np.uint8)
    return levels


def test_the_picture_of_ab_survives_eight_bits_at_steps_of_one() -> None:
    a, b = np.meshgrid(np.arange(-128, 128, dtype=np.float32), np.arange(-128, 128, dtype=np.float32))
    ab = np.stack([a, b], axis=2)
    back = saved(colours.picture(ab)).astype(np.float32)
    np.testing.assert_array_equal(back[:, :, :2] - 128, ab)
    np.testing.assert_array_equal(back[:, :, 2], 128)


@pytest.mark.parametrize(("value", "level"), [(-0.49, 128), (0.49, 128), (0.51, 129), (-0.51, 127), (126.9, 255)])
def test_the_picture_of_ab_is_rounded_and_not_cut_off(value: float, level: int) -> None:
    assert saved(colours.picture(flat(value, -value)))[0, 0, 0] == level


def test_the_network_sees_grey_of_the_photos_lightness() -> None:
    rgb = as_float(1, 90, 70)
    seen = colours.grey(rgb, 64)
    assert seen.shape == (3, 64, 64)
    np.testing.assert_allclose(seen[0], seen[1], atol=1e-3)
    np.testing.assert_allclose(seen[0], seen[2], atol=1e-3)
    again = lab(np.ascontiguousarray(seen.transpose(1, 2, 0)))[:, :, :1]
    np.testing.assert_allclose(again, lab(np.asarray(cv2.resize(rgb, (64, 64)), np.float32))[:, :, :1], atol=LAB)


def test_lightness_is_kept_at_full_size() -> None:
    rgb = as_float(2, 150, 210) * 0.6 + 0.2  # Neither black nor white, where the gamut has no room for colours.
    coloured, _ = colours.colour(rgb[None], 32, constant(6, -4))
    found = lab(coloured[0])
    np.testing.assert_allclose(found[:, :, 0], lab(rgb)[:, :, 0], atol=LAB)
    np.testing.assert_allclose(found[:, :, 1].mean(), 6, atol=0.2)
    np.testing.assert_allclose(found[:, :, 2].mean(), -4, atol=0.2)


def test_colours_go_over_smoothly_when_enlarged() -> None:
    ab = np.zeros((2, 2, 2), np.float32)
    ab[:, 1] = 20
    rgb = colours.merge(np.full((8, 8, 1), 60, np.float32), ab)
    found = lab(rgb)[0, :, 1]
    # Centres of pixels agree (align_corners=False): half a source pixel at each end is flat.
    np.testing.assert_allclose(found, [0, 0, 2.5, 7.5, 12.5, 17.5, 20, 20], atol=0.2)


@pytest.mark.parametrize(("seen", "kept"), [(500, 127), (-500, -128), (127.5, 127), (100, 100)])
def test_a_and_b_are_clamped_to_what_lab_has(seen: float, kept: float) -> None:
    rgb = as_float(3, 40, 40)
    coloured, picture = colours.colour(rgb[None], 32, constant(seen, -seen))
    expected = colours.merge(colours.lightness(rgb), flat(kept, max(-128, min(127, -seen))))
    np.testing.assert_array_equal(coloured[0], expected)
    assert saved(picture)[0, 5, 5, 0] == kept + 128


def test_values_stay_within_0_and_1() -> None:
    coloured, picture = colours.colour(as_float(4, 40, 40)[None], 32, constant(127, -128))
    assert coloured.min() >= 0 and coloured.max() <= 1
    assert picture.min() >= 0 and picture.max() <= 1


@pytest.mark.parametrize("spoilt", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_fail(spoilt: float) -> None:
    with pytest.raises(ArithmeticError, match="expected finite a and b"):
        colours.colour(as_float(5, 40, 40)[None], 32, constant(0, spoilt))


@pytest.mark.parametrize(("count", "passes"), [(1, [1]), (8, [8]), (9, [8, 1]), (17, [8, 8, 1])])
def test_one_pass_takes_at_most_eight_photos_in_their_order(count: int, passes: list[int]) -> None:
    photos = np.stack([np.full((8, 8, 3), index / 20, np.float32) for index in range(count)])
    found = []

    def chroma(grey: Tensor) -> Tensor:
        found.append(len(grey))
        return (grey[:, :2] * 100).round()  # A colour that identifies its photo.

    _, pictures = colours.colour(photos, 32, chroma)
    assert found == passes
    # 5 levels apart, and a grey photo's L goes through Lab and back within 0.3.
    assert saved(pictures)[:, 0, 0, 0].tolist() == [128 + 5 * index for index in range(count)]
