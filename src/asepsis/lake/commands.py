"""`asepsis lake ...`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from asepsis.kit import moment
from asepsis.kit.command import DEFAULT_SITE, CoresOption, JsonOption, SiteOption, group
from asepsis.kit.errors import WrongUse, one_line
from asepsis.kit.output import ProgressBar, in_words, print_json, print_table
from asepsis.kit.site import Site
from asepsis.lake.export import Format

if TYPE_CHECKING:
    from asepsis.lake.service import Ingested

app = group("What machines observed: ingest captures and logs, ask in SQL.")

# An answer for a person or a script; whoever wants more reads the Parquet files.
ANSWER_ROWS = 1_000_000
ANSWER_BYTES = 256 << 20
# Nobody reads more of a table on a screen, and to lay one out takes a second for as many cells.
TABLE_ROWS, TABLE_CELLS = 1_000, 5_000

Captures = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH...",
        readable=False,
        help="Captures (pcap, pcapng), logs of Zeek and Suricata, also .gz and .zst; folders of them; or - .",
    ),
]
Seconds = Annotated[float, typer.Option("--limit-seconds", min=0.01, max=86_400, help="Stop the query after this time.")]
Memory = Annotated[str, typer.Option("--memory", metavar="SIZE", help="Memory that the query may use.")]
Out = Annotated[
    Path, typer.Argument(metavar="[FILE]", show_default=False, help="The file to make, which must not be there yet; - for standard output.")
]
Streams = Annotated[
    list[str] | None, typer.Option("--stream", metavar="NAME", help="Only this stream; may be given again. All if not said.")
]
Since = Annotated[str | None, typer.Option("--since", metavar="TIME", help="Only rows from this moment on, UTC: 2026-01-31T14:05.")]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Only rows before this moment, UTC.")]
FormatOption = Annotated[Format, typer.Option("--format", help="One JSON object a line; or of one stream CSV or Parquet.")]
Schema = Annotated[bool, typer.Option("--schema", help="With every column, its type and meaning.", show_default=False)]
Apart = Annotated[
    bool,
    typer.Option(
        "--apart",
        help="Each capture for itself, as many at once as there are cores: connections do not go on from one to the next.",
        show_default=False,
    ),
]


@app.command()
def ingest(
    paths: Captures,
    site: SiteOption = DEFAULT_SITE,
    cores: CoresOption = 1,
    apart: Apart = False,
    json: JsonOption = False,
) -> None:
    """Read captures, and logs of Zeek and Suricata, into the lake. The same again adds nothing."""
    from asepsis.lake import service

    with ProgressBar("Reading captures") as progress:
        result = service.ingest(service.site_for(site, paths), paths, progress, cores, apart)
    if json:
        print_json(result)
    else:
        _show(result, paths)
    result.check()


def _show(result: Ingested, paths: list[Path]) -> None:
    rows = [(name, count, result.added.get(name, 0)) for name, count in sorted(result.streams.items())]
    if rows:
        print_table(("stream", "rows", "new"), rows)
    _print_logs(result.logs)
    if result.capture["packets"]:
        print(f"{result.capture['packets']:,} packets {result.span()}".rstrip())
    elif not result.logs:
        print(f"No packets in {in_words(paths)}: nothing was added.")
    for note in result.notes():
        print(f"Note: {note}")


# What is told of the lines and values of logs that gave no rows or cells.
_LEFT = {
    "unmapped": "lines that no stream is for",
    "malformed": "lines that could not be read",
    "no_column": "values that no column is for",
    "withheld": "values that may not be kept, or not whole",
}


def _print_logs(logs: dict[str, Any]) -> None:
    """What became of the lines of logs; nothing without any."""
    if not logs:
        return
    print(f"{logs['lines']:,} lines of {logs['files']:,} logs: {_names(logs['kinds'])}")
    for what, meaning in _LEFT.items():
        if logs[what]:
            print(f"Note: {sum(logs[what].values()):,} {meaning}: {_names(logs[what])}")


def _names(counts: dict[str, int]) -> str:
    return (
        ", ".join(f"{one_line(name)} {count:,}" for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))) or "none"
    )


@app.command()
def compact(site: SiteOption = DEFAULT_SITE, json: JsonOption = False) -> None:
    """Merge the many small files of a lake into few, so that questions are answered faster. No row changes."""
    from asepsis.lake import service

    before, after = service.compact(Site.open(site))
    if json:
        print_json({"parts_before": before, "parts": after})
    else:
        print(f"{before:,} parts became {after:,}" if after < before else f"Nothing to merge: {after:,} parts")


@app.command()
def export(
    out: Out = Path("-"),
    stream: Streams = None,
    since: Since = None,
    until: Until = None,
    format: FormatOption = Format.JSONL,
    site: SiteOption = DEFAULT_SITE,
    json: JsonOption = False,
) -> None:
    """Write rows to a file or standard output, as the lake holds them; the journal keeps that somebody did."""
    from asepsis.lake import service

    to = None if str(out) == "-" else out
    begin, end = (None if text is None else moment.parse(text) for text in (since, until))
    wanted = service.Selection(tuple(dict.fromkeys(stream or service.streams())), begin, end)
    if json and to is None and format is not Format.JSONL:
        raise WrongUse("--json prints JSON, and nothing else", f"--format {format}", "leave one of the two out, or name a file")
    with ProgressBar("Writing rows") as progress:
        rows = service.export(Site.open(site), wanted, format, to, progress)
    if to is not None and json:
        print_json({"rows": rows, "file": to})
    elif to is not None:
        print(f"{rows:,} rows: {one_line(to)}")


@app.command("streams")
def list_streams(site: SiteOption = DEFAULT_SITE, schema: Schema = False, json: JsonOption = False) -> None:
    """List the streams and how many rows each has."""
    from asepsis.lake import service

    rows = service.count(Site.open(site)) if (site / "site.json").exists() or not schema else {}
    found = service.streams().values()
    if json:
        columns = {s.name: [{"name": c.name, "type": c.type, "doc": c.doc} for c in s.columns] for s in found} if schema else {}
        print_json(
            [{"name": s.name, "doc": s.doc, "rows": rows.get(s.name, 0)} | ({"columns": columns[s.name]} if schema else {}) for s in found]
        )
    elif schema:
        for stream in found:
            print_table(
                ("column", "type", "meaning"), [(c.name, c.type, c.doc) for c in stream.columns], f"{stream.name}: {one_line(stream.doc)}"
            )
    else:
        print_table(("stream", "rows", "what"), [(s.name, rows.get(s.name, 0), s.doc) for s in found])


@app.command()
def sql(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT over the streams.")],
    site: SiteOption = DEFAULT_SITE,
    json: JsonOption = False,
    limit_seconds: Seconds = 60.0,
    memory: Memory = "1GB",
) -> None:
    """Ask the lake. `asepsis lake streams --schema` lists what can be asked."""
    from asepsis.lake import service
    from asepsis.lake.answer import rows_of, write_json
    from asepsis.lake.wall import wall

    bounds = service.Bounds(limit_seconds, memory, ANSWER_ROWS, ANSWER_BYTES)
    with wall(limit_seconds, memory), service.open_lake(Site.open(site), bounds) as lake:
        table = lake.ask(query)
    if json:
        return write_json(table)
    shown = min(TABLE_ROWS, TABLE_CELLS // table.num_columns)
    print_table(table.column_names, rows_of(table.slice(0, shown)))
    if shown < table.num_rows:
        print(f"Note: {shown:,} of {table.num_rows:,} rows are shown: narrow the query, or ask for all with --json")
    return None
