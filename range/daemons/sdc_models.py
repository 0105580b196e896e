"""What devices of the range say of themselves over SDC: type, metrics, waveform and alarm, as a containment tree.

ISO/IEEE 11073-10207 (participant model, 5.3 containment tree), codes of ISO/IEEE 11073-10101. One channel is enough for what is read here.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from links.sdc import endpoint

if TYPE_CHECKING:
    from sdc11073.certloader import SSLContextContainer

PERIOD = "PT0.008S"
SAMPLES = 125  # of a waveform report: one second at 125 Hz


@dataclass(frozen=True, slots=True)
class Metric:
    handle: str
    code: int
    unit: int
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Type:
    """A type of device: its MDS, VMD and channel, what it measures, and the curve it draws (if it does)."""

    mds: int
    metrics: tuple[Metric, ...]
    wave: Metric | None


TYPES = {
    # MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS: heart rate, SpO2, respiration; ECG lead II in mV
    "monitor": Type(
        69965,
        (Metric("hr0", 147842, 264864, 55, 110), Metric("spo0", 150456, 262688, 90, 100), Metric("rr0", 151562, 264928, 10, 26)),
        Metric("wave0", 131330, 266418, -1, 1),
    ),
    # MDC_DEV_PUMP_INFUS_MDS: flow rate, volume to be infused
    "pump": Type(69985, (Metric("flow0", 157784, 265266, 1, 250), Metric("vtbi0", 157872, 263762, 1, 500)), None),
    # MDC_DEV_SYS_PT_VENT_MDS: rate, end-expiratory pressure; airway pressure in cmH2O
    "ventilator": Type(
        70001,
        (Metric("vr0", 151586, 264928, 10, 26), Metric("peep0", 151976, 266048, 4, 14)),
        Metric("wave0", 151792, 266048, 0, 30),
    ),
}


def calm_server() -> None:
    """Let the library's HTTP server answer at once, where it writes head and body apart and TCP waits 40 ms between them; and say nothing
    of callers that talk nonsense."""
    from sdc11073.httpserver.httprequesthandler import DispatchingRequestHandler
    from sdc11073.httpserver.httpserverimpl import _ThreadingHTTPServer

    DispatchingRequestHandler.disable_nagle_algorithm = True
    DispatchingRequestHandler.log_message = lambda *_: None
    _ThreadingHTTPServer.handle_error = lambda *_: None


def contexts(asked: argparse.Namespace) -> SSLContextContainer | None:
    """TLS on both sides, each with a certificate of the hospital's authority (ISO/IEEE 11073-20701 6); None, in clear, without one."""
    from sdc11073.certloader import mk_ssl_contexts

    return mk_ssl_contexts(asked.key, asked.cert, asked.ca) if asked.cert else None


def tls_options(parser: argparse.ArgumentParser) -> None:
    for name in ("--cert", "--key", "--ca"):
        parser.add_argument(name, type=Path, help="PEM file; with all three, TLS")


def tree(kind: Type, maker: str, model: str, serial: str) -> bytes:
    """GetMdibResponse of the device in its first state."""
    sequence = endpoint(f"{serial}/sequence").urn
    described = "".join(_metric(one) for one in kind.metrics) + (_wave(kind.wave) if kind.wave else "")
    states = "".join(_state("NumericMetricState", one.handle, 'ActivationState="On"') for one in kind.metrics)
    if kind.wave:
        states += _state("RealTimeSampleArrayMetricState", kind.wave.handle, 'ActivationState="On"')
    meta = f"<pm:MetaData><pm:Manufacturer>{escape(maker)}</pm:Manufacturer><pm:ModelName>{escape(model)}</pm:ModelName>"
    meta += f"<pm:SerialNumber>{escape(serial)}</pm:SerialNumber></pm:MetaData>"
    return f"""<msg:GetMdibResponse MdibVersion="0" SequenceId="{sequence}"
 xmlns:msg="http://standards.ieee.org/downloads/11073/11073-10207-2017/message"
 xmlns:pm="http://standards.ieee.org/downloads/11073/11073-10207-2017/participant"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><msg:Mdib MdibVersion="0" SequenceId="{sequence}">
 <pm:MdDescription DescriptionVersion="0"><pm:Mds Handle="mds0" DescriptorVersion="0" SafetyClassification="MedB">
  <pm:Type Code="{kind.mds}"/>{_alarm(kind.metrics[0].handle)}{meta}
  <pm:SystemContext Handle="sc0" DescriptorVersion="0">
   <pm:PatientContext Handle="pc0" DescriptorVersion="0"/><pm:LocationContext Handle="lc0" DescriptorVersion="0"/></pm:SystemContext>
  <pm:Vmd Handle="vmd0" DescriptorVersion="0"><pm:Type Code="{kind.mds + 1}"/>
   <pm:Channel Handle="ch0" DescriptorVersion="0"><pm:Type Code="{kind.mds + 2}"/>{described}</pm:Channel></pm:Vmd></pm:Mds>
 </pm:MdDescription><pm:MdState StateVersion="0">
  {_state("MdsState", "mds0")}{_state("VmdState", "vmd0")}{_state("ChannelState", "ch0")}{_state("SystemContextState", "sc0")}
  {_state("AlertSystemState", "as0", 'ActivationState="On"')}
  {_state("AlertConditionState", "ac0", 'ActivationState="On" Presence="false"')}
  {_state("AlertSignalState", "sig0", 'ActivationState="On" Presence="Off"')}{states}</pm:MdState>
</msg:Mdib></msg:GetMdibResponse>""".encode()


def _state(kind: str, handle: str, more: str = "") -> str:
    return f'<pm:State xsi:type="pm:{kind}" DescriptorHandle="{handle}" StateVersion="0" {more}/>'


def _metric(one: Metric) -> str:
    common = f'Handle="{one.handle}" DescriptorVersion="0" MetricCategory="Msrmt" MetricAvailability="Cont" Resolution="1"'
    return f'<pm:Metric xsi:type="pm:NumericMetricDescriptor" {common}><pm:Type Code="{one.code}"/><pm:Unit Code="{one.unit}"/></pm:Metric>'


def _wave(one: Metric) -> str:
    common = f'Handle="{one.handle}" DescriptorVersion="0" MetricCategory="Msrmt" MetricAvailability="Cont" Resolution="0.01"'
    kind = f'xsi:type="pm:RealTimeSampleArrayMetricDescriptor" SamplePeriod="{PERIOD}"'
    return f'<pm:Metric {kind} {common}><pm:Type Code="{one.code}"/><pm:Unit Code="{one.unit}"/></pm:Metric>'


def _alarm(source: str) -> str:
    """An alarm of high priority on the first metric, which sounds."""
    condition = '<pm:AlertCondition Handle="ac0" DescriptorVersion="0" Kind="Phy" Priority="Hi">'
    condition += f"<pm:Source>{source}</pm:Source></pm:AlertCondition>"
    signal = '<pm:AlertSignal Handle="sig0" DescriptorVersion="0" ConditionSignaled="ac0" Manifestation="Aud" Latching="false"/>'
    return f'<pm:AlertSystem Handle="as0" DescriptorVersion="0">{condition}{signal}</pm:AlertSystem>'
