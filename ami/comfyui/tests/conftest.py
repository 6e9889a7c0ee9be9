"""Makes `ddcolor_node` importable, and what the tests share: a checkpoint with random weights, photos, a ComfyUI."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

try:
    import basicsr.archs.ddcolor_arch_utils.unet  # noqa: F401
    import ddcolor  # noqa: F401
except ImportError as error:
    pytest.exit(
        f"{error}: the tests need upstream's packages `ddcolor` and `basicsr`; set PYTHONPATH to a checkout of "
        "piddnad/DDColor at commit 2adb63f2656ac41cbdf7b894cddd94121a3faf13",
        returncode=4,
    )

import random_weights
from ddcolor_node import model, weights

CPU = torch.device("cpu")

# More threads make these tests several times slower on a busy machine.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the tiny size with random weights, and its .sha256 file. Tests link it and never change it."""
    path = tmp_path_factory.mktemp("weights") / "tiny.pth"
    random_weights.write("tiny", 7, str(path))
    return path


@pytest.fixture
def checkpoint(tiny: Path, tmp_path: Path) -> Path:
    """The same in a folder of the test's own, whose files it may replace."""
    folder = tmp_path / "ddcolor"
    folder.mkdir()
    for name in ("tiny.pth", "tiny.pth.sha256"):
        (folder / name).hardlink_to(tiny.parent / name)
    return folder / "tiny.pth"


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts without a model in memory, and with the default types."""
    monkeypatch.setattr(model, "_kept", None)
    monkeypatch.delenv("DDCOLOR_DTYPE", raising=False)


class Comfy:
    """What the node uses of ComfyUI, with its folder of models at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder_paths = ModuleType("folder_paths")
        self.comfy = ModuleType("comfy")
        self.management = ModuleType("comfy.model_management")
        self.folders: dict[str, tuple[list[str], set[str]]] = {}
        vars(self.folder_paths).update(
            models_dir=str(folder),
            folder_names_and_paths=self.folders,
            add_model_folder_path=self._add,
            get_folder_paths=lambda name: self.folders[name][0],
            get_filename_list=self._list,
            get_full_path=self._find,
            exists_annotated_filepath=lambda name: (folder / "input" / name).is_file(),
            get_annotated_filepath=lambda name: str(folder / "input" / name),
            get_output_directory=lambda: str(folder / "output"),
            get_save_image_path=self._save_path,
        )
        vars(self.management).update(get_torch_device=lambda: CPU)
        vars(self.comfy).update(model_management=self.management)

    def _save_path(self, prefix: str, output: str, _width: int, _height: int) -> tuple[str, str, int, str, str]:
        subfolder, name = os.path.split(prefix)
        folder = os.path.join(output, subfolder)
        os.makedirs(folder, exist_ok=True)
        return folder, name, len(os.listdir(folder)) + 1, subfolder, prefix

    def _add(self, name: str, path: str) -> None:
        paths, _ = self.folders.setdefault(name, ([], set()))
        if path not in paths:
            paths.append(path)

    def _list(self, name: str) -> list[str]:
        paths, extensions = self.folders[name]
        found = {file for path in paths if os.path.isdir(path) for file in os.listdir(path)}
        return sorted(file for file in found if not extensions or os.path.splitext(file)[1] in extensions)

    def _find(self, name: str, file: str) -> str | None:
        candidates = (os.path.join(path, file) for path in self.folders[name][0])
        return next((path for path in candidates if os.path.isfile(path)), None)


@pytest.fixture
def comfy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Comfy:
    made = Comfy(tmp_path)
    monkeypatch.setitem(sys.modules, "folder_paths", made.folder_paths)
    monkeypatch.setitem(sys.modules, "comfy", made.comfy)
    monkeypatch.setitem(sys.modules, "comfy.model_management", made.management)
    return made


@pytest.fixture
def fresh_hashes() -> Iterator[None]:
    """No hash is remembered from before the test or after it."""
    weights.sha256.cache_clear()
    yield
    weights.sha256.cache_clear()


def photo(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """A made-up photo: soft shapes in weak colours and some noise, RGB of 8 bits."""
    random = np.random.default_rng(seed)
    coarse = torch.from_numpy(random.uniform(0, 255, (1, 1, 7, 9)) + random.uniform(-30, 30, (1, 3, 7, 9)))
    soft = torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic")[0].permute(1, 2, 0).numpy()
    grainy: NDArray[np.uint8] = (soft + random.normal(0, 4, soft.shape)).clip(0, 255).astype(np.uint8)
    return grainy


def as_image(*photos: NDArray[np.uint8]) -> torch.Tensor:
    """ComfyUI's IMAGE of photos of one size."""
    return torch.from_numpy(np.stack(photos).astype(np.float32) / 255)
