"""One modality's sender on pynetdicom: verify, then store a folder. Arguments: CALLING@CALLED ADDRESS PORT FOLDER UID|VERSION."""

from __future__ import annotations

import sys
from pathlib import Path

from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE

VERIFICATION = "1.2.840.10008.1.1"


def main(titles: str, address: str, port: str, folder: str, implementation: str) -> int:
    calling, called = titles.split("@")
    images = [dcmread(path) for path in sorted(Path(folder).glob("*.dcm"))]
    entity = AE(ae_title=calling)
    entity.implementation_class_uid, entity.implementation_version_name = implementation.split("|")
    entity.add_requested_context(VERIFICATION)
    for sop_class in sorted({image.SOPClassUID for image in images}):
        entity.add_requested_context(sop_class, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    association = entity.associate(address, int(port), ae_title=called)
    if not association.is_established:
        print(f"{called} refuses {calling}", file=sys.stderr)
        return 1
    statuses = [association.send_c_echo().Status, *(association.send_c_store(image).Status for image in images)]
    association.release()
    return int(any(statuses))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
