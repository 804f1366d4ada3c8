"""Merkle trees (RFC 6962): roots from a stream, inclusion for every size, and nothing can be changed unseen."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from repository.seal_proof import merkle_paths
from repository.verify import MerkleTree, root_by_path, tree_hash

LEAVES = st.lists(st.binary(max_size=9), min_size=1, max_size=70, unique=True)


def recursive_root(leaves: list[bytes]) -> bytes:
    """The definition as RFC 6962 2.1 writes it."""
    if not leaves:
        return hashlib.sha512().digest()
    if len(leaves) == 1:
        return hashlib.sha512(b"\x00" + leaves[0]).digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha512(b"\x01" + recursive_root(leaves[:half]) + recursive_root(leaves[half:])).digest()


class TestRoot:
    @pytest.mark.parametrize("size", range(40))
    def test_is_the_one_of_the_standard(self, size: int) -> None:
        leaves = [bytes([number]) for number in range(size)]
        assert MerkleTree(leaves).root() == recursive_root(leaves).hex()

    def test_a_leaf_is_not_an_inner_node(self) -> None:
        left, right = tree_hash(b"a"), tree_hash(b"b")
        assert tree_hash(left + right) != tree_hash(left, right)
        assert MerkleTree([left + right]).root() != MerkleTree([b"a", b"b"]).root()

    @settings(max_examples=40)
    @given(LEAVES, st.data())
    def test_any_change_of_one_leaf_changes_it(self, leaves: list[bytes], data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(leaves) - 1))
        other = data.draw(st.binary(max_size=9).filter(lambda leaf: leaf != leaves[at]))
        assert MerkleTree(leaves).root() != MerkleTree([*leaves[:at], other, *leaves[at + 1 :]]).root()

    @settings(max_examples=30)
    @given(LEAVES)
    def test_a_leaf_more_or_less_changes_it(self, leaves: list[bytes]) -> None:
        assert len({MerkleTree(part).root() for part in (leaves, leaves[:-1], [*leaves, leaves[-1]])}) == 3

    def test_memory_grows_with_the_logarithm(self) -> None:
        tree = MerkleTree()
        for number in range(5000):
            tree.add(number.to_bytes(2, "big"))
        assert len(tree._peaks) == bin(5000).count("1")


class TestInclusion:
    @settings(max_examples=60)
    @given(LEAVES, st.data())
    def test_every_leaf_is_proven_and_only_where_it_stands(self, leaves: list[bytes], data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(leaves) - 1))
        ((path,), root, size) = list(merkle_paths(leaves, [at])), MerkleTree(leaves).root(), len(leaves)
        assert root_by_path(leaves[at], at, size, path) == root
        assert root_by_path(leaves[at] + b"?", at, size, path) != root
        elsewhere = data.draw(st.integers(-1, size))
        if elsewhere != at:
            assert root_by_path(leaves[at], elsewhere, size, path) != root or path == []

    @pytest.mark.parametrize("size", range(1, 34))
    def test_all_leaves_of_a_size_at_once(self, size: int) -> None:
        leaves = [bytes([number]) for number in range(size)]
        for at, path in enumerate(merkle_paths(leaves, range(size))):
            assert root_by_path(leaves[at], at, size, path) == MerkleTree(leaves).root()

    @settings(max_examples=30)
    @given(LEAVES.filter(lambda leaves: len(leaves) > 1), st.data())
    def test_a_path_cut_lengthened_or_altered_proves_nothing(self, leaves: list[bytes], data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(leaves) - 1))
        ((path,), root, size) = list(merkle_paths(leaves, [at])), MerkleTree(leaves).root(), len(leaves)
        other = "00" * 64
        for wrong in (path[:-1], [*path, other], [other, *path[1:]]):
            assert root_by_path(leaves[at], at, size, wrong) != root

    def test_a_leaf_below_a_smaller_size_is_refused(self) -> None:
        leaves = [b"a", b"b"]
        ((path),) = merkle_paths(leaves, [1])
        assert root_by_path(b"b", 0, 1, path) == ""
        assert root_by_path(b"b", 5, 2, path) == ""
