"""What is remembered of findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from django.db import connection, models
from django.db.models.functions import Cast

from .approval import Answer, Approval, Verdict, Wish
from .finding import STORY, Acceptance, Action, Change, Effort, Finding, Kind, Points, Proposal, Remedy, State, Step
from .harm import ClinicalClass, Harm, HarmKind
from .line import Group, Line, Place, Totals, packed, packed_of, place_of
from .listing import FindingsAsked
from .members import Members
from .remark import Remark, Sort
from .ssvc import Automatable, Decision, Exploitation, Exposure, HumanImpact
from .tally import TALLIED
from .worklist import ON_THE_LIST

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class FindingQuery(models.QuerySet["FindingRow"]):
    """What is asked of many findings at once."""

    def overdue(self, today: date) -> FindingQuery:
        """Those whose acceptance is over."""
        return self.filter(state=State.ACCEPTED.value, accepted_until__lt=today)

    def to_do(self, today: date | None = None) -> FindingQuery:
        """Those that call for work and are not told of by others; on a day, with those of which the acceptance is over by then."""
        calling = models.Q(state__in=[state.value for state in ON_THE_LIST])
        told = self.filter(part_of="")
        return told.filter(calling | models.Q(state=State.ACCEPTED.value, accepted_until__lt=today) if today else calling)

    def turning(self, silent_since: datetime) -> FindingQuery:
        """Those that turn when they are told again as before: closed ones, and those that were silent since."""
        silent = models.Q(state=State.OPEN.value, last_seen__lt=silent_since, turned__lt=silent_since) & ~models.Q(kind=Kind.ALERT.value)
        return self.filter(models.Q(state=State.CLOSED.value) | silent)

    def resting(self) -> FindingQuery:
        """Those that do not turn when they are not told any more: alerts, and what was closed because it is none."""
        return self.filter(models.Q(kind=Kind.ALERT.value) | models.Q(state=State.CLOSED.value, settled__isnull=True))

    def at_work(self, since: datetime, until: datetime) -> FindingQuery:
        """The stories that went on, or turned, between two moments."""
        meanwhile = models.Q(first_seen__lt=until, last_seen__gte=since) | models.Q(turned__gte=since, turned__lt=until)
        return self.filter(meanwhile, check_id=STORY)

    def of(self, place: Place) -> FindingQuery:
        """Those of a line."""
        if place[0] == STORY:
            return self.filter(check_id=STORY, subject=place[1])
        return self.filter(check_id=place[0], zone=place[1], asset_kind=place[2])

    def places(self) -> set[Place]:
        """The lines that they stand in."""
        return {place_of(*row) for row in self.filter(part_of="").values_list("check_id", "subject", "zone", "asset_kind").distinct()}

    def asked(self, asked: FindingsAsked) -> FindingQuery:
        """Those that a person asks for, without what a story tells of: it stands for its parts."""
        columns = {"state": asked.state, "kind": asked.kind, "assigned": asked.assigned, "device": asked.asset}
        rows = self.filter(part_of="", **{name: value for name, value in columns.items() if value})
        if asked.decision:
            first, after = packed_of(Decision(asked.decision))
            rows = rows.filter(rank__gte=first, rank__lt=after)
        if asked.line:
            rows = rows.of(asked.place)
        return rows.filter(check_id=asked.check) if asked.check else rows

    def totals(self) -> dict[str, Any]:
        """What they add up to, by the names of `line.Totals`; `effort` as its rank."""
        told: dict[str, Any] = self.aggregate(
            count=models.Count("id"),
            devices=models.Count("device", distinct=True),
            patients=models.Max("patients"),
            effort=models.Max("effort_rank"),
            first_seen=models.Min("first_seen"),
            last_seen=models.Max("last_seen"),
            actions_count=models.Count("action_title", distinct=True),
        )
        return told


class FindingRow(models.Model):
    """A `finding.Finding`: columns for what is asked for, JSON for what is only shown.

    `key` is the identity of the fault now (the id is that of when it was opened), `digest` that of all that the check said, `turned` when
    it last turned: by these a finding that is seen again as before is known without being read.
    """

    id = models.CharField(primary_key=True, max_length=13)
    check_id = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    subject = models.TextField()
    discriminator = models.TextField(blank=True)
    zone = models.TextField(blank=True)
    asset_kind = models.TextField(blank=True)
    title = models.TextField()
    fault = models.TextField()
    why = models.TextField()
    harms = models.JSONField()
    points = models.JSONField()
    action = models.JSONField()
    decision = models.CharField(max_length=20)
    impact = models.CharField(max_length=20)
    patients = models.PositiveIntegerField(default=0)
    events = models.JSONField(default=list)
    assets = models.JSONField(default=list)
    reach = models.JSONField(default=list)
    ends = models.JSONField(default=list)
    part_of = models.CharField(max_length=13, default="", blank=True, db_index=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    state = models.CharField(max_length=20)
    key = models.CharField(max_length=13, db_index=True, default="")
    digest = models.CharField(max_length=32, default="")
    turned = models.DateTimeField(default=LONG_AGO)
    device = models.TextField(default="")
    action_title = models.TextField(default="")
    decision_rank = models.SmallIntegerField(default=0)
    impact_rank = models.SmallIntegerField(default=0)
    effort_rank = models.SmallIntegerField(default=0)
    settled = models.DateTimeField(null=True)
    accepted_by = models.TextField(blank=True)
    accepted_reason = models.TextField(blank=True)
    accepted_until = models.DateField(null=True)
    accepted_decision = models.CharField(max_length=20, blank=True)
    rank = models.BigIntegerField(default=0)
    assigned = models.CharField(max_length=150, default="", blank=True)

    objects = FindingQuery.as_manager()

    class Meta:
        # Each list of findings is read in order of rank: by state, and by what else is asked for.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["check_id", "zone", "asset_kind", "rank", "id"], name="findings_line"),
            models.Index(fields=["state", "rank", "id"], name="findings_by_state"),
            models.Index(fields=["kind", "state", "rank", "id"], name="findings_by_kind"),
            models.Index(fields=["check_id", "state", "rank", "id"], name="findings_by_check"),
            models.Index(fields=["device", "state", "rank", "id"], name="findings_by_device"),
            models.Index(fields=["assigned", "state", "rank", "id"], name="findings_by_assigned"),
            models.Index(fields=["state", "accepted_until"], name="findings_ending"),
        ]

    @staticmethod
    def of(finding: Finding, digest: str) -> FindingRow:
        """The row of a finding, without its history, with the digest of what its check said."""
        seen, acceptance = finding.seen, finding.acceptance
        return FindingRow(
            id=finding.id,
            check_id=seen.check,
            kind=seen.kind.value,
            subject=seen.subject,
            discriminator=seen.discriminator,
            zone=seen.zone,
            asset_kind=seen.asset_kind,
            title=seen.title,
            fault=seen.fault,
            why=seen.why,
            harms={kind.value: [harm.level, harm.why] for kind, harm in seen.harms.items()},
            points=[seen.points.exploitation.value, seen.points.exposure.value, seen.points.automatable.value],
            action=asdict(seen.action),
            decision=finding.decision.value,
            impact=finding.impact.value,
            patients=seen.patients,
            events=list(seen.events),
            assets=list(seen.assets),
            ends=[remedy.value for remedy in seen.ends],
            part_of=seen.part_of,
            reach=[[step.clinical_class.value, step.steps, step.asset, step.name] for step in seen.reach],
            first_seen=seen.first_seen,
            last_seen=seen.last_seen,
            state=finding.state.value,
            key=seen.id,
            digest=digest,
            turned=finding.history[-1].at,
            device=seen.device,
            action_title=seen.action.title,
            decision_rank=finding.decision.rank,
            impact_rank=finding.impact.rank,
            effort_rank=seen.action.effort.rank,
            rank=packed(finding),
            settled=finding.settled,
            accepted_by=acceptance.person if acceptance else "",
            accepted_reason=acceptance.reason if acceptance else "",
            accepted_until=acceptance.until if acceptance else None,
            accepted_decision=acceptance.decision.value if acceptance else "",
        )

    def value(self, changes: Iterable[ChangeRow]) -> Finding:
        """The finding of this row and its changes."""
        acceptance = None
        if self.accepted_until is not None:
            acceptance = Acceptance(self.accepted_by, self.accepted_reason, self.accepted_until, Decision(self.accepted_decision))
        return Finding(
            id=self.id,
            seen=self._proposal(),
            decision=Decision(self.decision),
            impact=HumanImpact(self.impact),
            state=State(self.state),
            acceptance=acceptance,
            settled=self.settled,
            history=tuple(Change(row.at, row.what, row.who, row.why) for row in changes),
        )

    def _proposal(self) -> Proposal:
        exploitation, exposure, automatable = self.points
        return Proposal(
            check=self.check_id,
            kind=Kind(self.kind),
            subject=self.subject,
            title=self.title,
            fault=self.fault,
            harms={HarmKind(kind): Harm(level, why) for kind, (level, why) in self.harms.items()},
            points=Points(Exploitation(exploitation), Exposure(exposure), Automatable(automatable)),
            action=Action(**self.action | {"effort": Effort(self.action["effort"]), "steps": tuple(self.action["steps"])}),
            why=self.why,
            first_seen=self.first_seen,
            last_seen=self.last_seen,
            discriminator=self.discriminator,
            zone=self.zone,
            asset_kind=self.asset_kind,
            events=tuple(self.events),
            patients=self.patients,
            assets=tuple(self.assets),
            ends=tuple(map(Remedy, self.ends)),
            part_of=self.part_of,
            reach=tuple(Step(ClinicalClass(clinical), steps, asset, name) for clinical, steps, asset, name in self.reach),
        )


class LineRow(models.Model):
    """What the findings of one check, zone and kind of asset that call for work add up to (`line.Line`), kept so that the worklist need not
    look at each of them."""

    check_id = models.CharField(max_length=100)
    zone = models.TextField(blank=True)
    asset_kind = models.TextField(blank=True)
    lead = models.ForeignKey(FindingRow, on_delete=models.CASCADE)
    count = models.PositiveIntegerField()
    devices = models.PositiveIntegerField()
    patients = models.PositiveIntegerField()
    effort = models.CharField(max_length=10)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    faults = models.JSONField()
    actions = models.JSONField()
    actions_count = models.PositiveIntegerField()
    harms = models.JSONField()
    members = models.JSONField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["check_id", "zone", "asset_kind"], name="findings_line_place")
        ]

    @staticmethod
    def written() -> tuple[object, ...]:
        """What differs once a line is made anew: rows are never changed in place. Within a transaction, which may be taken back, always."""
        within = object() if connection.in_atomic_block else None
        told = LineRow.objects.aggregate(last=models.Max("pk"), count=models.Count("pk"))
        return (connection.settings_dict["NAME"], connection.settings_dict.get("HOST"), told["last"], told["count"], within)

    @staticmethod
    def of(line: Line) -> LineRow:
        """The row of a line that was not added to another."""
        (where,), totals = line.places, line.totals
        return LineRow(
            check_id=where[0],
            zone=where[1],
            asset_kind=where[2],
            lead_id=line.lead.id,
            count=totals.count,
            devices=totals.devices,
            patients=totals.patients,
            effort=totals.effort.value,
            first_seen=totals.first_seen,
            last_seen=totals.last_seen,
            faults=list(totals.faults),
            actions=list(totals.actions),
            actions_count=totals.actions_count,
            harms={kind.value: [harm.level, harm.why] for kind, harm in totals.harms.items()},
            members=[
                [m.id, m.title, m.decision.value, m.impact.value, m.state.value, m.patients, m.effort.value, m.last_seen.isoformat()]
                for m in line.members
            ],
        )

    def group(self) -> Group:
        """What this row holds."""
        harms = {HarmKind(kind): Harm(level, why) for kind, (level, why) in self.harms.items()}
        totals = Totals(
            self.count,
            self.devices,
            self.patients,
            Effort(self.effort),
            self.first_seen,
            self.last_seen,
            tuple(self.faults),
            tuple(self.actions),
            self.actions_count,
            harms,
        )
        return Group(Members(self.members), totals, ((self.check_id, self.zone, self.asset_kind),))


class ChangeRow(models.Model):
    """A turn in the life of a finding; rows are added, never changed."""

    finding = models.ForeignKey(FindingRow, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    what = models.CharField(max_length=20)
    who = models.TextField()
    why = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["what", "at"], name="findings_turn")]


class TallyQuery(models.QuerySet["TallyRow"]):
    """What is asked of tallies."""

    def by_day(self) -> Iterable[tuple[date, str, int, bool, int]]:
        """Day, turn, decision and whether a patient could be hurt, with the number in all lines together, in order."""
        columns = ("day", "what", "decision_rank", "hurts")
        return self.filter(check_id="").order_by(*columns).values_list(*columns, "count")

    def lines(self) -> Any:
        """The lines that they tell of, the gravest first: `rank`, `hurt`, `number`, and `first`, a finding of it."""
        of, worst = self.exclude(check_id="").values("check_id", "zone", "asset_kind"), models.Max
        # PostgreSQL has no greatest truth value.
        told = of.annotate(
            rank=worst("decision_rank"), hurt=worst(Cast("hurts", models.IntegerField())), number=models.Sum("count"), first=worst("lead")
        )
        return told.order_by("-rank", "-hurt", "-number", "check_id", "zone", "asset_kind")


class TallyRow(models.Model):
    """A `tally.Tally` with its number; `lead` is the id of a finding that it tells of."""

    day = models.DateField()
    what = models.CharField(max_length=20)
    check_id = models.CharField(max_length=100)
    zone = models.TextField(blank=True)
    asset_kind = models.TextField(blank=True)
    decision_rank = models.SmallIntegerField()
    hurts = models.BooleanField()
    count = models.IntegerField()
    lead = models.CharField(max_length=13)

    objects = TallyQuery.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [models.UniqueConstraint(fields=TALLIED, name="findings_tally")]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["what", "day"], name="findings_tally_days")]


class RemarkRow(models.Model):
    """A `remark.Remark`. Rows are added; what was redacted loses its words."""

    finding = models.ForeignKey(FindingRow, on_delete=models.CASCADE, related_name="remarks")
    at = models.DateTimeField()
    who = models.TextField()
    sort = models.CharField(max_length=10)
    text = models.TextField(blank=True)
    redacted = models.BooleanField(default=False)

    class Meta:
        ordering = ("pk",)

    def value(self) -> Remark:
        """The remark of this row."""
        return Remark(self.pk, self.at, self.who, Sort(self.sort), self.text, self.redacted)


class ViewRow(models.Model):
    """A way of looking at the worklist or at findings that somebody keeps under a name: the words of its address."""

    who = models.CharField(max_length=150)
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=1000)

    class Meta:
        ordering = ("name",)
        constraints: ClassVar[list[models.BaseConstraint]] = [models.UniqueConstraint(fields=["who", "name"], name="findings_view_name")]


class ApprovalRow(models.Model):
    """An `approval.Approval`, without its answers."""

    id = models.CharField(primary_key=True, max_length=13)
    at = models.DateTimeField(db_index=True)
    by = models.TextField()
    title = models.TextField()
    effects = models.JSONField()
    assets = models.JSONField()
    care = models.TextField(blank=True)
    lasts = models.DurationField()
    why = models.TextField()
    roles = models.JSONField()
    until = models.DateTimeField()
    withdrawn = models.BooleanField(default=False)

    @staticmethod
    def of(asked: Approval) -> ApprovalRow:
        """The row of an approval."""
        wish = asked.wish
        return ApprovalRow(
            id=asked.id, at=asked.at, by=asked.by, title=wish.title, effects=list(wish.effects), assets=list(wish.assets), care=wish.care,
            lasts=wish.lasts, why=wish.why, roles=list(wish.roles), until=asked.until,
        )  # fmt: skip

    def value(self, answers: Iterable[AnswerRow]) -> Approval:
        """The approval of this row and its answers."""
        wish = Wish(self.title, tuple(self.effects), tuple(self.assets), self.care, self.lasts, self.why, tuple(self.roles))
        said = tuple(Answer(row.at, row.who, row.role, Verdict(row.verdict), row.words) for row in answers)
        return Approval(self.id, self.at, self.by, wish, self.until, said, self.withdrawn)


class AnswerRow(models.Model):
    """An `approval.Answer`; rows are added, never changed."""

    approval = models.ForeignKey(ApprovalRow, on_delete=models.CASCADE, related_name="answers")
    at = models.DateTimeField()
    who = models.CharField(max_length=150)
    role = models.CharField(max_length=20)
    verdict = models.CharField(max_length=10)
    words = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)
