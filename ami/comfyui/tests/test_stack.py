"""Stacks of photos, and the bytes of their a and b, without a network."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from conftest import CPU, as_image, photo
from torch import Tensor

from ddcolor_node import colours, lab, stack


def test_photos_of_a_stack_are_in_their_order() -> None:
    image = as_image(photo(1, 96, 32))
    photos = stack.unstacked(image, 32)
    assert photos.shape == (3, 32, 32, 3)
    assert torch.equal(photos.reshape(1, 96, 32, 3), image)


def test_the_network_sees_of_grey_what_opencv_makes_of_it() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    grey = torch.from_numpy(levels)[None, :, :, None].float() / 255
    expected = colours.grey((np.repeat(levels[:, :, None], 3, axis=2) / 255).astype(np.float32), 16)
    for image in (grey.expand(-1, -1, -1, 3), grey.repeat(1, 1, 1, 3)):
        np.testing.assert_allclose(stack.seen(image, CPU)[0].numpy(), expected, atol=1e-6)


def test_the_network_sees_of_colours_about_what_opencv_makes_of_them() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    expected = colours.grey((rgb / 255).astype(np.float32), 64)
    np.testing.assert_allclose(stack.seen(as_image(rgb), CPU)[0].numpy(), expected, atol=0.003)


def test_lightness_is_opencvs() -> None:
    rgb = np.random.default_rng(2).random((64, 64, 3), np.float32)
    found = lab.lightness(torch.from_numpy(rgb).permute(2, 0, 1)[None])[0, 0].numpy()
    # OpenCV interpolates in tables.
    np.testing.assert_allclose(found, cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)[:, :, 0], atol=0.3)
    levels = torch.linspace(0, 1, 1001).view(1, 1, 1, -1).expand(-1, 3, -1, -1)
    torch.testing.assert_close(lab.grey(lab.lightness(levels)), levels, atol=1e-5, rtol=0)


def of_values(*values: float) -> Callable[[Tensor], Tensor]:
    """A network that sees a = value and b = -value, one for each photo."""

    def chroma(grey: Tensor) -> Tensor:
        a = torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 1, *grey.shape[2:])
        return torch.cat([a, -a], dim=1)

    return chroma


@pytest.mark.parametrize(
    ("value", "a", "b"), [(0.49, 128, 128), (0.51, 129, 127), (126.9, 255, 1), (500, 255, 0), (-500, 0, 255)]
)
def test_a_and_b_are_rounded_and_clamped(value: float, a: int, b: int) -> None:
    planes = stack.colour(torch.zeros(1, 4, 4, 3), CPU, of_values(value))
    assert planes.dtype == torch.uint8
    assert (planes[0, 0] == a).all() and (planes[0, 1] == b).all()


@pytest.mark.parametrize(("count", "passes"), [(1, [1]), (8, [8]), (9, [8, 1]), (17, [8, 8, 1])])
def test_one_pass_takes_at_most_eight_photos_in_their_order(count: int, passes: list[int]) -> None:
    photos = (torch.arange(count).view(-1, 1, 1, 1) * 10 / 255).expand(-1, 4, 4, 3)
    found = []

    def chroma(grey: Tensor) -> Tensor:
        found.append(len(grey))
        return (grey[:, :2] * 127.5).round()

    planes = stack.colour(photos, CPU, chroma)
    assert found == passes
    assert planes[:, 0, 0, 0].tolist() == [128 + round(0.5 * 10 * index) for index in range(count)]


@pytest.mark.parametrize("spoilt", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_fail_with_the_photos_places(spoilt: float) -> None:
    with pytest.raises(ArithmeticError, match="expected finite a and b, found others in photo 2, 4 of 4"):
        stack.colour(torch.zeros(4, 4, 4, 3), CPU, of_values(1, spoilt, 2, spoilt))


def test_a_pgm_has_a_then_b_of_each_photo() -> None:
    planes = torch.arange(2 * 2 * 3 * 3, dtype=torch.uint8).view(2, 2, 3, 3)
    header, pixels = stack.pgm(planes)
    assert header == b"P5\n3 12\n255\n"
    assert bytes(pixels) == bytes(range(36))
