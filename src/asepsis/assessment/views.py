"""The pages of who talks to whom: the map, from zones down to two machines, and one machine with all that it talks to. And those of
reports: which there are, a week, a month, each also as PDF."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString

from asepsis.findings.service import span
from asepsis.hospital.service import asset, kind_in_words, names_of_assets
from asepsis.kit.errors import BadInput, WrongUse
from asepsis.kit.pages import or_404, site

from . import chart, ego, service
from .chart import BEYOND_WORDS, PAGE, Asked, Chart
from .columns import svg
from .flows import place_and_kind
from .paper import Columns
from .picture import drawn
from .picture import picture as picture_of
from .service import Period
from .talks import MANY, OUTSIDE

SHOWN = 6
"""Weeks and months that are offered; older ones are asked for by name."""
_WORDS = ("source", "source_kind", "target", "target_kind", "place", "kind")
_FILTERS = (
    ("clear", "Patients' data in clear"),
    ("clinical", "Clinical only"),
    ("outside", "To or from outside"),
)


def map_page(request: HttpRequest) -> HttpResponse:
    """Zones, then kinds of machine, then machines: what is asked for stands in the address."""
    asked = _asked(request)
    told = {"asked": asked, "filters": _filters(asked), "way": _way(asked)}
    if asked.of_machines:
        with or_404():
            page = chart.machines(asked, request.GET.get("after", "")[:100])
        names = _names({end for pair in page.pairs for end in pair[:2]})
        lines = [(source, names[source], target, names[target], of) for source, target, of in page.pairs]
        more = asked.query(after=page.next) if page.next else ""
        return render(request, "assessment/machines.html", told | {"lines": lines, "more": more})
    number = _number(request.GET.get("page", ""))
    found = chart.chart(asked, number)
    told |= {"chart": found, "svg": _svg(found, asked), "quieter": len(found.flows.edges) - len(drawn(found.flows))}
    told |= {"more": asked.query(page=number + 1) if found.more else "", "empty": not found.lines and not chart.groups()}
    return render(request, "assessment/map.html", told)


def pair(request: HttpRequest, source: str, target: str) -> HttpResponse:
    """What one machine says to another, service by service."""
    found = chart.between(source, target)
    if not found:
        raise Http404
    names = _names({source, target})
    told = {"source": source, "target": target, "names": [names[source], names[target]], "services": found}
    # Of what is no asset there is no page.
    told["assets"] = [(id, names[id]) for id in dict.fromkeys((source, target)) if id not in BEYOND_WORDS]
    return render(request, "assessment/pair.html", told)


def peers(request: HttpRequest, id: str) -> HttpResponse:
    """Whom a machine talks to: a page, or that part of another page which asks for it."""
    with or_404():
        one = asset(site(), id)
    found = ego.peers(one.id, chart.groups())
    names = names_of_assets(site(), sorted({peer.id for peer in found[:PAGE] if peer.id}))
    lines = [(peer, names.get(peer.id, ""), _leads(one.id, peer)) for peer in found[:PAGE]]
    told = [replace(peer, name=name) for peer, name, _ in lines]
    addresses = {peer.key: address for peer, _, address in lines}
    svg = ego.picture(one.name, kind_in_words(one), [*told, *found[PAGE:]], addresses) if found else ""
    page = {"asset": one, "lines": lines, "left": len(found[PAGE:]), "svg": svg}
    return render(request, "assessment/_peers.html" if request.headers.get("HX-Request") else "assessment/peers.html", page)


def _asked(request: HttpRequest) -> Asked:
    source, source_kind, target, target_kind, place, kind = (request.GET.get(name, "")[:200] for name in _WORDS)
    clear, clinical, outside = (request.GET.get(name, "") == "1" for name, _ in _FILTERS)
    return Asked(source, source_kind, target, target_kind, place, kind, clear, clinical, outside)


def _number(text: str) -> int:
    return max(int(text[:6]), 1) if text.isascii() and text.isdigit() else 1


def _filters(asked: Asked) -> list[tuple[str, str, bool]]:
    """Each filter with the address where it is the other way round."""
    return [(title, asked.query(**{name: not getattr(asked, name)}), bool(getattr(asked, name))) for name, title in _FILTERS]


def _way(asked: Asked) -> list[tuple[str, str]]:
    """The way back: words, and the address."""
    kept = {name: getattr(asked, name) for name, _ in _FILTERS}
    way = [("Whole map", Asked(**kept).query())]
    if asked.place:
        way.append((chart.place_in_words(asked.place), Asked(place=asked.place, **kept).query()))
    if asked.source or asked.target:
        words = f"{chart.place_in_words(asked.source)} to {chart.place_in_words(asked.target)}"
        way.append((words, Asked(source=asked.source, target=asked.target, **kept).query()))
    if asked.source_kind and asked.target_kind:
        kinds = [BEYOND_WORDS.get(kind, kind) for kind in (asked.source_kind, asked.target_kind)]
        way.append((" to ".join(kinds), asked.query()))
    return way


def _svg(found: Chart, asked: Asked) -> str:
    kept = {name: getattr(asked, name) for name, _ in _FILTERS}
    boxes, places = {}, {}
    for box in found.flows.boxes:
        place, kind = place_and_kind(box)
        if place:
            places[box.place] = Asked(place=place, **kept).query()
            boxes[box.id] = Asked(place=place, kind=kind, **kept).query()
    return picture_of(found.flows, boxes, places) if found.flows.boxes else ""


def _names(ids: set[str]) -> dict[str, str]:
    """What machines are called, also what stands in no list."""
    return {id: id for id in ids} | names_of_assets(site(), sorted(ids)) | {id: BEYOND_WORDS[id] for id in ids & {OUTSIDE, MANY}}


def _leads(id: str, peer: ego.Peers) -> str:
    """Where more is told of what machines say to each other."""
    if peer.id:
        ends = (id, peer.id) if peer.called else (peer.id, id)
        return reverse("assessment:pair", args=ends)
    if not peer.group.place:
        ends = (id, peer.group.kind) if peer.called else (peer.group.kind, id)
        return reverse("assessment:pair", args=ends)
    return reverse("assessment:map") + Asked(place=chart.place_of(peer.group), kind=peer.group.kind).query()


def reports(request: HttpRequest) -> HttpResponse:
    """The last weeks and months, and a way to any other."""
    week, month = (request.GET.get(name, "").strip()[:20] for name in ("week", "month"))
    if week or month:
        return _way_to(request, week, month)
    seen = span(site())
    # Where captures of long ago were read the last weeks are empty: those that something was seen in are meant.
    last = min(seen[1], _today()) if seen else _today()
    told = {
        "seen": seen,
        "weeks": service.lately(service.week_of(last), SHOWN)[::-1],
        "months": service.lately(service.month_of(last), SHOWN)[::-1],
    }
    return render(request, "assessment/reports.html", told)


def _way_to(request: HttpRequest, week: str, month: str) -> HttpResponse:
    try:
        if week:
            return redirect("assessment:weekly", name=service.week(week).name)
        return redirect("assessment:monthly", name=service.month(month).name)
    except WrongUse as error:
        messages.error(request, str(error))
        return redirect("assessment:reports")


def weekly(request: HttpRequest, name: str) -> HttpResponse:
    """The handover of a week."""
    with or_404():
        return _page(request, service.week(name))


def monthly(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a month."""
    with or_404():
        return _page(request, service.month(name))


def weekly_pdf(request: HttpRequest, name: str) -> HttpResponse:
    """The handover of a week as PDF."""
    with or_404():
        return _printed(request, service.week(name), "assessment:weekly")


def monthly_pdf(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a month as PDF."""
    with or_404():
        return _printed(request, service.month(name), "assessment:monthly")


def _page(request: HttpRequest, period: Period) -> HttpResponse:
    try:
        paper = service.report(site(), period, _today())
    except BadInput as error:
        messages.error(request, str(error))
        return redirect("assessment:reports")
    parts = [(part, [(block, _drawn(block)) for block in part.blocks]) for part in paper.parts]
    later = period.after if period.after.since <= _today() else None
    return render(request, "assessment/report.html", {"paper": paper, "parts": parts, "period": period, "later": later})


def _printed(request: HttpRequest, period: Period, page: str) -> HttpResponse:
    """The PDF; where it cannot be set, that is said on the page."""
    try:
        answer = HttpResponse(service.pdf(service.report(site(), period, _today())), content_type="application/pdf")
    except BadInput as error:
        messages.error(request, str(error))
        return redirect(page, name=period.name)
    answer["Content-Disposition"] = f'attachment; filename="{"board" if period.monthly else "handover"}-{period.name}.pdf"'
    return answer


def _drawn(block: object) -> str:
    """The chart of numbers over time; it is made of our own words and of numbers, and escaped where it is drawn."""
    return SafeString(svg(block)) if isinstance(block, Columns) else ""


def _today() -> date:
    return datetime.now(UTC).date()
