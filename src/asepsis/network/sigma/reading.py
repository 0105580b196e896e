"""The documents of a rule file, read without trust: a rule may come from anywhere.

YAML 1.1 (as PyYAML reads it) is larger than Sigma needs: what could read a file, run code, or unfold to more than was written is refused
before anything is made of it. Source: Sigma specification 2.1, "File Structure"; YAML 1.1 sections 7.1 (anchors) and 10 (tags).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

from asepsis.kit.errors import BadInput

FILE_BYTES = 8 << 20
"""A hundred thousand hashes of files have seven; the largest rule of SigmaHQ has 60 kB."""
DOCUMENTS = 64
DEPTH = 10
"""detection, selection, list of maps, field, list of values: five; some more for what a site adds."""
NODES = 120_000
TEXT_CHARACTERS = 16_384

Document = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """Plain values only, and no key twice: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool | None):
                raise yaml.constructor.ConstructorError(None, None, "a key that is no plain word", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def documents(data: bytes, where: str) -> list[Document]:
    """The YAML documents of a rule file. Raises BadInput for one that is too large, nested too deeply, or is not plain YAML."""
    if len(data) > FILE_BYTES:
        raise BadInput(f"the rule is larger than {FILE_BYTES >> 20} MiB", where, "split it")
    try:
        text = data.decode("utf-8-sig")
        _measure(text, where)
        found = [document for document in yaml.load_all(text, _Loader) if document is not None]
    except UnicodeDecodeError:
        raise BadInput("the rule is not UTF-8 text", where, "save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        raise BadInput(_problem(error), _at(error, where), "mend the YAML there") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInput("the rule is not YAML", where, str(error)) from None
    if not found:
        raise BadInput("no rule in the file", where, "write at least title, logsource and detection")
    for n, document in enumerate(found, 1):
        if not isinstance(document, dict) or not all(isinstance(key, str) for key in document):
            raise BadInput("a rule is a map of attributes", f"{where}, document {n}", "begin with title:")
    return found


def _measure(text: str, where: str) -> None:
    """Walks the parser's events, which take no memory, before values are made of them."""
    nodes = depth = documents = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BadInput(
                "anchors and aliases are not allowed in rules", f"{where}, line {_line(event.start_mark)}", "write the values out"
            )
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth, nodes = depth + 1, nodes + 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
            if len(event.value) > TEXT_CHARACTERS:
                raise BadInput(f"a value has more than {TEXT_CHARACTERS:,} characters", where, "shorten it")
        for count, bound, what in ((nodes, NODES, "values"), (depth, DEPTH, "levels"), (documents, DOCUMENTS, "documents")):
            if count > bound:
                raise BadInput(f"the rule has more than {bound:,} {what}", where, "split it")


def _problem(error: yaml.MarkedYAMLError) -> str:
    return error.problem or error.context or "the rule is not YAML"


def _at(error: yaml.MarkedYAMLError, where: str) -> str:
    return f"{where}, line {_line(error.problem_mark)}" if error.problem_mark else where


def _line(mark: object) -> int:
    line: int = getattr(mark, "line", 0)
    return line + 1
