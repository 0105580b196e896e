"""A patient monitor and a ward display that talk IEEE 11073 SDC, both by sdc11073: one end, as one host runs it.

    python range/goldens/bedside.py monitor ADDRESS
    python range/goldens/bedside.py display ADDRESS

The wheel of sdc11073 has no containment tree; the smallest that gives a metric, a patient and a location stands here. Each end says where
it is on stdout and goes on with every line of stdin, so that who records may wait for either. In clear: a recording has no use for keys.
"""

from __future__ import annotations

import sys
import time
import uuid
from decimal import Decimal

from sdc11073.consumer import consumerimpl
from sdc11073.definitions_sdc import SdcV1Definitions
from sdc11073.location import SdcLocation
from sdc11073.mdib import ProviderMdib
from sdc11073.provider import SdcProvider
from sdc11073.provider.providerimpl import provider_components_sync_factory
from sdc11073.wsdiscovery import WSDiscovery
from sdc11073.xml_types.dpws_types import ThisDeviceType, ThisModelType
from sdc11073.xml_types.pm_types import InstanceIdentifier

MODEL = ThisModelType("ZZ Example Medical", "http://zz.test", "ZZ View 5", "ZV5-2000", "http://zz.test/5", "http://zz.test/show")
DEVICE = ThisDeviceType("ZZ View Bed 7", "4.2.1", "ZV5-008817")
ENDPOINT = uuid.UUID("6f2a4c0e-7b1d-4d53-9a44-0c1d2e3f4a5b")
LOCATION = SdcLocation(fac="MAIN", poc="ICU1", bed="Bed7")
MDIB = b"""<msg:GetMdibResponse MdibVersion="0" SequenceId="urn:uuid:5a0b6d2e-1111-4c5f-9b11-5e0f4e0f0001"
 xmlns:msg="http://standards.ieee.org/downloads/11073/11073-10207-2017/message"
 xmlns:pm="http://standards.ieee.org/downloads/11073/11073-10207-2017/participant"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <msg:Mdib MdibVersion="0" SequenceId="urn:uuid:5a0b6d2e-1111-4c5f-9b11-5e0f4e0f0001">
  <pm:MdDescription DescriptionVersion="0"><pm:Mds Handle="mds0" DescriptorVersion="0" SafetyClassification="MedB"><pm:Type Code="69837"/>
   <pm:SystemContext Handle="sc0" DescriptorVersion="0">
    <pm:PatientContext Handle="pc0" DescriptorVersion="0"/><pm:LocationContext Handle="lc0" DescriptorVersion="0"/></pm:SystemContext>
   <pm:Vmd Handle="vmd0" DescriptorVersion="0"><pm:Type Code="69838"/>
    <pm:Channel Handle="ch0" DescriptorVersion="0"><pm:Type Code="69839"/>
     <pm:Metric xsi:type="pm:NumericMetricDescriptor" Handle="hr0" DescriptorVersion="0" MetricCategory="Msrmt" MetricAvailability="Cont"
      Resolution="1"><pm:Type Code="147842"/><pm:Unit Code="264864"/></pm:Metric></pm:Channel></pm:Vmd></pm:Mds></pm:MdDescription>
  <pm:MdState StateVersion="0"><pm:State xsi:type="pm:MdsState" DescriptorHandle="mds0" StateVersion="0"/>
   <pm:State xsi:type="pm:VmdState" DescriptorHandle="vmd0" StateVersion="0"/>
   <pm:State xsi:type="pm:ChannelState" DescriptorHandle="ch0" StateVersion="0"/>
   <pm:State xsi:type="pm:SystemContextState" DescriptorHandle="sc0" StateVersion="0"/>
   <pm:State xsi:type="pm:NumericMetricState" DescriptorHandle="hr0" StateVersion="0" ActivationState="On"/></pm:MdState>
 </msg:Mdib></msg:GetMdibResponse>"""


def step(text: str) -> None:
    """Say where we are and wait for the word."""
    print(text, flush=True)
    sys.stdin.readline()


def monitor(address: str) -> None:
    discovery = WSDiscovery(address)
    discovery.start()
    mdib = ProviderMdib.from_string(MDIB)
    provider = SdcProvider(discovery, MODEL, DEVICE, mdib, epr=ENDPOINT, components=provider_components_sync_factory())
    provider.start_all(start_rtsample_loop=False)
    provider.set_location(LOCATION, [InstanceIdentifier("Validator", extension_string="System")])
    step("announced")
    with mdib.context_state_transaction() as change:
        state = change.mk_context_state("pc0", "pat1", set_associated=True)
        state.CoreData.Givenname, state.CoreData.Familyname = "Zzerika", "Zzmuster"
        state.Identification = [InstanceIdentifier("http://main.test/mrn", extension_string="ZZ100042")]
    with mdib.metric_state_transaction() as change:
        metric = change.get_state("hr0")
        metric.mk_metric_value()
        metric.MetricValue.Value = Decimal(71)
    step("changed")
    provider.stop_all()
    time.sleep(1)
    discovery.stop()


def display(address: str) -> None:
    discovery = WSDiscovery(address)
    discovery.start()
    found = discovery.search_services(types=SdcV1Definitions.MedicalDeviceTypesFilter, timeout=2, repeat_probe_interval=5)
    discovery._send_resolve(found[0].epr)
    time.sleep(1)
    consumerimpl.HostedServiceDescription._read_wsdl = lambda *_: None  # four times the same 9 kB that say nothing of this device
    consumer = consumerimpl.SdcConsumer.from_wsd_service(found[0], ssl_context_container=None)
    consumer.start_all()
    consumer.send_probe()
    consumer.get_service_client.get_mdib()
    step("subscribed")
    consumer.context_service_client.get_context_states()
    consumer.stop_all()
    time.sleep(0.5)
    discovery.stop()


if __name__ == "__main__":
    {"monitor": monitor, "display": display}[sys.argv[1]](sys.argv[2])
