"""Digits: what is bundled, and MNIST from files and from openml.org."""

import gzip
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from crnwidgets.neural import digits, mnist

RAW = np.arange(2 * 784, dtype=np.uint32).reshape(2, 28, 28).astype(np.uint8)
NAMES = np.array([7, 2], dtype=np.uint8)


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
    return header + array.tobytes()


def check(examples):
    images, labels = examples
    assert images.shape == (2, 784) and images.dtype == np.float64 and labels.dtype == np.int64
    np.testing.assert_array_equal(images, RAW.reshape(2, 784) / 255)
    assert labels.tolist() == [7, 2]


def test_bundled_digits():
    images, labels = digits()
    assert images.shape == (1797, 64) and images.min() == 0 and images.max() == 1
    assert np.bincount(labels).min() > 170 and labels[:4].tolist() == [0, 1, 2, 3]


def test_idx_files(tmp_path):
    images, labels = tmp_path / "images-idx3-ubyte", tmp_path / "labels-idx1-ubyte.gz"
    images.write_bytes(idx(RAW))
    labels.write_bytes(gzip.compress(idx(NAMES)))
    check(mnist(images, labels))
    with pytest.raises(ValueError, match="`labels` must be an IDX file as `images` is"):
        mnist(images)
    with pytest.raises(ValueError, match="`labels` must be an IDX file of bytes with 1 axes"):
        mnist(images, images)
    images.write_bytes(idx(RAW)[:-1])
    with pytest.raises(ValueError, match="`images` must be an IDX file of bytes with 3 axes"):
        mnist(images, labels)


def test_npz_files(tmp_path):
    path = tmp_path / "some.npz"
    np.savez(path, images=RAW.reshape(2, 784), labels=NAMES)
    check(mnist(path))
    np.savez(path, images=RAW)
    with pytest.raises(ValueError, match="has no labels"):
        mnist(str(path))


def test_openml(monkeypatch):
    from sklearn import datasets

    def fetch(name, *, version, as_frame):
        assert (name, version, as_frame) == ("mnist_784", 1, False)
        return SimpleNamespace(data=RAW.reshape(2, 784).astype(np.int64), target=np.array(["7", "2"], dtype=object))

    monkeypatch.setattr(datasets, "fetch_openml", fetch)
    check(mnist())


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"crnwidgets\[digits\]"):
        digits()
