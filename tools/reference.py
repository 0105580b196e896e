"""The reference, made from what it describes: `make docs` writes docs/reference/; a test compares.

Nothing is read but the package, the data files beside it and the table of differences in tests/golden. What has no meaning here yet (a new
column of a data file, a new type of key in site.toml, a new environment variable) stops the run with a KeyError or an AssertionError, so
that the reference cannot fall silent.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import partial
from importlib import import_module
from inspect import Parameter, cleandoc, signature
from itertools import takewhile
from pathlib import Path
from typing import Any, get_args, get_type_hints

from typer.models import ArgumentInfo, CommandInfo, OptionInfo

from asepsis.assessment.service import all_checks
from asepsis.cli import main as cli
from asepsis.findings.service import Check
from asepsis.hospital import site_toml
from asepsis.hospital.clinical import CLASSES
from asepsis.hospital.kinds import KINDS
from asepsis.hospital.plan import Flow
from asepsis.hospital.retention import DAYS, DEFAULT, Retention
from asepsis.kit import command as kit
from asepsis.kit import site as site_layout
from asepsis.lake.service import Column, Stream, streams
from asepsis.network.library import RULE, Entry, shipped
from asepsis.network.meaning import tactics, techniques
from asepsis.network.nursery import INDEX, UNMAPPED, Waiting, folder, waiting
from asepsis.network.proof import examples
from asepsis.network.sigma.taxonomy import Taxonomy

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
MADE = "<!-- Made by `make docs`; edit what it describes, not this page. -->"


def pages() -> dict[str, str]:
    """Every page of the reference by its file name."""
    return {
        "streams.md": _streams(),
        "commands.md": _commands(),
        "checks.md": _checks(),
        "rules.md": _rules(),
        "settings.md": _settings(),
        "data.md": _data(),
        "differences.md": _differences(),
    }


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", MADE, *parts]) + "\n"


def _text(text: str) -> str:
    """Text on one line, as Markdown that shows what it says; what stands between backticks is code already."""
    parts = " ".join(text.split()).split("`")
    return "`".join(part if n % 2 else re.sub(r"([<*\\])", r"\\\1", part) for n, part in enumerate(parts))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"* {item}" for item in items)


# Streams


def _streams() -> str:
    found = list(streams().values())
    common = [column for column in found[0].columns if all(column in stream.columns for stream in found)]
    return _page(
        "Streams and columns",
        "The tables of the lake; `asepsis lake streams --schema` prints the same. Names and types follow Zeek's logs where Zeek has them,"
        " with underscores for dots. A stream without rows is an empty table; a value that was not seen is null.",
        _list(f"[`{stream.name}`](#{stream.name}): {_text(stream.doc.partition('. ')[0].rstrip('.'))}" for stream in found),
        "## Columns of every stream",
        _columns(common),
        *(_stream(stream, common) for stream in found),
    )


def _stream(stream: Stream, common: list[Column]) -> str:
    return f"## {stream.name}\n\n{_text(stream.doc)}\n\n{_columns(column for column in stream.columns if column not in common)}"


def _columns(columns: Iterable[Column]) -> str:
    return _table(("column", "type", "meaning"), ((f"`{column.name}`", column.type, _text(column.doc)) for column in columns))


# Commands


def _commands() -> str:
    built = [command for command in cli.COMMANDS if cli.built(command)]
    said = re.search(r"Exit codes: (.*?)\.\n", kit.__doc__ or "", re.DOTALL)
    assert said, "asepsis.kit.command says no exit codes"
    codes = (re.split(r"(?<=\d) ", " ".join(code.split()), maxsplit=1) for code in re.split(r",\s", said[1]))
    return _page(
        "Commands",
        "`asepsis --help` lists the commands, `asepsis COMMAND --help` explains one. Errors are one line on stderr: what, where, what to"
        " do. With `--json` nothing but JSON is on stdout: an object for one thing, an array for a list.",
        "## Exit codes",
        _table(("code", "meaning"), ((code, _text(meaning)) for code, meaning in codes)),
        "Every command may end with 0, 2, 3, 70, 130 and 141; the others stand with the commands that know them. Whatever would be written"
        " in the journal ends with 4 if the journal cannot vouch for it, and is not done.",
        *(part for command in built for part in _command(command)),
    )


def _command(command: cli.Command) -> Iterator[str]:
    target = getattr(import_module(command.module), command.attribute)
    if not hasattr(target, "registered_commands"):
        # What the overview says of it is often its own docstring.
        about = "" if command.help == cleandoc(target.__doc__ or "") else f"{_text(command.help)}\n\n"
        yield f"## asepsis {command.name}\n\n{about}{_usage(f'asepsis {command.name}', target)}"
        return
    yield f"## asepsis {command.name}\n\n{_text(command.help)}"
    groups = [(f"{command.name} {group.name}", group.typer_instance) for group in target.registered_groups]
    for name, commands in [(command.name, target), *groups]:
        for registered in commands.registered_commands:
            called = f"asepsis {name} {_name(registered)}"
            yield f"### {called}\n\n{_usage(called, registered.callback)}"


def _name(registered: CommandInfo) -> str:
    assert registered.callback
    return registered.name or registered.callback.__name__.replace("_", "-")


def _usage(name: str, function: Callable[..., Any]) -> str:
    hints = get_type_hints(function, include_extras=True)
    parameters = [(parameter, *get_args(hints[key])[:2]) for key, parameter in signature(function).parameters.items()]
    arguments = [str(info.metavar) for _, _, info in parameters if isinstance(info, ArgumentInfo)]
    rows = [_parameter(*each) for each in sorted(parameters, key=lambda each: isinstance(each[2], OptionInfo))]
    codes = [code for code, known in ((1, "fail_on" in hints), (4, "DoesNotHold" in function.__code__.co_names)) if known]
    ends = "\n\nMay also end with " + " and ".join(f"exit code {code}" for code in codes) + "." if codes else ""
    usage = " ".join([name, *arguments, "[OPTIONS]"])
    about = cleandoc(function.__doc__ or "")
    return f"```\n{usage}\n```\n\n{_text(about)}\n\n{_table(('argument or option', 'meaning', 'default'), rows)}{ends}"


def _parameter(parameter: Parameter, kind: Any, info: ArgumentInfo | OptionInfo) -> tuple[str, str, str]:
    # In an Annotated type the first name of an option stands where its default would be.
    names = (name for name in (info.default, *(info.param_decls or ())) if isinstance(name, str))
    spelled = " ".join(filter(None, [*names, info.metavar or _values(kind)]))
    bounds = f" {info.min:g} to {info.max:g}." if info.min is not None and info.max is not None else ""
    return f"`{spelled}`", _text(str(info.help)) + bounds, _default(parameter.default)


def _default(value: object) -> str:
    if value is Parameter.empty:
        return "needed"
    return "" if value in (None, False, "") else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _values(kind: Any) -> str:
    """How the value of an option without a metavar is written."""
    choices = next((of for of in (kind, *get_args(kind)) if isinstance(of, type) and issubclass(of, Enum)), None)
    return "|".join(str(choice.value) for choice in choices) if choices else {float: "NUMBER", int: "NUMBER", str: "TEXT", bool: ""}[kind]


# Checks


def _checks() -> str:
    return _page(
        "Checks",
        "What asepsis looks for in the lake. Beside each check's file stands a file of rows that fire it and of rows that do not: the lists"
        " below are those cases, and a test runs each. What a check finds is a finding; its decision comes from the public SSVC Deployer"
        " table.",
        *map(_check, all_checks()),
    )


def _check(check: Check) -> str:
    file = Path(sys.modules[check.run.__module__].__file__ or "").with_suffix(".rows.json")
    cases = json.loads(file.read_text("utf-8"))
    facts = [
        ("id", f"`{check.id}`"),
        ("streams", ", ".join(f"[`{name}`](streams.md#{name})" for name in check.streams)),
        ("harms", ", ".join(str(harm).replace("_", " ") for harm in check.harms)),
        ("references", "; ".join(map(_text, check.references))),
        ("source", f"[`{file.name.removesuffix('.rows.json')}.py`]({_up(file.with_name(file.name.replace('.rows.json', '.py')))})"),
    ]
    hidden = f"Cannot see: {_text(check.cannot_see)}"
    fires, quiet = (_list(_text(case["says"]) for case in cases[key]) for key in ("fires", "quiet"))
    parts = (f"## {check.title}", _text(check.looks_for), hidden, _table(("", ""), facts), "Fires:", fires, "Stays quiet:", quiet)
    return "\n\n".join(parts)


# Rules


def _rules() -> str:
    found = shipped()
    return _page(
        "Rules",
        "The attacks that are looked for. Beside each rule stands what fires it and what looks the same and does not: `asepsis network"
        " rules test` tries them. Up to the level *low* a rule gives a sign, which tells more of a story and opens no alert. Names in"
        " braces are"
        " those of the machines.",
        _table(
            ("rule", "level", "ATT&CK", "tells of"),
            (
                (f"[`{e.name}`](#{e.name})", str(e.speaks.level), ", ".join(techniques(e.speaks.tags)), _text(e.meaning.fault))
                for e in found
            ),
        ),
        *map(_rule, found),
        "## Rules that wait",
        "Rules of SigmaHQ that the streams can answer and that watch nothing, each with the reason; they lie in"
        f" [the nursery]({_up(folder())}). `asepsis network rules add NAME` takes one into use. {_unmapped()} more have no stream:"
        f" `{UNMAPPED}` beside them says what is missing.",
        _table(
            ("rule", "waits for", "why"),
            ((f"[`{one.name}`]({_up(one.path)})", one.why.value, _text(f"{_told_by(one)}{one.says}")) for one in waiting()),
        ),
    )


def _unmapped() -> int:
    return len((folder() / UNMAPPED).read_text("utf-8").splitlines()) - 1


def _told_by(one: Waiting) -> str:
    return f"Told of by {', '.join(f'`{name}`' for name in one.of)}. " if one.of else ""


def _rule(entry: Entry) -> str:
    meaning = entry.meaning
    harms = ", ".join(f"{kind.value.replace('_', ' ')} {harm.level}" for kind, harm in meaning.harms.items())
    taxonomy = Taxonomy(streams())
    leaves = dict.fromkeys(taxonomy.stream(leaf.source, leaf.where).name for leaf in entry.leaves)
    facts = [
        ("level", str(entry.speaks.level)),
        ("ATT&CK", ", ".join((*techniques(entry.speaks.tags), *tactics(entry.speaks.tags)))),
        ("streams", ", ".join(f"[`{name}`](streams.md#{name})" for name in leaves)),
        ("speaks only of what is new", f"{', '.join(meaning.new)} in {meaning.days} days" if meaning.new else ""),
        ("only", f"{meaning.only.attacker.words}, towards {meaning.only.victim.words}" if meaning.only else ""),
        ("harms", harms),
        ("do", _text(meaning.action.title)),
        ("rule by", _text(entry.credit)),
        ("source", f"[`{entry.name}/rule.yml`]({_up(entry.folder / RULE)})"),
    ]
    excused = [f"{one.attacker.words}, towards {one.victim.words}: {_text(one.reason)}" for one in meaning.exceptions]
    tried = list(examples(entry))
    parts = [f"## {entry.name}", f"{_text(entry.speaks.title)}. {_text(str(entry.speaks.attributes.get('description', '')))}"]
    parts += [_table(("", ""), [fact for fact in facts if fact[1]]), "Looks the same and is harmless:", _list(map(_text, entry.harmless))]
    parts += ["Excused:", _list(excused)] if excused else []
    for fires, words in ((True, "Fires:"), (False, "Stays quiet:")):
        parts += [words, _list(_text(one.says) for one in tried if one.fires is fires)]
    return "\n\n".join(parts)


def _up(path: Path) -> str:
    """A link from a page of the reference to a file of the project."""
    return "../../" + path.resolve().relative_to(ROOT).as_posix()


# Settings

_ENVIRONMENT = {
    "DATABASE_URL": "Where the store is, instead of `store.sqlite3` in the site: `postgresql://user:password@host:5432/name?sslmode=require`"
    " (libpq connection URI). The `postgresql` extra of the package brings the driver. The value is never shown.",
    "ASEPSIS_DEBUG": "Any value: a bug in asepsis shows its traceback instead of one line. A traceback may quote what was read: look before"
    " you send it on.",
}
_VALUES = {
    "text": "text of 1 to 200 characters",
    "address": "IPv4 or IPv6 address",
    "mac": "MAC address, such as `00:11:22:33:44:55`",
    "network": "network in CIDR notation, of /8 (IPv6 /7) or narrower",
    "network_outside": "public network in CIDR notation, of /8 (IPv6 /16) or narrower",
    "vlan": "number from 0 to 4094",
    "boolean": "`true` or `false`; `false` if it is left out",
    "service": "name as in `conn.service`, or a port",
    "domain": "domain name of two parts or more, with or without `*.` before it; its subdomains are meant too",
}


def _settings() -> str:
    layout = cleandoc(site_layout.__doc__ or "").partition("\n\n")
    example = (site_toml.__doc__ or "").partition("\n\n")
    return _page(
        "Settings",
        "There is no settings file but the site's own.",
        f"## The site's folder\n\n{_text(layout[0])}\n\n```\n{layout[2].strip()}\n```",
        f"## site.toml\n\n{_text(example[0])}\n\n```toml\n{example[2].strip()}\n```",
        "An unknown table or key, or a value that does not fit, is an error that names the line. The file may have"
        f" {site_toml.MAX_BYTES >> 20} MiB.",
        *(_toml_table(name, *of) for name, of in site_toml._TABLES.items()),
        f"### [retention]\n\n{_text(Retention.__doc__ or '')} A key is `{DEFAULT}` or a stream, a value a number of days from 1 to {DAYS}.",
        "### Kinds and clinical classes",
        _table(("`kind`", "clinical class if nothing is stated"), ((name, kind.clinical_class) for name, kind in KINDS.items())),
        f"`clinical_class` is one of {', '.join(f'`{name}`' for name in CLASSES)}.",
        "## Environment variables",
        _table(("variable", "meaning"), ((f"`{name}`", _ENVIRONMENT[name]) for name in environment())),
    )


def _toml_table(name: str, makes: type[Any], keys: dict[str, Callable[[Any], Any]], needed: tuple[str, ...]) -> str:
    rows = ((f"`{key}`", _value(of)) for key, of in keys.items())
    at_least = (" and " if makes is Flow else " or ").join(f"`{key}`" for key in needed)
    return f"### [[{name}]]\n\n{_text(makes.__doc__ or '')} Needed: {at_least}.\n\n{_table(('key', 'value'), rows)}"


def _value(of: Callable[[Any], Any]) -> str:
    if not isinstance(of, partial):
        return _VALUES[of.__name__]
    if of.func.__name__ == "listed":
        return f"list; each a {_value(of.args[0])}"
    return "one of the words below, in any case"


def environment() -> list[str]:
    """The environment variables that the package reads, in the order of this page."""
    read = {
        name
        for path in (ROOT / "src").rglob("*.py")
        for name in re.findall(r"""environ(?:\.get\(|\[|\.pop\()["'](\w+)["'](?!\]\s*=)""", path.read_text("utf-8"))
    }
    assert read <= _ENVIRONMENT.keys(), f"say here what {sorted(read - _ENVIRONMENT.keys())} do"
    return [name for name in _ENVIRONMENT if name in read]


# Data files

_COLUMN = {
    "pattern": "regular expression, searched without regard to case",
    "kind": "a `kind` of `kinds.tsv`; empty where the row names none",
    "points": "how telling it is, 0 to 94; see the score in `kinds.py`",
    "sentence": "what is shown to people as the reason",
    "words": "what is shown to people: a noun that takes an s for many",
    "source": "where that is written: standard and section, or the maker's own document",
    "role": "`server` or `client`; in DICOM `scp` or `scu`",
    "root": "beginning of the Implementation Class UID",
    "prefix": "beginning of the Implementation Version Name; in `oui.tsv` of the MAC address",
    "alone": "`yes` where the version name says it without the root",
    "toolkit": "name of the toolkit or maker",
    "vendor": "who makes it",
    "product": "the product line, empty where it is not known",
    "organisation": "whom the IEEE gave the addresses",
    "hint": "a `kind` of `kinds.tsv` that such a card is often in; empty where its maker makes many",
    "sign": "what the pattern is searched in",
    "system": "an operating system; `A or B` where both have the same sign",
    "end": "last day of updates for all, ISO 8601",
    "extended_end": "last day of updates for those who pay or have a long-term edition; empty if there is none",
    "code": "code of the term in ISO/IEEE 11073-10101",
    "command": "DIMSE command without -RQ or -RSP",
    "sop_class": "SOP Class UID, or `storage`",
    "contexts": "`contexts_hash` of an association that it asked for",
    "does": "what it was doing, behind `when it`",
    "group": "`device`, `server`, `client`, `gear` or `none`",
    "clinical_class": "what a patient has at stake, if nothing is stated",
    "general": "wider kinds that this one includes, comma between them",
    "modality": "DICOM Modality (0008,0060)",
    "match": "`service`, `service:port` or `proto/port`",
    "uid": "SOP Class UID",
    "name": "name of the SOP class or of the term",
}
# Files of the packet core have no headings: what a row is, and what to mind when one is added.
_CORE = {
    "cipher_suites.tsv": (
        "TLS cipher suite: number in hexadecimal, tab, name (IANA, TLS Cipher Suites).",
        "Four digits, the name as IANA has it.",
    ),
    "dce_rpc_interfaces.tsv": (
        "UUID, tab, name, tab, source.",
        "The UUID as people write it, the name as Zeek has it, and where the interface is specified; with its operations.",
    ),
    "dce_rpc_operations.tsv": (
        "Interface, tab, number, tab, name.",
        "The name as the specification of the interface has it.",
    ),
    "extensions.txt": (
        "One file extension a line.",
        "Lower-case letters, digits, `_` and `-`, in order; never one that could be part of a name.",
    ),
    "given_names.txt": (
        "Words between spaces, under `[names]` or `[beside]`.",
        "Lower case; under `[beside]` what is a word, a product or a saint too; `cargo test -p wire hostname` asks.",
    ),
    "host_words.txt": (
        "Words between spaces, under the section that says what they are.",
        "Lower case; with the name that made it needed, before and after, in the table of `hostname/tests.rs`.",
    ),
    "media_types.txt": ("Media types between spaces.", "Lower case, as IANA or the maker of the format has it."),
    "product_words.txt": (
        "Words between spaces.",
        "Lower case; never one that could name a person, with the header that has it in the tests of `product.rs`.",
    ),
    "file_kinds.tsv": (
        "Media type, tab, offset, tab, bytes in hexadecimal, tab, source.",
        "The name that Zeek or IANA has for it, within the first 264 bytes, before what it would fit too; an example in `kind.rs`.",
    ),
    "fhir_resource_types.txt": ("Words between spaces.", "Spelled as the specification spells it; only names of resource types."),
    "marks_communities.tsv": (
        "Mark, tab, community, tab, source.",
        "The community byte by byte, with an advisory or the maker's own words as its source; rows carry the mark only.",
    ),
    "marks_credentials.tsv": (
        "Product, tab, user, tab, password, tab, source.",
        "What a maker's manual or an advisory has for everybody to read, with where; never what was found in somebody's hospital.",
    ),
    "marks_exploits.tsv": (
        "Mark, tab, text, tab, source.",
        "A text that nothing but the exploit says, in lower case, with its CVE or who describes it; rows carry the mark only.",
    ),
    "marks_names.tsv": (
        "Mark, tab, file name, tab, source.",
        "The name as an advisory has it, `*` only at its end; never one that a person would give a file; the mark is what rules test.",
    ),
    "marks_preambles.tsv": (
        "Mark, tab, first bytes in hexadecimal.",
        "What makes a file a program or a document beside DICOM's, with an example in the test of `preamble.rs`; rules test the mark.",
    ),
    "marks_syslog.tsv": (
        "Mark, tab, sign, tab, source.",
        "Lower case, in the order of its bytes, with who writes so as its source; rows carry the mark only.",
    ),
    "path_words.txt": (
        "Words between spaces, by product.",
        "Lower case; only words that a vendor's path has, never one that could name a person.",
    ),
    "query_keys.tsv": (
        "Tag, keyword, value representation, tabs between them.",
        "As in DICOM PS3.6; only the names are used, never the values.",
    ),
    "query_keys.txt": ("Words between spaces, by product.", "Spelled as in the URL; only names of parameters."),
    "sdc_actions.txt": (
        "A service, then its actions, spaces between them.",
        "Spelled as the last part of wsa:Action; a line that begins with the same service goes on with it.",
    ),
    "ssh_algorithms.txt": ("Names between spaces, by what they are for.", "As IANA or the software that has them writes them."),
    "ssh_weak.txt": ("Names between spaces, by what they are for.", "As IANA writes them, with the document that says they are weak."),
    "sop_classes.tsv": ("UID, tab, name.", "As in DICOM PS3.6, Table A-1."),
}


def _data() -> str:
    tables = sorted(path for path in (ROOT / "src" / "asepsis").rglob("data/*.tsv"))
    names = sorted(path for path in (ROOT / "src" / "asepsis").rglob("data/*.toml"))
    core = sorted(path for path in (ROOT / "crates" / "wire" / "data").iterdir() if path.is_file())
    return _page(
        "Data files",
        "What asepsis knows of makers, products and standards stands in these files, not in code. To add a row is a change that needs no"
        " programmer: one line, with its source, and an example of the traffic in the pull request.",
        "## Tables of the package",
        "Tab-separated, with a heading; lines that begin with `#` are comments. Add a line with as many tabs as the heading. In"
        " `hl7_applications.tsv` the first row that fits counts, so put the more telling one above; of other evidence every row"
        " that fits counts. `pytest tests/hospital` then says whether the row is whole, names a known kind and has a source. The next run"
        " uses it.",
        *map(_packaged, tables),
        "## Names of Sigma rules",
        "What a rule calls a log source or a field, and the stream or column that it means. To add one: a line under the table of its"
        " stream, with the source of the name. `pytest tests/network/sigma` then says whether there is such a stream or column.",
        *(f"{_file(path)}\n\n{_text(_comments(path, '#')[0])}" for path in names),
        "## Rules of others that wait",
        "Why each rule of the nursery waits, in a sentence. `python tools/sigmahq.py CLONE` brings the rules of another state of SigmaHQ"
        " and names those of which nothing is said; `pytest tests/network/test_nursery.py` tries what is said on the wire.",
        f"{_file(folder() / INDEX)}\n\n{_text(_comments(folder() / INDEX, '#')[0])}",
        "## Functions of a query",
        f"{_file(ROOT / 'src/asepsis/lake/functions.txt')}\n\n{_text(_comments(ROOT / 'src/asepsis/lake/functions.txt', '#')[0])}"
        " To add one: it must compute from its arguments alone, whatever they are. `pytest tests/lake/test_sql.py` then says whether DuckDB"
        " knows it.",
        "## Files of the packet core",
        "Compiled into the core: after a change `make build`, then `cargo test -p wire`.",
        *map(_compiled, core),
    )


def _comments(path: Path, mark: str) -> tuple[str, list[str]]:
    lines = path.read_text("utf-8").splitlines()
    head = [line[1:].strip() for line in takewhile(lambda line: line.startswith(mark), lines)]
    # The last may be the heading of the first rows.
    about = [line for line in head if line is not head[-1] or line.endswith(".") or len(head) == 1]
    return " ".join(about), [line for line in lines if line and not line.startswith(mark)]


def _packaged(path: Path) -> str:
    about, (heading, *rows) = _comments(path, "#")
    heads = heading.split("\t")
    example = dict(zip(heads, rows[0].split("\t"), strict=True))
    meanings = ((f"`{name}`", _COLUMN[name], f"`{example[name]}`" if example[name] else "") for name in heads)
    return f"{_file(path)}\n\n{_text(about)} {len(rows)} rows.\n\n{_table(('column', 'meaning', 'first row'), meanings)}"


def _compiled(path: Path) -> str:
    # Names of ransom notes may begin with #, so there a comment begins with a semicolon.
    about, _ = _comments(path, ";" if path.read_text("utf-8").startswith(";") else "#")
    row, mind = _CORE[path.name]
    return "\n\n".join(filter(None, [_file(path), _text(about), _table(("a row", "to add one"), [(row, mind)])]))


def _file(path: Path) -> str:
    return f"### [{path.name}]({_up(path)})"


# Differences from tshark

GOLDEN = ROOT / "tests" / "golden"


def _differences() -> str:
    data = tomllib.loads((GOLDEN / "differences.toml").read_text("utf-8"))
    equal = _equal()
    lines, why = data["difference"], data["why"]
    compared = [
        _compared(what, told, equal[what], [line for line in lines if line["compared"] == what]) for what, told in data["compared"].items()
    ]
    reasons = [[line for line in lines if line["why"] == name] for name in why]
    return _page(
        "Differences from tshark",
        "Every capture that others have published and that the tests are given (`../shared/captures`, not part of the project) is read by"
        f" asepsis and by tshark {data['tshark']}, and what the two say is compared. `tests/golden/test_differential.py` fails on a"
        " difference that is not explained here, and on an explanation of what no longer differs.",
        "## What is compared",
        f"{len(next(iter(equal.values())))} captures. A name that asepsis withholds, or a part of it (`*`), is equal to what it"
        " stands for.",
        _table(("compared", "one is", "captures", "equal", "only tshark", "only asepsis"), compared),
        "## What differs, and why",
        "`lacks` is who could tell it and does not.",
        _table(
            ("capture", "compared", "only tshark", "only asepsis", "lacks", "why"),
            (_difference(line, why[line["why"]]) for same in reasons for line in same),
        ),
    )


def _equal() -> dict[str, list[int]]:
    """Of each capture how many facts are equal, by what is compared."""
    heads, *lines = (line.split("\t")[1:] for line in (GOLDEN / "equal.tsv").read_text("utf-8").splitlines() if not line.startswith("#"))
    return {what: list(map(int, counts)) for what, *counts in zip(heads, *lines, strict=True)}


def _compared(what: str, told: dict[str, Any], equal: list[int], lines: list[dict[str, Any]]) -> list[str]:
    once = " Each counts once." if told["once"] else ""
    only = (sum(line[side] for line in lines) for side in ("tshark", "asepsis"))
    return [what, _text(told["told"] + once), *(f"{n:,}" for n in (sum(map(bool, equal)), sum(equal), *only))]


def _difference(line: dict[str, Any], why: dict[str, str]) -> list[str]:
    return [f"`{line['capture']}`", line["compared"], str(line["tshark"]), str(line["asepsis"]), why["lacks"], _text(why["text"])]


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file_name, text in pages().items():
        (FOLDER / file_name).write_text(text, "utf-8")
